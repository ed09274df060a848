"""What is answered from what is known already, with a written model behind a real worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from lsprotocol import types

from codex_lsp.errors import EngineError
from codex_lsp.types import Rejection, RejectionReason
from codex_lsp_server.completing import Answer, Completing
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.settings import Settings
from codex_lsp_server.worker import Worker
from tests.unit.engine_thread import Engines, ReadyHost
from tests.unit.fake_engine import FakeEngine

URI = "file:///a.py"


class Session:
    """Requests on one document."""

    def __init__(self, engine: FakeEngine, text: str) -> None:
        self.worker = Worker(Engines(engine).start)
        self.notes: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.completing = Completing(
            ReadyHost(self.worker),
            self.worker,
            lambda _, params: self.notes.append(params),
            self.errors.append,
        )
        self.document = OpenDocument(URI, text, version=1, language_id="python")

    def type(self, text: str) -> None:
        end = self.document.position_at(len(self.document.source))
        change = types.TextDocumentContentChangePartial(range=types.Range(end, end), text=text)
        self.document.apply_changes([change], self.document.version + 1)

    async def ask(self, invoked: bool = False, settings: Settings | None = None) -> Answer:
        kinds = types.InlineCompletionTriggerKind
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(kinds.Invoked if invoked else kinds.Automatic),
            types.TextDocumentIdentifier(URI),
            self.document.position_at(len(self.document.source)),
        )
        return await self.completing.answer(
            self.document, params, settings or Settings(samples=2), ""
        )

    async def texts(self, invoked: bool = False) -> list[str]:
        answer = await self.ask(invoked)
        return [str(item.insert_text) for item in answer.items]

    async def close(self) -> None:
        await self.worker.close()


def rows(*texts: str) -> Sequence[tuple[str, float]]:
    """Make rows that are less likely one by one."""
    return [(text, -1.0 - index) for index, text in enumerate(texts)]


async def test_typing_on_is_answered_with_what_is_left() -> None:
    session = Session(FakeEngine(rows("abc\n", "abd\n")), "x =")
    assert await session.texts() == ["abc", "abd"]
    session.type("ab")
    assert await session.texts() == ["c", "d"]
    await session.close()


async def test_typing_away_brings_up_the_sibling_that_still_agrees() -> None:
    session = Session(FakeEngine(rows("abc\n", "xyz\n")), "x =")
    assert await session.texts() == ["abc", "xyz"]
    session.type("x")
    assert await session.texts() == ["yz"]
    await session.close()


async def test_typing_what_nobody_said_asks_the_model_again() -> None:
    engine = FakeEngine(rows("abc\n", "xyz\n"), rows("new\n", "old\n"))
    session = Session(engine, "x =")
    await session.texts()
    session.type("q")
    assert await session.texts() == ["new", "old"]
    assert len(engine.prompts) == 2
    await session.close()


async def test_typing_all_of_it_asks_the_model_again() -> None:
    session = Session(FakeEngine(rows("ab\n", "xy\n"), rows(" + c\n", "\n")), "x =")
    await session.texts()
    session.type("ab")
    assert await session.texts() == [" + c"]
    await session.close()


async def test_asking_by_hand_asks_the_model_again() -> None:
    session = Session(FakeEngine(rows("ab\n", "xy\n"), rows("cd\n", "zw\n")), "x =")
    assert await session.texts() == ["ab", "xy"]
    assert await session.texts(invoked=True) == ["cd", "zw"]
    await session.close()


async def test_another_change_asks_the_model_again() -> None:
    session = Session(FakeEngine(rows("ab\n", "xy\n"), rows("cd\n", "zw\n")), "x =")
    await session.texts()
    start = types.Position(0, 0)
    change = types.TextDocumentContentChangePartial(range=types.Range(start, start), text="y")
    session.document.apply_changes([change], 2)
    assert await session.texts() == ["cd", "zw"]
    await session.close()


async def test_a_document_that_was_closed_is_forgotten() -> None:
    session = Session(FakeEngine(rows("ab\n", "xy\n"), rows("cd\n", "zw\n")), "x =")
    await session.texts()
    session.completing.forget(URI)
    assert await session.texts() == ["cd", "zw"]
    await session.close()


async def test_an_engine_that_fails_is_a_reason_and_no_error() -> None:
    def fail(step: int) -> None:
        raise EngineError("The model failed.")

    session = Session(FakeEngine(rows("ab\n", "xy\n"), on_step=fail), "x =")
    answer = await session.ask()
    assert answer == Answer(rejection=Rejection(RejectionReason.ENGINE_FAILED, "The model failed."))
    assert session.errors == ["codex-lsp: The model failed."]
    await session.close()


@pytest.mark.parametrize(
    ("settings", "detail"),
    [
        (Settings(enable=False), "Completions are switched off."),
        (
            Settings(disabled_languages=("python",)),
            "Completions are switched off in python documents.",
        ),
    ],
)
async def test_where_completions_are_switched_off(settings: Settings, detail: str) -> None:
    session = Session(FakeEngine(), "x =")
    answer = await session.ask(settings=settings)
    assert answer.rejection == Rejection(RejectionReason.DISABLED, detail)
    await session.close()
