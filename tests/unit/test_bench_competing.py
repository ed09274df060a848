"""What the benchmark of recalled lines beside samples compares, and what it says of it."""

from __future__ import annotations

import math

import pytest

from codex_lsp.bench import competing
from codex_lsp.bench.competing import Scored, Shown, Trial
from codex_lsp.types import Source

RIGHT = Shown(Source.SAMPLED, True, True, 0.6, 500.0)
WRONG = Shown(Source.SAMPLED, False, False, 0.2, 500.0)
AT_ONCE = Shown(Source.RECALLED, True, True, 0.8, 1.0)
BESIDE = Shown(Source.RECALLED, False, True, 0.4, 300.0)
NOTHING = Shown(None, False, False, 0.0, math.inf)


def test_both_ways_are_counted_over_all_places() -> None:
    trials = [
        Trial(3, WRONG, AT_ONCE, True),
        Trial(3, RIGHT, BESIDE, False),
        Trial(3, RIGHT, RIGHT, False),
        Trial(3, NOTHING, NOTHING, False),
    ]
    shown, winners = competing.tables(trials)
    assert shown.rows == (
        ("samples alone", "75.0", "50.0", "50.0", "35.0", "500", "0.0"),
        ("with recalled lines", "75.0", "50.0", "75.0", "45.0", "400", "25.0"),
    )
    assert winners.rows == (
        ("at once, without the model", "25.0", "100.0", "80.0", "0.0"),
        ("beside samples", "25.0", "0.0", "40.0", "100.0"),
    )


def test_a_fit_finds_the_odds_there_are() -> None:
    odds = [
        Scored(prior, 0.0, right)
        for prior, rights in ((0.5, (1, 0)), (0.8, (1, 1, 1, 1, 0)))
        for right in map(bool, rights)
        for _ in range(3000)
    ]
    found = competing.fit_recalled(odds)
    assert found.constant == pytest.approx(0.0, abs=0.01)
    assert found.prior_logit == pytest.approx(1.0, abs=0.01)
    assert found.mean_logprob == 0.0
