"""The engine's process as the server sees it: orders go in, reports come out, and it may die.

Threads carry the bytes, so that it works with every event loop and can be started before there is
one, and so that a process that takes no orders cannot stop the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import threading
from collections.abc import Callable
from typing import IO, Protocol

from codex_lsp.process import framing
from codex_lsp.process.messages import Close, Order, Report
from codex_lsp.process.start import start_module
from codex_lsp_server.stdio import Writer

CLOSE_LIMIT_S = 3.0
"""How long a process may take to leave: its model is given back, and a prompt read to its end."""


class Process(Protocol):
    """A process with unbuffered pipes, such as :class:`subprocess.Popen`."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, negative for a signal.

        :raises subprocess.TimeoutExpired: it still runs after ``timeout`` seconds
        """
        ...

    def kill(self) -> None:
        """End it now."""
        ...


def start_engine() -> EngineChild:
    """Start the program that runs the engine."""
    return EngineChild(start_module("codex_lsp.process"))


class EngineChild:
    """One process, from its start to its end."""

    def __init__(self, process: Process) -> None:
        """Take a process that has just been started; any thread may do that."""
        assert process.stdin is not None
        self._process = process
        self._writer = Writer(process.stdin.fileno(), lambda: None, "codex-lsp-orders")
        self._gone: asyncio.Event | None = None

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def listen(self, on_report: Callable[[Report], None], on_end: Callable[[int], None]) -> None:
        """Have the callbacks called on the running loop: with each report, then the exit code."""
        self._gone = asyncio.Event()
        threading.Thread(
            target=self._read,
            args=(asyncio.get_running_loop(), on_report, on_end),
            name="codex-lsp-reports",
            daemon=True,
        ).start()

    def send(self, order: Order) -> None:
        """Give an order; never waits. A process that has ended does not get it."""
        self._writer.write(framing.encode(order))

    def kill(self) -> None:
        """End the process now, whatever it does."""
        with contextlib.suppress(OSError):  # it has ended already
            self._process.kill()

    async def close(self) -> None:
        """Have the process leave, and see it gone."""
        if self._gone is None:
            self.listen(lambda report: None, lambda code: None)
        assert self._gone is not None
        self.send(Close())
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._gone.wait(), CLOSE_LIMIT_S)
            return
        self.kill()
        await self._gone.wait()

    def _end(self, code: int, on_end: Callable[[int], None]) -> None:
        assert self._gone is not None
        self._gone.set()
        on_end(code)

    def _read(
        self,
        loop: asyncio.AbstractEventLoop,
        on_report: Callable[[Report], None],
        on_end: Callable[[int], None],
    ) -> None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            while (report := framing.read(stdout)) is not None:
                loop.call_soon_threadsafe(on_report, report)
        except Exception:  # not a report, or nobody is there to take it: no way to go on
            self.kill()
        code = self._wait()
        self._writer.close()
        stdin.close()
        stdout.close()
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(self._end, code, on_end)

    def _wait(self) -> int:
        """Wait for the end of a process that reports no more."""
        try:
            return self._process.wait(CLOSE_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()
