"""A bare engine behind the pipeline, as the service of a plain client: what a peer is measured in.

It has what such a client has of an engine: the latest request wins, the one before is stopped
within a token, and the engine reuses what its prompts share. It has nothing of the server: no
cache, no prefetch, no requests that are kept going.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Mapping
from typing import Any

from codex_lsp.bench.service import CANCELLED, Growth, Item, Reply
from codex_lsp.completer import Completer
from codex_lsp.engine.base import Cancellation
from codex_lsp.errors import BenchError, CodexLspError, GenerationCancelled
from codex_lsp.options import CompleterOptions
from codex_lsp.types import Completion, CompletionRequest, Document


class EngineService:
    """Completes with a pipeline on a thread of its own. For one thread."""

    def __init__(self, completer: Completer, options: CompleterOptions) -> None:
        self._completer = completer
        self._options = options
        self._numbers = itertools.count(1)
        self._documents = itertools.count(1)
        self._document = Document("")
        self._offset = 0
        self._running: dict[int, Cancellation] = {}
        self._jobs: queue.Queue[tuple[int, CompletionRequest, Cancellation] | None] = queue.Queue()
        self._news: queue.Queue[Reply | Growth | BenchError] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="bench-engine", daemon=True)
        self._thread.start()

    @property
    def version(self) -> int:
        """The document's version."""
        return self._document.version

    def open(self, text: str, offset: int, language: str) -> None:
        """Open a document with the cursor at ``offset``."""
        self._document = Document(text, language, f"bench:{next(self._documents)}", 1)
        self._offset = offset

    def insert(self, text: str) -> None:
        """Insert at the cursor, and move it behind the text."""
        old = self._document
        content = old.text[: self._offset] + text + old.text[self._offset :]
        self._document = Document(content, old.language, old.uri, old.version + 1)
        self._offset += len(text)

    def ask(self) -> int:
        """Ask for suggestions at the cursor; whatever was asked before is called off."""
        for flag in self._running.values():
            flag.cancel()
        self._running.clear()
        number, flag = next(self._numbers), Cancellation()
        self._running[number] = flag
        self._jobs.put((number, CompletionRequest(self._document, self._offset), flag))
        return number

    def cancel(self, request: int) -> None:
        """Call a request off."""
        if request in self._running:
            self._running[request].cancel()

    def news(self, timeout_s: float) -> Reply | Growth | None:
        """Return the next news."""
        try:
            found = self._news.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        if isinstance(found, BenchError):
            raise found
        return found

    def accepted(self, item: Item) -> None:
        """Nothing is to be told: the next request calls off what goes on."""

    def close_document(self) -> None:
        """Nothing is kept of a document."""

    def performance(self) -> Mapping[str, Any] | None:
        """Return nothing: a bare engine has no counters."""
        return None

    def close(self) -> None:
        """End the thread. The engine is whoever's gave it."""
        for flag in self._running.values():
            flag.cancel()
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            number, request, flag = job
            try:
                self._complete(number, request, flag)
            except GenerationCancelled:
                self._news.put(Reply(time.perf_counter(), number, error=CANCELLED))
            except CodexLspError as error:
                self._news.put(BenchError(str(error)))

    def _complete(self, number: int, request: CompletionRequest, flag: Cancellation) -> None:
        """Answer with the ranked first line; what grows behind it follows as growth."""
        answered = False
        stream = str(number)

        def tell(completion: Completion) -> None:
            nonlocal answered
            now = time.perf_counter()
            if not answered:
                answered = True
                replaces = completion.end != completion.start
                item = Item(completion.text, stream=stream, replaces=replaces)
                self._news.put(Reply(now, number, (item,)))
            else:
                version = request.document.version
                self._news.put(Growth(now, stream, version, completion.text))

        outcome = self._completer.complete(request, self._options, flag, tell)
        if isinstance(outcome.result, Completion):
            tell(outcome.result)
        elif not answered:
            self._news.put(Reply(time.perf_counter(), number))
