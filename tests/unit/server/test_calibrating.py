"""Measuring begins when the user rests, ends when a request comes, and what it finds is used."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from pathlib import Path

import psutil
import pytest

from codex_lsp import model_dir
from codex_lsp.model_dir import ModelDir, SamplingDefaults
from codex_lsp.tuning import store
from codex_lsp.tuning.machine import this_machine
from codex_lsp.tuning.measured import BUSY, Measured, Pace, Size, SizePace, ThreadsPace
from codex_lsp_server.calibrating import MAX_TRIES, Calibration, Command, tune_command, tuned
from codex_lsp_server.host import Loaded
from codex_lsp_server.settings import Settings
from tests.unit.fake_engine import description
from tests.unit.server.test_host import Session

MODEL = ModelDir(Path("nowhere"), description())
MEASURED = Measured(
    (ThreadsPace(3, Pace(1.0, 1.0)),), (SizePace(Size(2, 128), Pace(1.0, 1.0)),), 0.1, "cpu", "int8"
)


@pytest.fixture(autouse=True)
def allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_LSP_HOME", str(tmp_path))
    monkeypatch.delenv(store.SWITCH)


class Rest:
    """A calibration whose command is a small program, and what came of it."""

    def __init__(self, code: str, idle_s: float = 0.0) -> None:
        self.command: Command | None = (sys.executable, "-c", code)
        self.asked = 0
        self.done = asyncio.Event()
        self.idle = asyncio.Event()
        self.busy = 0.0
        self.calibration = Calibration(self._wanted, self.done.set, idle_s, lambda: self.busy)

    def _wanted(self) -> Command | None:
        self.asked += 1
        self.idle.set()
        return self.command

    async def pause(self) -> None:
        """Let one pause come, and what is begun in it go on to its end."""
        self.idle.clear()
        self.calibration.rest()
        await self.idle.wait()
        running = self.calibration._running
        if running is not None:
            await asyncio.wait({running})


async def started(file: Path) -> psutil.Process:
    """Return the process that has written its number into ``file``."""
    while not (file.is_file() and (text := file.read_text(encoding="utf-8")).endswith("\n")):
        await asyncio.sleep(0.01)
    return psutil.Process(int(text))


def sleeper(file: Path) -> str:
    return (
        f"import os, time; open({str(file)!r}, 'w').write(f'{{os.getpid()}}\\n'); time.sleep(600)"
    )


async def test_measuring_begins_in_a_pause() -> None:
    rest = Rest("pass")
    assert not rest.done.is_set()
    await rest.pause()
    assert rest.done.is_set()
    await rest.calibration.close()


async def test_it_does_not_begin_before_the_pause() -> None:
    rest = Rest("pass", idle_s=3600)
    rest.calibration.rest()
    await asyncio.sleep(0)
    assert rest.asked == 0
    await rest.calibration.close()


async def test_a_request_ends_it_and_the_next_pause_begins_it_again(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    rest = Rest(sleeper(file))
    rest.calibration.rest()
    process = await started(file)
    if sys.platform != "win32":
        while process.nice() == 0:  # it is lowered a moment after the start
            await asyncio.sleep(0.01)
    file.unlink()
    rest.calibration.rest()
    again = await started(file)
    assert again.pid != process.pid
    assert not process.is_running()
    assert not rest.done.is_set()
    await rest.calibration.close()
    assert not again.is_running()


async def test_nothing_is_measured_when_nothing_is_wanted() -> None:
    rest = Rest("pass")
    rest.command = None
    await rest.pause()
    assert not rest.done.is_set()
    await rest.calibration.close()


async def test_what_fails_is_tried_a_few_times(tmp_path: Path) -> None:
    file = tmp_path / "tries"
    rest = Rest(f"open({str(file)!r}, 'a').write('x'); raise SystemExit(1)")
    for _ in range(MAX_TRIES + 2):
        await rest.pause()
    assert file.read_text(encoding="utf-8") == "x" * MAX_TRIES
    assert not rest.done.is_set()
    # Something else, such as another model, has tries of its own.
    rest.command = (sys.executable, "-c", "pass")
    await rest.pause()
    assert rest.done.is_set()
    await rest.calibration.close()


async def test_it_does_not_begin_while_others_are_at_work() -> None:
    rest = Rest("pass")
    rest.busy = BUSY + 0.01
    await rest.pause()
    while rest.asked < 3:  # it looks again, pause by pause
        await asyncio.sleep(0)
    assert not rest.done.is_set()
    rest.busy = 0.0
    await rest.done.wait()
    await rest.calibration.close()


async def test_a_program_that_is_not_there_is_no_error() -> None:
    rest = Rest("")
    rest.command = ("/nowhere/python",)
    await rest.pause()
    assert not rest.done.is_set()
    await rest.calibration.close()


def test_what_was_measured_counts_where_the_user_set_nothing() -> None:
    found = tuned(Settings(), MODEL, MEASURED)
    assert (found.threads, found.samples, found.max_prefix_tokens) == (3, 2, 128)
    own = Settings(threads=1, samples=7, max_prefix_tokens=99)
    assert tuned(own, MODEL, MEASURED) == own
    assert tuned(Settings(), MODEL, None) == Settings()


def test_the_deadline_of_the_settings_is_what_sizes_are_chosen_for() -> None:
    sizes = tuple(SizePace(Size(n, 128), Pace(20.0 * n, 5.0 * n)) for n in (1, 2))
    slow = Measured((ThreadsPace(1, Pace(20.0, 5.0)),), sizes, 0.1, "cpu", "int8")
    assert tuned(Settings(max_latency_ms=10), MODEL, slow).samples == 1
    assert tuned(Settings(max_latency_ms=None), MODEL, slow).samples == 2


def test_without_measurements_an_average_machine_is_assumed() -> None:
    options = Settings().completer_options(SamplingDefaults())
    assert (options.sampling.n, options.budget.prefix) == (4, 256)


def test_the_command_measures_the_model_as_the_settings_have_it_run() -> None:
    settings = Settings(device="cpu", compute_type="int8", samples=3)
    command = tune_command(settings, MODEL, None)
    assert command == (
        *(sys.executable, "-m", "codex_lsp", "tune", str(Path("nowhere").absolute())),
        *("--quick", "--if-needed", "--device", "cpu", "--compute-type", "int8"),
    )


def test_nothing_is_measured_that_would_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tune_command(Settings(), MODEL, MEASURED) is None
    assert tune_command(Settings(threads=1, samples=1, max_prefix_tokens=64), MODEL, None) is None
    monkeypatch.setenv(store.SWITCH, "off")
    assert tune_command(Settings(), MODEL, None) is None


async def test_the_host_uses_what_is_there_and_looks_again_when_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_dir, "find", lambda name: MODEL)
    session = Session(engines=2)
    settings = Settings()
    assert session.host.tune_command() is None
    session.host.use(settings)
    loaded = await session.host.ready()
    assert isinstance(loaded, Loaded)
    assert loaded.options(settings).sampling.n == 4
    assert session.host.tune_command() == tune_command(settings, loaded.model, None)

    store.save(loaded.model, this_machine(settings.engine_options()), MEASURED)
    session.host.reload()
    assert session.host.tune_command() is None
    again = await session.host.ready()
    assert isinstance(again, Loaded)
    assert again.measured == MEASURED
    assert again.options(settings).sampling.n == 2
    assert again.options(settings).budget.prefix == 128
    own = dataclasses.replace(settings, samples=5)
    assert again.options(own).sampling.n == 5
    assert session.host.tune_command() is None
    await session.host.close()
