"""What the benchmark of recalled lines beside samples compares, and what it says of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from codex_lsp.bench import competing
from codex_lsp.bench.competing import Scored, Shown, Trial
from codex_lsp.types import Source

RIGHT = Shown(Source.SAMPLED, True, True, -0.1, 500.0)
WRONG = Shown(Source.SAMPLED, False, False, -1.0, 500.0)
AT_ONCE = Shown(Source.RECALLED, True, True, math.nan, 1.0)
BESIDE = Shown(Source.RECALLED, False, True, -1.0, 300.0)
NOTHING = Shown(None, False, False, math.nan, math.inf)


def test_both_ways_are_counted_over_all_places() -> None:
    trials = [
        Trial(3, WRONG, AT_ONCE, True, ()),
        Trial(3, RIGHT, BESIDE, False, ()),
        Trial(3, RIGHT, RIGHT, False, ()),
        Trial(3, NOTHING, NOTHING, False, ()),
    ]
    shown, winners = competing.tables(trials)
    assert shown.rows == (
        ("samples alone", "75.0", "50.0", "50.0", "500", "0.0"),
        ("with recalled lines", "75.0", "50.0", "75.0", "400", "25.0"),
    )
    assert winners.rows == (
        ("at once, without the model", "25.0", "100.0", "0.0"),
        ("beside samples", "25.0", "0.0", "100.0"),
    )


def test_fits_find_the_odds_there_are() -> None:
    sure = Shown(Source.SAMPLED, True, True, 0.0, 1.0)
    half = [
        Trial(0, sure, sure, False, (Scored(0.5, 0.0, True), Scored(0.5, 0.0, False)))
        for _ in range(3000)
    ]
    wrong = Shown(Source.SAMPLED, False, False, 0.0, 1.0)
    rest = [Trial(0, wrong, wrong, False, ()) for _ in range(1000)]
    constant, *others = competing.fit_sampled([*half, *rest])
    assert constant == pytest.approx(math.log(3), abs=0.01)
    assert not np.any(others)
    assert competing.fit_recalled(half).tolist() == pytest.approx([0, 0, 0], abs=1e-9)
