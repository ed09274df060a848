"""The engine's process is started again when it dies, and given up when it does so too often."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from codex_lsp import model_dir
from codex_lsp.errors import InvalidModelError, ModelNotFoundError
from codex_lsp.model_dir import ModelDir
from codex_lsp.types import Completion, Rejection, RejectionReason
from codex_lsp_server import crashes
from codex_lsp_server import host as host_module
from codex_lsp_server.host import Loaded, ModelHost, ModelSource
from codex_lsp_server.settings import Settings
from codex_lsp_server.ui import Report, Ui
from codex_lsp_server.worker import Worker
from tests.unit.engine_thread import Engines
from tests.unit.fake_engine import FakeEngine, description
from tests.unit.server.test_worker import KILLED, OPTIONS, request

AGAIN = f"codex-lsp: {KILLED}; it is being started again."
ENOUGH = (
    f"{KILLED}, as it did too often in the last minutes, so it is not started again: close what "
    "takes memory, choose a smaller codexLsp.model or run codex-lsp doctor, then change a setting "
    "or ask for a completion by hand."
)


class SilentUi:
    """Keeps what would be shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def warning(self, text: str) -> None:
        self.shown.append(text)

    error = warning

    @contextlib.asynccontextmanager
    async def progress(self, title: str) -> AsyncIterator[Any]:
        yield lambda message, percentage: None


class Session:
    """A host with as many engines as it may need."""

    def __init__(self, engines: int) -> None:
        self.engines = Engines(*(FakeEngine([("a\n", -1.0)]) for _ in range(engines)))
        self.worker = Worker(self.engines.start)
        self.ui = SilentUi()
        self.host = ModelHost(self.worker, cast(Ui, self.ui), ModelSource("fake"))

    async def complete(self, by_hand: bool = False) -> str | Rejection:
        loaded = await self.host.ready(by_hand)
        if isinstance(loaded, Rejection):
            return loaded
        result = (await loaded.start(request(), OPTIONS).done).result
        return result.text if isinstance(result, Completion) else result

    async def crash(self) -> None:
        """Have the idle process die; return when the host has heard of it."""
        assert isinstance(await self.host.ready(), Loaded)
        self.engines.processes[-1].die(signal.SIGKILL)
        while self.host.engine_facts is not None:
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any model is installed, and nothing is waited for."""
    found = ModelDir(Path("nowhere"), description())
    monkeypatch.setattr(model_dir, "find", lambda name: found)
    monkeypatch.setattr(crashes, "DELAYS_S", (0.0, 0.0, 0.0))


async def test_a_process_that_dies_idle_is_started_again() -> None:
    session = Session(engines=2)
    loadings: list[str] = []
    session.host.on_loading = lambda: loadings.append("loading")
    session.host.use(Settings())
    await session.crash()
    assert await session.complete() == "a"
    assert session.ui.shown == [AGAIN]
    assert loadings == ["loading", "loading"]
    facts = session.host.engine_facts
    assert facts is not None
    assert facts.restarts == 1
    await session.host.close()
    assert [process.code for process in session.engines.processes] == [-9, 0]


async def test_a_process_that_dies_too_often_is_given_up() -> None:
    session = Session(engines=4)
    session.host.use(Settings())
    for _ in range(4):
        await session.crash()
    refusal = Rejection(RejectionReason.ENGINE_FAILED, ENOUGH)
    assert [await session.complete(), await session.complete()] == [refusal, refusal]
    assert session.ui.shown == [AGAIN, AGAIN, AGAIN, f"codex-lsp: {ENOUGH}"]
    assert len(session.engines.processes) == 4
    await session.host.close()


@pytest.mark.parametrize("by_hand", [True, False])
async def test_what_was_given_up_is_tried_again_when_the_user_does_something(by_hand: bool) -> None:
    session = Session(engines=6)
    session.host.use(Settings())
    for _ in range(4):
        await session.crash()
    assert isinstance(await session.complete(), Rejection)
    if not by_hand:
        # Any setting: it may be one that has nothing to do with the engine.
        session.host.use(replace(Settings(), samples=2))
    assert await session.complete(by_hand) == "a"
    await session.crash()
    assert await session.complete() == "a"
    assert session.ui.shown[4:] == [AGAIN]
    await session.host.close()


async def test_settings_that_need_another_engine_replace_the_process() -> None:
    session = Session(engines=2)
    session.host.use(Settings())
    assert await session.complete() == "a"
    session.host.use(Settings(samples=2))
    assert len(session.engines.processes) == 1
    session.host.use(Settings(seed=7))
    assert await session.complete() == "a"
    assert session.engines.processes[0].ended.is_set()
    await session.host.close()
    assert [process.code for process in session.engines.processes] == [0, 0]
    assert session.ui.shown == []


class AskingUi(SilentUi):
    """Leaves its question open until the test answers."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []
        self.answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()

    async def ask(self, text: str, action: str) -> bool | None:
        self.questions.append(text)
        return await self.answer


def not_installed(monkeypatch: pytest.MonkeyPatch) -> ModelDir:
    """The default model is not installed, others are."""
    found = ModelDir(Path("nowhere"), description())

    def find(name: str) -> ModelDir:
        if name == "fake":
            raise ModelNotFoundError("not here")
        return found

    monkeypatch.setattr(model_dir, "find", find)
    return found


async def asked(host: ModelHost, ui: AskingUi) -> None:
    host.use(Settings())
    while not ui.questions:
        await asyncio.sleep(0)


async def test_a_model_that_is_chosen_while_a_question_is_open_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = not_installed(monkeypatch)
    worker, ui = Worker(Engines(FakeEngine([("a\n", -1.0)])).start), AskingUi()
    host = ModelHost(worker, cast(Ui, ui), ModelSource("fake", lambda report: found))
    await asked(host, ui)
    host.use(Settings(model="other"))
    loaded = await asyncio.wait_for(host.ready(), 5)
    assert isinstance(loaded, Loaded)
    assert len(ui.questions) == 1
    await host.close()


async def test_a_question_that_is_open_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = not_installed(monkeypatch)
    worker, ui = Worker(Engines(FakeEngine([("a\n", -1.0)])).start), AskingUi()
    host = ModelHost(worker, cast(Ui, ui), ModelSource("fake", lambda report: found))
    await asked(host, ui)
    host.use(Settings(threads=2))
    ui.answer.set_result(True)
    loaded = await asyncio.wait_for(host.ready(), 5)
    assert isinstance(loaded, Loaded)
    assert len(ui.questions) == 1
    await host.close()


async def test_a_model_that_the_user_gets_in_a_terminal_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    not_installed(monkeypatch)
    monkeypatch.setattr(host_module, "LOOK_AGAIN_S", 0.0)
    monkeypatch.setattr(model_dir, "installed", list)
    session = Session(engines=1)
    missing = (
        "The default model (fake) is not installed yet; `codex-lsp models pull` gets it (93 MB)."
    )
    session.host.use(Settings())
    for _ in range(2):
        assert await session.complete() == Rejection(RejectionReason.NO_MODEL, missing)
    monkeypatch.setattr(model_dir, "find", lambda name: ModelDir(Path("nowhere"), description()))
    assert await session.complete() == "a"
    assert session.ui.shown == [f"codex-lsp: {missing}"]
    await session.host.close()


@pytest.mark.parametrize("by_hand", [True, False])
async def test_a_damaged_model_is_tried_again_by_hand_only(
    monkeypatch: pytest.MonkeyPatch, by_hand: bool
) -> None:
    monkeypatch.setattr(host_module, "LOOK_AGAIN_S", 0.0)
    found = ModelDir(Path("nowhere"), description())

    def damaged(name: str) -> ModelDir:
        raise InvalidModelError("It is damaged.")

    monkeypatch.setattr(model_dir, "find", damaged)
    session = Session(engines=1)
    session.host.use(Settings())
    assert await session.complete() == Rejection(RejectionReason.NO_MODEL, "It is damaged.")
    monkeypatch.setattr(model_dir, "find", lambda name: found)
    assert (await session.complete(by_hand) == "a") == by_hand
    await session.host.close()


async def test_a_model_is_found_while_the_question_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = not_installed(monkeypatch)
    monkeypatch.setattr(host_module, "LOOK_AGAIN_S", 0.0)
    worker, ui = Worker(Engines(FakeEngine([("a\n", -1.0)])).start), AskingUi()
    host = ModelHost(worker, cast(Ui, ui), ModelSource("fake", lambda report: found))
    await asked(host, ui)
    monkeypatch.setattr(model_dir, "find", lambda name: found)
    assert isinstance(await asyncio.wait_for(host.ready(), 5), Loaded)
    assert len(ui.questions) == 1
    await host.close()


@pytest.mark.parametrize("chosen", [Settings(model="other"), Settings(threads=2)])
async def test_settings_may_change_while_a_model_is_being_got(
    monkeypatch: pytest.MonkeyPatch, chosen: Settings
) -> None:
    found = not_installed(monkeypatch)
    begun, go_on = threading.Event(), threading.Event()
    pulls = []

    def pull(report: Report) -> ModelDir:
        pulls.append(report)
        begun.set()
        go_on.wait()
        return found

    worker, ui = Worker(Engines(FakeEngine([("a\n", -1.0)])).start), AskingUi()
    host = ModelHost(worker, cast(Ui, ui), ModelSource("fake", pull))
    await asked(host, ui)
    ui.answer.set_result(True)
    while not begun.is_set():
        await asyncio.sleep(0)
    host.use(chosen)
    if not chosen.model:
        # It is waited for with the new settings, and not got twice.
        await asyncio.sleep(0)
        go_on.set()
    assert isinstance(await asyncio.wait_for(host.ready(), 5), Loaded)
    go_on.set()
    assert len(pulls) == 1
    assert ui.shown == []
    await host.close()
