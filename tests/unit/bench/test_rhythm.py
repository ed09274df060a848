"""The typist's rhythm has the published moments, and is the same for everybody who is compared."""

from __future__ import annotations

import statistics

import pytest

from codex_lsp.bench.rhythm import (
    IN_WORD_MS,
    LINE_START_MS,
    MEAN_MS,
    WORD_START_MS,
    Rhythm,
    mean_ms,
)


def test_words_of_five_letters_and_a_blank_have_the_published_mean() -> None:
    text = "xword " * 3
    means = [mean_ms(text, offset) for offset in range(6, 12)]
    assert means == [WORD_START_MS] + 5 * [IN_WORD_MS]
    assert statistics.mean(means) == pytest.approx(MEAN_MS)


def test_a_line_begins_behind_its_indentation() -> None:
    text = "a\n    b"
    assert mean_ms(text, 0) == LINE_START_MS
    assert mean_ms(text, 1) == IN_WORD_MS
    assert mean_ms(text, 6) == LINE_START_MS


def test_intervals_have_mean_and_deviation_of_the_study() -> None:
    rhythm = Rhythm(seed=1)
    text = "xx"
    drawn = [rhythm.interval_ms(f"{number}", text, 1) for number in range(20_000)]
    assert statistics.mean(drawn) == pytest.approx(IN_WORD_MS, rel=0.02)
    assert statistics.stdev(drawn) == pytest.approx(IN_WORD_MS * 111.60 / 238.66, rel=0.03)


def test_the_interval_depends_on_the_place_and_the_seed_alone() -> None:
    first = Rhythm(1).interval_ms("a", "xyz", 2)
    assert Rhythm(1).interval_ms("a", "xyz", 2) == first
    assert Rhythm(2).interval_ms("a", "xyz", 2) != first
    assert Rhythm(1).interval_ms("b", "xyz", 2) != first


def test_half_the_speed_takes_twice_the_time() -> None:
    assert Rhythm(1, 51.56 / 2).interval_ms("a", "xyz", 2) == pytest.approx(
        2 * Rhythm(1).interval_ms("a", "xyz", 2)
    )
