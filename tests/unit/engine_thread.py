"""The engine's process played by a thread: the real runner and pipes around a written model."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO

from codex_lsp.completer import Completer
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import EngineOptions
from codex_lsp.process.messages import Order
from codex_lsp.process.runner import LoadModel, Model, Runner
from codex_lsp_server.engine_child import EngineChild
from codex_lsp_server.host import Loaded
from codex_lsp_server.worker import Worker
from tests.unit.fake_engine import FakeEngine, description


class Orders:
    """The runner's input. It knows how many orders have been dealt with by the listening thread."""

    def __init__(self, fd: int) -> None:
        self._inner = open(fd, "rb", buffering=0)
        self._begun = 0
        self._news = threading.Condition()

    def read(self, size: int, /) -> bytes | None:
        if size == 4:  # the length of the next order: the ones before have been dealt with
            with self._news:
                self._begun += 1
                self._news.notify_all()
        return self._inner.read(size)

    def heard(self, count: int) -> bool:
        """Wait until that many orders have been dealt with."""
        with self._news:
            return self._news.wait_for(lambda: self._begun > count, 30)

    def close(self) -> None:
        self._inner.close()


class ThreadProcess:
    """Looks like a process to the server. It ends with 0, or with the signal it dies of."""

    def __init__(self, load: LoadModel) -> None:
        self.pid = 1
        self.code = 0
        self.ended = threading.Event()
        orders_out, orders_in = os.pipe()
        reports_out, reports_in = os.pipe()
        self.stdin: IO[bytes] | None = open(orders_in, "wb", buffering=0)
        self.stdout: IO[bytes] | None = open(reports_out, "rb", buffering=0)
        self.orders = Orders(orders_out)
        self._reports = open(reports_in, "wb")
        self._runner = Runner(self.orders, self._reports, load, lambda: None)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        self._runner.run()
        self.orders.close()
        self._reports.close()
        self.ended.set()

    def kill(self) -> None:
        """Die of SIGKILL."""
        self.die(signal.SIGKILL)

    def die(self, number: int) -> None:
        """Report no more, as a process that a signal has ended."""
        self.code = -number
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, self._reports.fileno())
        os.close(nothing)
        self.ended.set()

    def wait(self, timeout: float | None = None) -> int:
        if not self.ended.wait(timeout):
            raise subprocess.TimeoutExpired("engine", timeout or 0)
        return self.code


class CountingChild(EngineChild):
    """Knows how many orders it was given."""

    sent = 0

    def send(self, order: Order) -> None:
        self.sent += 1
        super().send(order)


class Engines:
    """Starts engines by turns, each with the next of the given models.

    :ivar processes: those that were started
    :ivar children: the server's ends of them
    """

    def __init__(self, *engines: FakeEngine) -> None:
        self._engines = list(engines)
        self.processes: list[ThreadProcess] = []
        self.children: list[CountingChild] = []

    def start(self) -> EngineChild:
        engine = self._engines.pop(0)

        def load(path: Path, options: EngineOptions) -> Model:
            return Model(Completer(engine, description()), engine.close, "cpu", "int8", 1)

        self.processes.append(ThreadProcess(load))
        self.children.append(CountingChild(self.processes[-1]))
        return self.children[-1]

    def heard(self) -> None:
        """Wait until every order given so far has been dealt with by the listening thread."""
        for process, child in zip(self.processes, self.children, strict=True):
            assert process.orders.heard(child.sent)


class ReadyHost:
    """Has a model loaded by the time somebody asks for it."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    async def ready(self, by_hand: bool = False) -> Loaded:
        if not self.worker.running:
            await self.worker.load(Path("nowhere"), EngineOptions())
        return Loaded(ModelDir(Path("nowhere"), description()), self.worker)
