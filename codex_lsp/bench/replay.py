"""Types a text key by key against a service, and records what the typist saw.

The typist's editor behaves like VS Code's language client: each key changes the document and asks
anew, the request of the key before is called off, and a suggestion stays on screen while what is
typed agrees with it. Or like Neovim's, which never calls a request off. The time that these editors
wait before they ask (VS Code 50 ms while a request is under way, Neovim 200 ms) is left out: it
would be added to each figure alike.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from codex_lsp.bench import editor
from codex_lsp.bench.corpus import Text
from codex_lsp.bench.events import Answer, Counters, Event, Key, Recording, Segment
from codex_lsp.bench.rhythm import Rhythm
from codex_lsp.bench.service import Growth, Item, Reply, Service
from codex_lsp.errors import BenchError

Pace = Literal["real", "fast"]
ANSWER_LIMIT_S = 60.0
"""How long an answer is waited for where it has to be waited for: a bound for failure."""
SETTLE_S = 0.3
"""Between two segments, so that what one has started is not charged to the next."""
SEGMENT_KEYS = 75


@dataclass(frozen=True, slots=True)
class Typist:
    """How the typing is done.

    :ivar pace: ``real``: the next key is pressed when it is due; ``fast``: when the answer is there
    :ivar cancels: outdated requests are called off, as VS Code does and Neovim does not
    :ivar accepts: suggestions that are right are accepted; else every key is pressed, so that all
        services meet the same ones
    """

    pace: Pace = "real"
    cancels: bool = True
    accepts: bool = True
    rhythm: Rhythm = Rhythm()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that is to be typed: ``text[start:end]``, with the rest around it."""

    text: Text
    start: int
    end: int


def pieces(texts: Sequence[Text], keys: int) -> list[Piece]:
    """Choose what is typed: about ``keys`` keys in pieces, spread evenly over all texts.

    A piece begins behind a line's indentation and ends with a line. What follows it in the file
    stands below the cursor from the start; what is typed does not.
    """
    count = max(1, round(keys / SEGMENT_KEYS))
    length = min(keys, SEGMENT_KEYS)
    found: list[Piece] = []
    for index in range(count):
        text = texts[index % len(texts)]
        rounds = -(-count // len(texts))
        found.append(_piece(text, (index // len(texts) + 1) / (rounds + 1), length))
    return found


def _piece(text: Text, where: float, length: int) -> Piece:
    """Return a piece of ``length`` keys that begins at about the share ``where`` of the text."""
    content = text.content
    start = content.find("\n", int(len(content) * where)) + 1
    while start < len(content) and content[start] in " \t\n":
        start += 1
    end = start
    for _ in range(length):
        if end < len(content):
            end += len(editor.stroke(content, end))
    line_end = content.find("\n", end)
    return Piece(text, start, len(content) if line_end < 0 else line_end)


def replay(service: Service, variant: str, piece: Piece, typist: Typist) -> Recording:
    """Type one piece.

    :raises BenchError: the service failed, or left a request unanswered
    """
    content, start, end = piece.text.content, piece.start, piece.end
    service.open(content[:start] + content[end:], start, piece.text.language)
    session = _Session(service, typist, content[start:end])
    session.run(f"{piece.text.name}:{start}")
    service.close_document()
    segment = Segment(variant, piece.text.name, start, end - start, typist.pace)
    return Recording(segment, tuple(sorted(session.events, key=lambda event: event.at_ms)))


def warm_up(service: Service) -> None:
    """Have one suggestion made, so that the model is loaded before anything is measured.

    :raises BenchError: the service failed, or did not answer
    """
    text = "import os\n\nfor name in os."
    service.open(text, len(text), "python")
    request = service.ask()
    end = time.perf_counter() + ANSWER_LIMIT_S
    while (left := end - time.perf_counter()) > 0:
        news = service.news(left)
        if isinstance(news, Reply) and news.request == request:
            service.close_document()
            return
    raise BenchError(f"The model was not ready in {ANSWER_LIMIT_S:g} s.")


class _Session:
    """One piece while it is typed.

    :ivar events: what has happened so far
    """

    def __init__(self, service: Service, typist: Typist, text: str) -> None:
        self._service = service
        self._typist = typist
        self._text = text
        self._zero = time.perf_counter()
        self._ghost: Item | None = None
        self._keys: dict[int, int] = {}
        self._open: set[int] = set()
        self._latest = 0
        self.events: list[Event] = []

    def run(self, name: str) -> None:
        """Type all of it."""
        self._zero = time.perf_counter()
        self._read_counters()
        due = time.perf_counter()
        offset = number = 0
        while offset < len(self._text):
            self._wait(due)
            offset += self._press(offset, number)
            number += 1
            if offset < len(self._text):
                due += self._typist.rhythm.interval_ms(name, self._text, offset) / 1000
        self._settle()
        self._read_counters()

    def _press(self, offset: int, number: int) -> int:
        """Press the key at ``offset``; return how many characters it put in."""
        upcoming = self._text[offset:]
        taken = editor.accepted_chars(self._ghost, upcoming) if self._typist.accepts else 0
        inserted = upcoming[:taken] if taken else editor.stroke(self._text, offset)
        accepted = self._ghost if taken else None
        self._ghost = editor.typed_through(self._ghost, inserted)
        at = time.perf_counter()
        self._service.insert(inserted)
        if accepted is not None and self._ghost is None:
            self._service.accepted(accepted)
        if self._typist.cancels and self._latest in self._open:
            self._service.cancel(self._latest)
        self._latest = self._service.ask()
        self._keys[self._latest] = number
        self._open.add(self._latest)
        keys = editor.strokes(inserted)
        kept = self._ghost is not None
        self.events.append(Key(self._ms(at), number, len(inserted), keys, bool(taken), kept))
        return len(inserted)

    def _wait(self, due: float) -> None:
        """Wait until the next key is to be pressed."""
        if self._typist.pace == "fast":
            self._until_answered()
        while (left := due - time.perf_counter()) > 0 and self._typist.pace == "real":
            self._take(left)

    def _settle(self) -> None:
        """Wait for what is under way, and a little for what the service does by itself."""
        self._until_answered()
        end = time.perf_counter() + SETTLE_S
        while (left := end - time.perf_counter()) > 0:
            self._take(left)

    def _until_answered(self) -> None:
        end = time.perf_counter() + ANSWER_LIMIT_S
        while self._latest in self._open:
            left = end - time.perf_counter()
            if left <= 0:
                raise BenchError(f"A request was not answered in {ANSWER_LIMIT_S:g} s.")
            self._take(left)

    def _take(self, timeout_s: float) -> None:
        """Take the next news, if there are any, as the editor does."""
        news = self._service.news(timeout_s)
        if isinstance(news, Growth):
            self._grow(news)
        elif news is not None and news.request in self._open:
            self._answer(news)

    def _grow(self, growth: Growth) -> None:
        ghost = self._ghost
        if ghost is None or growth.stream != ghost.stream or not growth.text.strip():
            return
        if growth.version == self._service.version:
            self._ghost = replace(ghost, text=growth.text)

    def _answer(self, reply: Reply) -> None:
        self._open.discard(reply.request)
        first = reply.items[0] if reply.items else None
        if reply.request == self._latest and first is not None and self._ghost is None:
            self._ghost = first
        key = self._keys[reply.request]
        chars, origin = (len(first.text), first.origin) if first else (0, "")
        at_ms = self._ms(reply.at)
        self.events.append(Answer(at_ms, key, len(reply.items), chars, origin, reply.error))

    def _read_counters(self) -> None:
        counters = self._service.performance()
        if counters is not None:
            self.events.append(Counters(self._ms(time.perf_counter()), counters))

    def _ms(self, at: float) -> float:
        return (at - self._zero) * 1000


def alternate(
    services: dict[str, Service], chosen: Sequence[Piece], typist: Typist
) -> Iterator[Recording]:
    """Type each piece with every service, the order turning from piece to piece."""
    names = list(services)
    for index, piece in enumerate(chosen):
        turn = index % len(names)
        for name in names[turn:] + names[:turn]:
            yield replay(services[name], name, piece, typist)
