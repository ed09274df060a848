"""An editor with one document that asks for completions of a written model behind a real worker."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Sequence
from typing import Any

from lsprotocol import types

from codex_lsp_server.answers import Answer
from codex_lsp_server.completing import Completing
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.jobs import Recall, nothing_recalled
from codex_lsp_server.settings import Settings
from codex_lsp_server.worker import Worker
from tests.unit.engine_thread import Engines, ReadyHost
from tests.unit.fake_engine import FakeEngine

URI = "file:///a.py"
LIMIT_S = 30.0
"""A bound for failure; nothing takes that long."""


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what is bound to happen."""

    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0.001)

    await asyncio.wait_for(wait(), LIMIT_S)


def rows(*texts: str) -> Sequence[tuple[str, float]]:
    """Make rows that are less likely one by one."""
    return [(text, -1.0 - index) for index, text in enumerate(texts)]


class Gate:
    """Holds the model before each of its steps until the test lets it go on."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reached: asyncio.Queue[int] = asyncio.Queue()
        self._go: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._open = False

    def __call__(self, step: int) -> None:
        self._loop.call_soon_threadsafe(self._reached.put_nowait, step)
        if not self._open:
            self._go.get(timeout=LIMIT_S)

    async def reached(self, step: int) -> None:
        """Let the model go on until it is about to make the step (0 is the first)."""
        while await asyncio.wait_for(self._reached.get(), LIMIT_S) != step:
            self._go.put(None)

    def go_on(self) -> None:
        """Let it make this step."""
        self._go.put(None)

    def open(self) -> None:
        """Hold it no more."""
        self._open = True
        self._go.put(None)


class Session:
    """Requests on one document; the cursor is where it was put last, or was typed to."""

    def __init__(
        self,
        engine: FakeEngine,
        text: str,
        settings: Settings | None = None,
        recall: Recall = nothing_recalled,
    ) -> None:
        self.settings = settings or Settings(profile="eager", samples=2, prefetch=False)
        self.engine = engine
        self._engines = Engines(engine)
        self.worker = Worker(self._engines.start)
        self.notes: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.completing = Completing(
            ReadyHost(self.worker),
            self.worker,
            lambda _, params: self.notes.append(params),
            self.errors.append,
            recall,
        )
        before, _, after = text.partition("¦")
        self.document = OpenDocument(URI, before + after, version=1, language_id="python")
        self.cursor = len(before)

    def type(self, text: str, behind: str = "", over: int = 0) -> None:
        """Type at the cursor.

        :param behind: what the editor adds behind the cursor
        :param over: how many characters right of the cursor are typed over
        """
        self.replace(self.cursor, self.cursor + over, text + behind)
        self.cursor += len(text)

    def delete(self, count: int) -> None:
        """Delete characters left of the cursor."""
        self.replace(self.cursor - count, self.cursor, "")
        self.cursor -= count

    def replace(self, start: int, end: int, text: str) -> None:
        """Change the document, and tell the server."""
        span = types.Range(self.document.position_at(start), self.document.position_at(end))
        change = types.TextDocumentContentChangePartial(range=span, text=text)
        self.document.apply_changes([change], self.document.version + 1)
        self.completing.changed(self.document, key=False)

    async def ask(self, invoked: bool = False) -> Answer:
        """Ask for completions at the cursor."""
        kinds = types.InlineCompletionTriggerKind
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(kinds.Invoked if invoked else kinds.Automatic),
            types.TextDocumentIdentifier(URI),
            self.document.position_at(self.cursor),
        )
        return await self.completing.answer(self.document, params, self.settings, "")

    def open(self, gate: Gate) -> None:
        """Let the model go on, once it knows all that it has been told."""
        self._engines.heard()
        gate.open()

    async def asking(self, invoked: bool = False) -> asyncio.Task[Answer]:
        """Ask, and have the request arrive."""
        task = asyncio.ensure_future(self.ask(invoked))
        await asyncio.sleep(0)
        return task

    async def texts(self, invoked: bool = False) -> list[str]:
        """Ask, and return the items' texts."""
        return texts(await self.ask(invoked))

    def counts(self) -> dict[str, Any]:
        """Return the counters."""
        return self.completing.performance(None)

    async def close(self) -> None:
        """End the worker."""
        self.completing.close()
        await self.worker.close()


def texts(answer: Answer) -> list[str]:
    """Return the items' texts."""
    return [str(item.insert_text) for item in answer.items]


def argument(answer: Answer, index: int = 0) -> dict[str, Any]:
    """Return what the client sends when the item is accepted."""
    command = answer.items[index].command
    assert command is not None and command.arguments is not None
    found: dict[str, Any] = command.arguments[0]
    return found
