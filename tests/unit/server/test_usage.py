"""What is counted of suggestions, with a clock that the test turns."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lsprotocol import types

from codex_lsp.statistics.counts import Counts, Key, What
from codex_lsp.statistics.store import Store
from codex_lsp.types import Rejection, RejectionReason
from codex_lsp_server.answers import Answer
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.feedback import Suggestion
from codex_lsp_server.performance import Origin
from codex_lsp_server.recording import Recorder
from codex_lsp_server.usage import REMEMBERED, Ledger, Usage

COUNTED = (What.SHOWN, What.ACCEPTED, What.PARTLY_ACCEPTED, What.DISMISSED, What.SAVED)
KEPT = (What.KEPT_30S, What.KEPT_2MIN, What.KEPT_10MIN)


class Clock:
    """Stands still until it is turned; then what is due is called, at its time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def __call__(self) -> float:
        return self.now

    def later(self, delay: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + delay, next(self._order), call))

    def turn(self, seconds: float) -> None:
        end = self.now + seconds
        while self._due and self._due[0][0] <= end:
            self.now, _, call = heapq.heappop(self._due)
            call()
        self.now = end


class Watched:
    """An editor with one document, and what is counted of it."""

    def __init__(
        self, text: str = "x = ", ledger: Ledger | None = None, clock: Clock | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.counts: Counter[What] = Counter()
        self.labels: set[tuple[str, str]] = set()
        self.times: list[float] = []
        self.usage = Usage(ledger or self, self.clock, self.clock.later)
        self.document = OpenDocument("file:///a.py", text, version=1, language_id="python")
        self.cursor = types.Position(0, len(text))

    def count(self, language: str, ranker: str, what: What, n: int = 1) -> None:
        self.counts[what] += n
        self.labels.add((language, ranker))

    def took(self, language: str, ranker: str, ms: float) -> None:
        self.times.append(ms)

    def answer(
        self, *texts: str, completion: str = "1", origin: Origin = Origin.MODEL, ms: float = 9.0
    ) -> None:
        """Answer a request at the cursor."""
        items = [
            types.InlineCompletionItem(
                insert_text=text,
                range=types.Range(self.cursor, self.cursor),
                command=types.Command("", "", arguments=[{"id": completion, "index": index}]),
            )
            for index, text in enumerate(texts)
        ]
        self.usage.answered(self.document, Answer(items, origin=origin, took_ms=ms), "mean-logprob")

    def refuse(self, reason: RejectionReason) -> None:
        self.usage.answered(self.document, Answer(rejection=Rejection(reason)), "mean-logprob")

    def type(self, text: str) -> None:
        self.edit(self.cursor, self.cursor, text)
        self.cursor = types.Position(0, self.cursor.character + len(text))

    def edit(self, start: types.Position, end: types.Position, text: str) -> None:
        change = types.TextDocumentContentChangePartial(range=types.Range(start, end), text=text)
        self.document.apply_changes([change], self.document.version + 1)
        self.usage.changed(self.document, [change])

    def undo(self, count: int) -> None:
        start = types.Position(0, self.cursor.character - count)
        self.edit(start, self.cursor, "")
        self.cursor = start

    def counted(self) -> tuple[int, ...]:
        """How many were shown, accepted, accepted in part and dismissed; what it saved."""
        return tuple(self.counts[what] for what in COUNTED)

    def kept(self) -> tuple[int, ...]:
        return tuple(self.counts[what] for what in KEPT)


def test_one_that_was_too_short_on_screen_was_not_shown() -> None:
    watched = Watched()
    watched.answer("abc")
    watched.clock.turn(0.74)
    watched.type("q")
    watched.clock.turn(10)
    watched.usage.settle()
    assert watched.counted() == (0, 0, 0, 0, 0)


def test_one_that_stayed_and_was_typed_over_was_dismissed() -> None:
    watched = Watched()
    watched.answer("abc")
    watched.clock.turn(0.75)
    watched.type("q")
    watched.usage.settle()
    assert watched.counted() == (1, 0, 0, 0, 0)
    watched.clock.turn(2)
    watched.usage.settle()
    assert watched.counted() == (1, 0, 0, 1, 0)
    watched.usage.close()
    assert watched.counted() == (1, 0, 0, 1, 0)


def test_the_accept_command_alone_says_it_all() -> None:
    watched = Watched()
    watched.answer("abc", "abcdef")
    watched.type("abcdef")
    watched.usage.accepted(Suggestion("1", 1))
    assert watched.counted() == (1, 1, 0, 0, 6)
    watched.clock.turn(29.9)
    assert watched.kept() == (0, 0, 0)
    watched.clock.turn(0.2)
    assert watched.kept() == (1, 0, 0)
    watched.clock.turn(90)
    assert watched.kept() == (1, 1, 0)
    watched.clock.turn(480)
    assert watched.kept() == (1, 1, 1)
    assert watched.labels == {("python", "mean-logprob")}


def test_an_undo_within_half_a_minute_is_not_kept() -> None:
    watched = Watched()
    watched.answer("abcdef")
    watched.type("abcdef")
    watched.usage.accepted(Suggestion("1", 0))
    watched.clock.turn(29)
    watched.undo(6)
    watched.clock.turn(600)
    assert watched.counted() == (1, 1, 0, 0, 6)
    assert watched.kept() == (0, 0, 0)


def test_an_undo_after_a_minute_was_kept_for_a_while() -> None:
    watched = Watched()
    watched.answer("abcdef")
    watched.type("abcdef")
    watched.usage.accepted(Suggestion("1", 0))
    watched.clock.turn(60)
    watched.undo(6)
    watched.clock.turn(600)
    assert watched.kept() == (1, 0, 0)


def test_the_same_suggestion_typed_into_is_shown_once() -> None:
    watched = Watched()
    watched.answer("abc")
    watched.clock.turn(0.5)
    watched.type("a")
    watched.answer("bc", origin=Origin.CACHE)
    watched.clock.turn(0.5)
    watched.type("q")
    watched.usage.close()
    assert watched.counted() == (1, 0, 0, 1, 0)
    assert (watched.counts[What.REQUESTS], watched.counts[What.CACHE_HITS]) == (2, 1)
    assert watched.times == [9.0, 9.0]


def test_one_that_was_typed_to_its_end_was_not_dismissed() -> None:
    watched = Watched()
    watched.answer("abc")
    watched.clock.turn(1)
    watched.type("ab")
    watched.type("c")
    watched.usage.close()
    assert watched.counted() == (1, 0, 0, 0, 0)


def test_what_is_typed_of_another_item_is_no_dismissal() -> None:
    watched = Watched()
    watched.answer("abc", "xyz")
    watched.clock.turn(0.5)
    watched.type("x")
    watched.clock.turn(0.5)
    watched.usage.settle()
    assert watched.counted() == (1, 0, 0, 0, 0)


def test_a_client_that_says_what_is_shown_is_believed() -> None:
    watched = Watched()
    watched.answer("abc")
    watched.usage.shown(Suggestion("1", 0))
    watched.clock.turn(1)
    watched.answer("new", completion="2")
    watched.clock.turn(5)
    watched.usage.shown(Suggestion("2", 0))
    watched.clock.turn(0.2)
    watched.type("q")
    watched.usage.close()
    # The second was on screen for a moment only.
    assert watched.counted() == (1, 0, 0, 1, 0)


def test_an_answer_without_items_takes_the_last_one_away() -> None:
    watched = Watched()
    watched.answer("abc")
    watched.clock.turn(0.2)
    watched.refuse(RejectionReason.SUPERSEDED)
    watched.clock.turn(0.8)
    watched.refuse(RejectionReason.EMPTY)
    watched.clock.turn(5)
    watched.usage.close()
    assert watched.counted() == (1, 0, 0, 1, 0)
    assert watched.counts[What.REQUESTS] == 3


def test_one_that_is_accepted_by_words_counts_once() -> None:
    watched = Watched()
    watched.answer("one two three")
    watched.usage.partly_accepted(Suggestion("1", 0, "one two three", "one"))
    watched.type("one")
    watched.usage.partly_accepted(Suggestion("1", 0, "one two three", "one two"))
    watched.type(" two")
    assert watched.counted() == (1, 0, 1, 0, 7)
    # The rest is an answer of its own, of the same completion.
    watched.answer(" three", origin=Origin.CACHE)
    watched.type(" three")
    watched.usage.accepted(Suggestion("1", 0))
    assert watched.counted() == (1, 0, 1, 0, 13)
    watched.clock.turn(30)
    assert watched.kept() == (1, 0, 0)
    watched.undo(10)
    watched.usage.close()
    assert watched.kept() == (1, 0, 0)


def test_a_part_that_was_accepted_is_followed_without_what_is_typed_behind_it() -> None:
    watched = Watched()
    watched.answer("one two three")
    watched.usage.partly_accepted(Suggestion("1", 0, "one two three", "one"))
    watched.type("one")
    watched.type("zzzzzzzzzzzzzzzz")
    watched.usage.close()
    assert watched.counted() == (1, 0, 1, 0, 3)
    assert watched.kept() == (1, 1, 1)


def test_what_has_grown_is_accepted_as_it_stands() -> None:
    watched = Watched()
    watched.answer("ab")
    watched.usage.grown({"id": "1", "index": 0, "insertText": "ab\ncd"})
    watched.usage.accepted(Suggestion("1", 0))
    watched.edit(watched.cursor, watched.cursor, "ab\ncd")
    assert watched.counted() == (1, 1, 0, 0, 5)
    watched.usage.close()
    assert watched.kept() == (1, 1, 1)


def test_a_document_that_is_closed_is_looked_at_for_the_last_time() -> None:
    watched = Watched()
    watched.answer("abcdef")
    watched.type("abcdef")
    watched.usage.accepted(Suggestion("1", 0))
    watched.clock.turn(45)
    watched.usage.closed("file:///b.py")
    assert watched.kept() == (1, 0, 0)
    watched.usage.closed("file:///a.py")
    assert watched.kept() == (1, 1, 1)
    watched.clock.turn(600)
    watched.usage.close()
    assert watched.kept() == (1, 1, 1)


def test_what_was_on_screen_when_its_document_closes_was_dismissed() -> None:
    watched = Watched()
    watched.answer("abc")
    watched.clock.turn(1)
    watched.usage.closed("file:///a.py")
    assert watched.counted() == (1, 0, 0, 1, 0)
    watched.usage.close()
    assert watched.counted() == (1, 0, 0, 1, 0)


def test_what_is_offered_again_after_it_was_accepted_is_another_one() -> None:
    watched = Watched()
    for _ in range(2):
        watched.answer("abcdef", origin=Origin.CACHE)
        watched.type("abcdef")
        watched.usage.accepted(Suggestion("1", 0))
        # Some clients say it twice.
        watched.usage.accepted(Suggestion("1", 0))
        watched.undo(6)
    watched.usage.close()
    assert watched.counted() == (2, 2, 0, 0, 12)
    assert watched.kept() == (0, 0, 0)


def test_those_that_are_forgotten_are_settled_first() -> None:
    watched = Watched()
    for number in range(REMEMBERED + 5):
        watched.answer("abc", completion=str(number))
        watched.clock.turn(1)
    watched.usage.close()
    assert watched.counted() == (REMEMBERED + 5, 0, 0, REMEMBERED + 5, 0)


async def test_it_ends_up_in_the_database_by_day(tmp_path: Path) -> None:
    store = Store(tmp_path / "statistics.sqlite3")
    clock = Clock()
    ledger = Recorder(store, pytest.fail, lambda: datetime(2026, 1, 31) + timedelta(0, clock.now))
    watched = Watched(ledger=ledger, clock=clock)
    watched.answer("abcdef", ms=123.0)
    watched.type("abcdef")
    watched.usage.accepted(Suggestion("1", 0))
    clock.turn(31)
    watched.undo(6)
    clock.turn(24 * 3600)
    watched.answer("new", completion="2", origin=Origin.CACHE)
    await ledger.close()
    first, second = (Key(day, "python", "mean-logprob") for day in ("2026-01-31", "2026-02-01"))
    assert store.read() == Counts(
        Counter(
            {
                (first, What.REQUESTS): 1,
                (first, What.SHOWN): 1,
                (first, What.ACCEPTED): 1,
                (first, What.SAVED): 6,
                (first, What.KEPT_30S): 1,
                (second, What.REQUESTS): 1,
                (second, What.CACHE_HITS): 1,
            }
        ),
        Counter({(first, 120): 1, (second, 9): 1}),
    )


def test_news_of_what_nobody_knows_is_passed_over() -> None:
    watched = Watched()
    watched.answer("abc")
    for item in (Suggestion("9", 0, "abc", "a"), Suggestion("1", 7, "")):
        watched.usage.shown(Suggestion("9", 0))
        watched.usage.accepted(item)
    watched.usage.partly_accepted(Suggestion("9", 0, "abc", "a"))
    watched.usage.grown({"id": "9", "index": 0, "insertText": "abc"})
    watched.usage.answered(None, Answer(rejection=Rejection(RejectionReason.DISABLED)), "r")
    assert watched.counted() == (0, 0, 0, 0, 0)
