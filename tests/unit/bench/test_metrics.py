"""Metrics of event lists that are written by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from codex_lsp.bench.events import Answer, Counters, Event, Key, Recording, Segment
from codex_lsp.bench.metrics import Work, keystrokes, median, percentile, summarize


def recording(*events: Event) -> Recording:
    return Recording(Segment("v", "a.py", 0, 10, "real"), events)


def counters(at_ms: float, answers: int, decoded: int, shown: int, **more: Any) -> Counters:
    work = {"promptTokens": 0, "readTokens": 3, "decodedTokens": decoded, "shownTokens": shown}
    return Counters(at_ms, {"answers": {"model": answers}, "rejections": {}, "work": work, **more})


TYPED = recording(
    Key(0, 0, chars=1),
    Answer(60, 0, items=2, chars=9, origin="model"),
    Key(100, 1, chars=1, kept=True),
    Answer(101, 1, items=1, chars=8, origin="cache"),
    Key(300, 2, chars=1),
    Key(400, 3, chars=1),
    Answer(401, 2, error="cancelled"),
    Answer(450, 3),
    Key(700, 4, chars=9, strokes=9, accepted=True),
    Answer(1100, 4, items=1, chars=3, origin="model"),
)


def test_a_key_has_what_came_before_the_next_one() -> None:
    found = keystrokes(TYPED)
    assert [item.until_ms for item in found] == [100, 200, 100, 300, math.inf]
    assert [item.shown_ms for item in found] == [60, 0, None, None, 400]
    assert [item.answer_ms for item in found] == [60, 1, None, 50, 400]
    assert [item.origin for item in found] == ["model", "cache", "", "", "model"]


def test_an_answer_after_the_next_key_is_of_no_use() -> None:
    late = recording(Key(0, 0, 1), Key(50, 1, 1), Answer(51, 0, items=1, chars=3, origin="model"))
    assert [item.shown_ms for item in keystrokes(late)] == [None, None]


def test_an_answer_at_the_moment_of_the_next_key_is_in_time() -> None:
    close = recording(Key(0, 0, 1), Answer(50, 0, 1, 3, "model"), Key(50, 1, 1))
    assert keystrokes(close)[0].shown_ms == 50


def test_figures_are_those_of_the_events() -> None:
    found = summarize("v", [TYPED])
    assert (found.keys, found.chars) == (5, 13)
    assert (found.accepted, found.accepted_chars, found.saved_keys) == (1, 9, 8)
    assert found.saved_share == 8 / 13
    assert found.within == {50: 0.2, 100: 0.4, 200: 0.4, 400: 0.6}
    # Eight keys were saved, and two of the five that were pressed had a suggestion.
    assert found.text_within(200) == pytest.approx(10 / 13)
    assert found.shown_ms == (60, 0, 400)
    assert found.late == 1
    assert found.origins == {"model": 2, "cache": 1}
    assert found.reused_share == 1 / 3
    assert found.work is None
    assert found.figures()["answerMs"] == {"count": 4, "p50": 55, "p95": pytest.approx(349)}


def test_work_is_what_the_counters_grew_by() -> None:
    recent = [{"totalMs": 9.0, "engineMs": 1.0}, {"totalMs": 5.0, "engineMs": 4.5}]
    first = counters(0, 7, decoded=100, shown=20)
    last = counters(9, 8, decoded=180, shown=30, recent=recent)
    one = recording(first, Key(1, 0, 1), Answer(2, 0), last)
    found = summarize("v", [one, one])
    assert found.work == Work(0, 0, 160, 20)
    assert found.work.thrown_away == 140
    assert found.overhead_ms == (0.5, 0.5)


def test_rejections_are_those_since_the_first_reading() -> None:
    before = Counters(0, {"answers": {}, "rejections": {"empty": 1}, "work": {}})
    after = Counters(1, {"answers": {}, "rejections": {"empty": 3, "stale": 1}, "work": {}})
    assert summarize("v", [recording(before, after)]).rejections == {"empty": 2, "stale": 1}


def test_one_reading_says_nothing() -> None:
    assert summarize("v", [recording(counters(0, 1, 1, 1))]).work is None


def test_percentiles_are_interpolated() -> None:
    assert percentile([4, 1, 2, 3], 50) == 2.5
    assert percentile([1, 2], 100) == 2
    assert percentile([1, 2], 0) == 1
    assert median([5]) == 5
    assert math.isnan(median([]))


def test_nothing_has_no_figures() -> None:
    found = summarize("v", []).figures()
    assert found["shownMs"] == {"count": 0, "p50": None, "p95": None}
    assert found["within"] == {"50": 0, "100": 0, "200": 0, "400": 0}
