"""Past completions, which answer again while what was typed since agrees with one of them.

A completion depends on the text on both sides of the cursor, so it is kept under both: the prefix
alone would bring up what was right before something else stood behind the cursor. Of both sides
only a window is kept and compared, a little more than a model reads by default. A look-up therefore
takes the same time in a file of one megabyte as in a short one, and an edit far away does no harm.

Three things happen between a completion and the request it may still answer:

- the user types what it says, or takes some of that back;
- the editor closes a bracket or a quote behind the cursor by itself (*closers*);
- the user types over such a bracket, which the completion was going to replace (*overtyped*).

In each case accepting the answer leads to the same document as accepting the completion would have,
had nothing been typed; but what the editor closed and the completion does not stays where it is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from codex_lsp.brackets import closed_length, closes_all
from codex_lsp.types import Alternative, Completion, CompletionRequest, Source

T = TypeVar("T")

PREFIX_CHARS = 4096
"""How much text left of the cursor has to be the same."""
SUFFIX_CHARS = 1024
"""How much text right of the cursor has to be the same."""
MAX_TYPED_CHARS = 1024
"""A completion is looked for up to this far left of the cursor."""
TAIL_CHARS = 32
"""The end of the prefix that completions are looked up by, before windows are compared."""
MAX_CLOSERS = 8
"""An editor closes no more brackets and quotes than this at once."""

_OPENERS = {")": "(", "]": "[", "}": "{", ">": "<", '"': '"', "'": "'", "`": "`"}


@dataclass(frozen=True, slots=True)
class Place:
    """The text around a cursor, as far as it makes a difference.

    :ivar before: the last :data:`PREFIX_CHARS` left of the cursor
    :ivar after: the first :data:`SUFFIX_CHARS` right of the cursor
    :ivar preceding: what comes before the document for the model, if the window reaches that far
    """

    uri: str
    before: str
    after: str
    preceding: str = ""

    @classmethod
    def of(cls, request: CompletionRequest) -> Place:
        """Return the place of a request."""
        document, offset = request.document, request.offset
        return cls(
            document.uri,
            document.text[max(0, offset - PREFIX_CHARS) : offset],
            document.text[offset : offset + SUFFIX_CHARS],
            document.preceding if offset < PREFIX_CHARS else "",
        )


@dataclass(frozen=True, slots=True)
class Typed:
    """What happened at the cursor since a completion was made.

    :ivar closers: brackets and quotes behind the cursor that the editor has added
    :ivar overtyped: how many characters right of the cursor have been typed over
    """

    text: str = ""
    closers: str = ""
    overtyped: int = 0


def typed_since(place: Place, request: CompletionRequest, length: int) -> Typed | None:
    """Return what was typed from ``place`` to ``request``, if it is ``length`` characters.

    None when anything else happened in the windows of the place.
    """
    document = request.document
    start = request.offset - length
    if start < 0 or length < 0 or document.uri != place.uri:
        return None
    if document.text[max(0, start - PREFIX_CHARS) : start] != place.before:
        return None
    if place.preceding != (document.preceding if start < PREFIX_CHARS else ""):
        return None
    typed = document.text[start : request.offset]
    after = document.text[request.offset : request.offset + SUFFIX_CHARS + MAX_CLOSERS]
    if after[:SUFFIX_CHARS] == place.after:
        return Typed(typed)
    for count in range(1, _closers(place.after) + 1):
        if after[: SUFFIX_CHARS - count] == place.after[count:]:
            return Typed(typed, overtyped=count)
    for count in range(1, _closers(after) + 1):
        closers = after[:count]
        opened = all(_OPENERS[char] in typed for char in closers)
        if opened and after[count : count + SUFFIX_CHARS] == place.after:
            return Typed(typed, closers)
    return None


def typed_into(request: CompletionRequest, text: str) -> str | None:
    """Return what was typed at the cursor of ``request``, by what its document has become.

    For a document whose cursor is not known. Closing brackets and quotes at the end are left out:
    the editor may have added them. None when something else happened near the cursor.

    :param text: the document now
    """
    length = len(text) - len(request.document.text)
    end = request.offset + length
    now = CompletionRequest(replace(request.document, text=text), max(end, 0))
    typed = typed_since(Place.of(request), now, length)
    return None if typed is None else typed.text.rstrip("".join(_OPENERS))


def remainder(alternative: Alternative, typed: Typed) -> Alternative | None:
    """Return what is left of a candidate; None when it says something else, or no more."""
    text = alternative.text[len(typed.text) :]
    replaces = alternative.replaces - typed.overtyped
    if not alternative.text.startswith(typed.text) or replaces < 0:
        return None
    closers = typed.closers
    if closers:
        # The first line of a call of several closes some of them, and leaves the others.
        closed = len(closers) if closes_all(text, closers) else closed_length(text, closers)
        if replaces and closed < len(closers):
            return None
        replaces += closed
    if _is_nothing(text, typed):
        return None
    return replace(alternative, text=text, replaces=replaces)


def _is_nothing(text: str, typed: Typed) -> bool:
    """Say whether what is left of a candidate stands there already."""
    return not text.strip() or text.strip() == typed.closers


def remainders(alternatives: Sequence[Alternative], typed: Typed) -> tuple[Alternative, ...]:
    """Return what is left of the candidates that agree with what was typed, best first.

    They keep their ranks: a first one whose rank is not 0 is a sibling that has been promoted. None
    is promoted where a better one has been typed, or accepted, to its end: that ended there, and a
    longer one would go on from it in the middle of a word or behind a finished statement.
    """
    left: list[Alternative] = []
    for alternative in alternatives:
        item = remainder(alternative, typed)
        if item is not None:
            left.append(item)
        elif not left and _has_ended(alternative) and alternative.text.startswith(typed.text):
            if _is_nothing(alternative.text[len(typed.text) :], typed):
                return ()
    return tuple(left)


def _has_ended(alternative: Alternative) -> bool:
    """Say whether a candidate ends where its text does: it may have been cut, as by consensus."""
    return alternative.source is Source.RECALLED or alternative.end_logprob is not None


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """An answer from the cache.

    :ivar completion: the completion as it was made
    :ivar alternatives: what is left of its candidates; at least one
    :ivar note: what it was kept with
    """

    completion: Completion
    alternatives: tuple[Alternative, ...]
    typed: Typed
    note: T


class CompletionCache(Generic[T]):
    """The latest completions of all documents, each with a note of whoever put it in.

    :param limit: how many completions are kept; the least recently used one goes first
    """

    def __init__(self, limit: int = 256) -> None:
        self._limit = limit
        self._entries: OrderedDict[Place, tuple[Completion, T]] = OrderedDict()
        self._by_tail: dict[str, dict[str, list[Place]]] = {}
        """By document, and by the end of the text before the place."""

    def __len__(self) -> int:
        """Return how many completions are kept."""
        return len(self._entries)

    def put(self, place: Place, completion: Completion, note: T) -> None:
        """Keep a completion, in place of an older one for the same place."""
        if place not in self._entries:
            tails = self._by_tail.setdefault(place.uri, {})
            tails.setdefault(place.before[-TAIL_CHARS:], []).append(place)
        self._entries[place] = (completion, note)
        self._entries.move_to_end(place)
        if len(self._entries) > self._limit:
            self._remove(next(iter(self._entries)))

    def find(self, request: CompletionRequest) -> Hit[T] | None:
        """Return what is left of the completion made nearest to the request's cursor."""
        document, offset = request.document, request.offset
        tails = self._by_tail.get(document.uri)
        if tails is None:
            return None
        for length in range(min(offset, MAX_TYPED_CHARS) + 1):
            start = offset - length
            tail = document.text[max(0, start - TAIL_CHARS) : start]
            for place in reversed(tails.get(tail, ())):
                hit = self._match(place, request, length)
                if hit is not None:
                    self._entries.move_to_end(place)
                    return hit
        return None

    def drop(self, uri: str) -> None:
        """Forget a document's completions."""
        for place in [place for place in self._entries if place.uri == uri]:
            self._remove(place)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._by_tail.clear()

    def _match(self, place: Place, request: CompletionRequest, length: int) -> Hit[T] | None:
        typed = typed_since(place, request, length)
        if typed is None:
            return None
        completion, note = self._entries[place]
        left = remainders(completion.alternatives, typed)
        return Hit(completion, left, typed, note) if left else None

    def _remove(self, place: Place) -> None:
        del self._entries[place]
        tails, tail = self._by_tail[place.uri], place.before[-TAIL_CHARS:]
        tails[tail].remove(place)
        if not tails[tail]:
            del tails[tail]
        if not tails:
            del self._by_tail[place.uri]


def _closers(text: str) -> int:
    """Return how many closing brackets and quotes ``text`` begins with, at most the limit."""
    count = 0
    while count < min(len(text), MAX_CLOSERS) and text[count] in _OPENERS:
        count += 1
    return count
