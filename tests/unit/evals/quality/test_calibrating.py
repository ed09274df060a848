from __future__ import annotations

import math
from dataclasses import replace

import pytest

from codex_lsp.evals.quality.calibrating import (
    Reliability,
    Threshold,
    Winner,
    calibrate,
    fitness,
    reliability,
    threshold,
    winners,
)
from codex_lsp.evals.quality.tables import profiles_table
from tests.unit.evals.quality.places import NOTHING, outcome, shown


def test_the_best_sample_stands_for_its_hole() -> None:
    best, same, other = shown("a", -0.1, exact=True), shown("a", -0.2), shown("b", -0.3)
    found = winners([outcome(best, same, other, NOTHING), outcome(NOTHING, NOTHING)])
    assert found == [Winner("own/a.py", -0.1, 3, 0.5, True)]


def test_brier_score_and_log_loss() -> None:
    found = fitness([0.5, 0.75], [True, False])
    assert found.brier == pytest.approx((0.25 + 0.5625) / 2)
    assert found.log_loss == pytest.approx(-(math.log(0.5) + math.log(0.25)) / 2)
    with pytest.raises(ValueError, match="nothing to judge"):
        fitness([], [])


def test_bins_hold_what_was_expected_and_what_came_true() -> None:
    found = reliability([0.1, 0.15, 0.95, 1.0], [False, True, True, True])
    assert found == [
        Reliability(0.1, 0.2, 2, pytest.approx(0.125), 0.5),
        Reliability(0.9, 1.0, 2, pytest.approx(0.975), 1.0),
    ]


def test_the_lowest_threshold_that_keeps_the_target() -> None:
    p, right = [0.9, 0.8, 0.7, 0.6, 0.6], [True, False, True, False, True]
    assert threshold(p, right, 0.9) == Threshold(0.9, 0.2, 1.0)
    assert threshold(p, right, 0.6) == Threshold(0.6, 1.0, 0.6)
    # Equals are shown together or not at all.
    assert threshold(p, right, 0.65) == Threshold(0.7, 0.6, pytest.approx(2 / 3))
    assert threshold([0.9], [False], 0.5) is None


def test_constants_are_fitted_on_other_files_than_they_are_judged_on() -> None:
    items = [
        Winner(f"{number}.py", -number % 10 / 5, 0, 0.5, number % 10 < 5) for number in range(400)
    ]
    found = calibrate(items)
    assert len(found[0].right) == sum(not item.fits for item in items)
    assert found[2].fitness.log_loss < found[0].fitness.log_loss
    assert found[2].weights[1] > 0
    with pytest.raises(ValueError, match="too few"):
        calibrate(items[:1])


def test_profiles_show_what_is_sure_enough() -> None:
    sure = outcome(editor=replace(shown("a", -0.1, exact=True), confidence=0.9))
    unsure = outcome(editor=replace(shown("b", -0.1), confidence=0.01))
    rows = {row[0]: row[2:] for row in profiles_table([sure, unsure, outcome()]).rows}
    assert rows["confident"] == ("50.00", "100.00", "100.00")
    assert rows["eager"] == ("100.00", "50.00", "100.00")
