"""A service that answers at once what the test tells it to."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from codex_lsp.bench.service import CANCELLED, Growth, Item, Reply


class FakeService:
    """Keeps the document, and asks ``suggest(text before the cursor)`` for each request.

    :param suggest: returns a suggestion, None for none; ``...`` leaves the request open
    """

    def __init__(self, suggest: Callable[[str], Any]) -> None:
        self._suggest = suggest
        self._news: deque[Reply | Growth] = deque()
        self._requests = 0
        self.before = self.after = ""
        self.version = 0
        self.accepted_items: list[Item] = []
        self.log: list[str] = []
        self.grow: Callable[[], Growth | None] = lambda: None

    def open(self, text: str, offset: int, language: str) -> None:
        self.before, self.after = text[:offset], text[offset:]
        self.version = 1
        self.log.append(f"open {language}")

    def insert(self, text: str) -> None:
        self.before += text
        self.version += 1
        self.log.append(f"insert {text}")

    def ask(self) -> int:
        self._requests += 1
        text = self._suggest(self.before)
        if text is not ...:
            items = () if text is None else (Item(text, stream="s"),)
            self._news.append(Reply(time.perf_counter(), self._requests, items))
            growth = self.grow()
            if growth is not None:
                self._news.append(growth)
        self.log.append(f"ask {self._requests}")
        return self._requests

    def cancel(self, request: int) -> None:
        self.log.append(f"cancel {request}")
        self._news.append(Reply(time.perf_counter(), request, error=CANCELLED))

    def news(self, timeout_s: float) -> Reply | Growth | None:
        return self._news.popleft() if self._news else None

    def accepted(self, item: Item) -> None:
        self.accepted_items.append(item)

    def close_document(self) -> None:
        self.log.append("close")

    def performance(self) -> Mapping[str, Any] | None:
        return {"answers": {}, "rejections": {}, "work": {}}

    def close(self) -> None:
        """Nothing to end."""
