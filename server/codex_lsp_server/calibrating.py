"""Measures this machine while nobody is using it, where no measurements are kept yet.

The measuring is done by ``codex-lsp tune`` as a process of low priority. It is ended the moment a
request comes, and begun again after the next pause. Nothing of this happens while the environment
variable ``CODEX_LSP_TUNING`` is ``off``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psutil

from codex_lsp.model_dir import ModelDir
from codex_lsp.tuning import store
from codex_lsp.tuning.measured import BUSY, Measured
from codex_lsp.tuning.policy import DEFAULT_TARGET_MS, choose, room_tokens
from codex_lsp_server.settings import Settings

logger = logging.getLogger(__name__)

IDLE_S = 20.0
"""How long no request may have come before measuring begins."""
MAX_TRIES = 2
"""How often the same thing is measured, or tried to be, in one session."""
_NICE = 15

Command = tuple[str, ...]


def tuned(settings: Settings, model: ModelDir, measured: Measured | None) -> Settings:
    """Return ``settings`` with the measured choice where the user has made none."""
    if measured is None:
        return settings
    description = model.description
    target = DEFAULT_TARGET_MS if settings.max_latency_ms is None else settings.max_latency_ms
    choice = choose(measured, target, room_tokens(description))
    return replace(
        settings,
        threads=settings.threads or choice.threads,
        samples=choice.samples if settings.samples is None else settings.samples,
        max_prefix_tokens=(
            choice.max_prefix_tokens
            if settings.max_prefix_tokens is None
            else settings.max_prefix_tokens
        ),
    )


def tune_command(settings: Settings, model: ModelDir, measured: Measured | None) -> Command | None:
    """Return the command that measures ``model`` as the settings have it run.

    None when that has been done, or would change nothing.
    """
    all_set = (
        settings.threads > 0
        and settings.samples is not None
        and settings.max_prefix_tokens is not None
    )
    if measured is not None or all_set or store.switched_off():
        return None
    return (
        *(sys.executable, "-m", "codex_lsp", "tune", str(model.path.absolute())),
        *("--quick", "--if-needed"),
        *("--device", settings.device, "--compute-type", settings.compute_type),
    )


class Calibration:
    """Begins measuring when the user rests. For the event loop's thread only.

    :param wanted: returns the command to run; None when nothing has to be measured (now)
    :param on_measured: told when measurements are there
    :param idle_s: how long no request may have come
    :param busy: says how much of all cores was in use since it was asked before, 0 to 1
    """

    def __init__(
        self,
        wanted: Callable[[], Command | None],
        on_measured: Callable[[], None],
        idle_s: float = IDLE_S,
        busy: Callable[[], float] = lambda: psutil.cpu_percent() / 100,
    ) -> None:
        self._wanted = wanted
        self._on_measured = on_measured
        self._idle_s = idle_s
        self._busy = busy
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[None] | None = None
        self._tries: Counter[Command] = Counter()

    def rest(self) -> None:
        """A request has come: end what is measured, and wait for the next pause."""
        self._stop()
        self._busy()
        self._timer = asyncio.get_running_loop().call_later(self._idle_s, self._begin)

    async def close(self) -> None:
        """End what is measured."""
        self._stop()
        if self._running is not None:
            await asyncio.wait({self._running})

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._running is not None:
            self._running.cancel()

    def _begin(self) -> None:
        self._timer = None
        command = self._wanted()
        if command is None or self._tries[command] >= MAX_TRIES:
            return
        if self._busy() > BUSY:
            self._timer = asyncio.get_running_loop().call_later(self._idle_s, self._begin)
        else:
            self._running = asyncio.get_running_loop().create_task(self._measure(command))

    async def _measure(self, command: Command) -> None:
        logger.info("measuring this machine, as nobody is using it")
        try:
            code = await _run_quietly(command)
        except OSError as error:
            code = -1
            logger.warning("measuring this machine could not begin: %s", error)
        # Not counted when it was broken off: cancelling leaves from the line above.
        self._tries[command] += 1
        if code == 0:
            logger.info("this machine has been measured")
            self._on_measured()
        else:
            logger.warning("measuring this machine failed; `codex-lsp tune` says why")


async def _run_quietly(command: Command) -> int:
    """Run a process of low priority and return its exit code; cancelling kills it."""
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*command, **_QUIET))
    try:
        # One that is called off while it is being started has to be ended as well.
        process = await asyncio.shield(starting)
        _lower_priority(process.pid)
        return await process.wait()
    finally:
        process = await starting
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


_QUIET: dict[str, Any] = {
    "stdin": asyncio.subprocess.DEVNULL,
    "stdout": asyncio.subprocess.DEVNULL,
    "stderr": asyncio.subprocess.DEVNULL,
}


def _lower_priority(pid: int) -> None:
    with contextlib.suppress(psutil.Error, OSError):
        # Windows has classes instead of numbers; psutil has their names only there.
        psutil.Process(pid).nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", _NICE))
