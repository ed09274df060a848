"""The seam between the typist and whatever completes: the server as a process, or a bare engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

CANCELLED = "cancelled"
"""The error of an answer to a request that was called off."""


@dataclass(frozen=True, slots=True)
class Item:
    """One suggestion.

    :ivar text: what would be inserted at the cursor
    :ivar origin: where the answer came from: ``model``, ``cache``, ``sibling``, …
    :ivar stream: the id under which the text may grow; empty when it does not
    :ivar replaces: it would replace text right of the cursor as well
    """

    text: str
    origin: str = "model"
    stream: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request.

    :ivar at: when its last byte was there, by :func:`time.perf_counter`
    :ivar error: empty, :data:`CANCELLED`, or what went wrong
    """

    at: float
    request: int
    items: tuple[Item, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Growth:
    """A suggestion that is on screen has grown to ``text``, for the document's ``version``."""

    at: float
    stream: str
    version: int
    text: str


class Service(Protocol):
    """Completes in one document at a time, at a cursor that moves only by typing."""

    @property
    def version(self) -> int:
        """The document's version: counts up with every insertion."""
        ...

    def open(self, text: str, offset: int, language: str) -> None:
        """Open a document with the cursor at ``offset``."""
        ...

    def insert(self, text: str) -> None:
        """Insert at the cursor, and move it behind the text."""
        ...

    def ask(self) -> int:
        """Ask for suggestions at the cursor; return the request's number."""
        ...

    def cancel(self, request: int) -> None:
        """Call a request off."""
        ...

    def news(self, timeout_s: float) -> Reply | Growth | None:
        """Return the next news, None when there are none within ``timeout_s``.

        :raises BenchError: there will be none any more
        """
        ...

    def accepted(self, item: Item) -> None:
        """Say that ``item`` has been accepted."""
        ...

    def close_document(self) -> None:
        """Close the document."""
        ...

    def performance(self) -> Mapping[str, Any] | None:
        """Return the counters of the service since its start; None when it has none."""
        ...

    def close(self) -> None:
        """End the service."""
        ...
