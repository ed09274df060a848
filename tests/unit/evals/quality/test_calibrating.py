from __future__ import annotations

import math
from dataclasses import replace

import pytest

from codex_lsp.evals.quality.calibrating import (
    IN_USE,
    Reliability,
    Threshold,
    Winner,
    calibrate,
    fit_sampled,
    fitness,
    in_use,
    reliability,
    threshold_for_kept,
    threshold_for_right,
    thresholds,
    winners,
)
from codex_lsp.evals.quality.tables import calibration_tables, profiles_table
from tests.unit.evals.quality.places import NOTHING, outcome, shown


def test_what_the_editor_shows_stands_for_its_hole() -> None:
    editor = replace(shown("a", -0.25, exact=True), end_logprob=-0.5, agreement=2, samples=4)
    found = winners([outcome(editor=editor), outcome(editor=NOTHING)])
    features = (1.0, -0.25, -1.5, math.log(4), 0.5)
    assert found == [Winner("own/a.py", features, 0.5, True)]


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


def test_thresholds_for_what_is_wanted() -> None:
    found = thresholds([0.9, 0.8, 0.7, 0.6, 0.6], [True, False, True, False, True])
    # Equals are shown together or not at all.
    assert [(item.least, item.shown) for item in found] == [
        (0.9, 0.2),
        (0.8, 0.4),
        (0.7, 0.6),
        (0.6, 1.0),
    ]
    assert threshold_for_right(found, 0.9) == Threshold(0.9, 0.2, 1.0, pytest.approx(1 / 3))
    assert threshold_for_right(found, 0.6) == Threshold(0.6, 1.0, 0.6, 1.0)
    assert threshold_for_right(thresholds([0.9], [False]), 0.5) is None
    assert threshold_for_kept(found, 0.6) == found[2]
    assert threshold_for_kept(found, 1.0) == found[3]


def winner(number: int, mean: float, right: bool) -> Winner:
    return Winner(f"{number}.py", (1.0, mean, 4 * mean, 0.0, 0.5), 0.5, right)


def test_each_half_of_the_files_is_judged_by_the_other() -> None:
    items = [winner(number, -number % 10 / 5, number % 10 < 5) for number in range(400)]
    found = calibrate(items)
    assert {len(item.right) for item in found} == {400}
    assert found[-1].name == IN_USE.name
    assert found[-1].fitness.log_loss < found[0].fitness.log_loss
    with pytest.raises(ValueError, match="too few"):
        calibrate(items[:1])
    # What a half is judged by does not depend on what is right in it.
    turned = [replace(item, right=item.right != bool(item.half)) for item in items]
    second = sum(item.half for item in items)
    assert calibrate(turned)[-1].predicted[:second] == found[-1].predicted[:second]
    assert calibrate(turned)[-1].predicted[second:] != found[-1].predicted[second:]


def test_the_weights_are_fitted_to_all() -> None:
    items = [winner(number, -number % 10 / 5, number % 10 < 5) for number in range(400)]
    found = fit_sampled(items)
    assert min(found.mean_logprob, found.ended_logprob) > 0
    with pytest.raises(ValueError, match="negative"):
        fit_sampled([replace(item, right=not item.right) for item in items])


def test_what_was_said_is_judged_as_it_was_said() -> None:
    found = in_use([winner(1, -1.0, True), winner(2, -1.0, False)], "before")
    assert (found.name, found.predicted, found.right) == ("before", (0.5, 0.5), (True, False))
    with pytest.raises(ValueError, match="nothing to judge"):
        in_use([], "before")


def test_the_version_before_is_judged_beside_the_last() -> None:
    holes = [
        outcome(editor=shown("a", -number % 10 / 5, exact=number % 10 < 5), name=f"{number}.py:1")
        for number in range(100)
    ]
    surer = [replace(item, editor=replace(item.editor, confidence=0.75)) for item in holes]
    table = calibration_tables({"before": holes, "now": surer, "other": holes})[0]
    assert [row[0] for row in table.rows][:3] == [
        "the same probability for all",
        "in use, before",
        "in use, now",
    ]
    assert table.rows[1][1:] == ("0.2500", "0.6931", "100")
    assert table.rows[2][1] == "0.3125"
    assert calibration_tables({"now": [outcome()]}) == []


def test_profiles_show_what_is_sure_enough() -> None:
    sure = outcome(editor=replace(shown("a", -0.1, exact=True), confidence=0.9))
    unsure = outcome(editor=replace(shown("b", -0.1), confidence=0.01))
    rows = {row[0]: row[2:] for row in profiles_table([sure, unsure, outcome()]).rows}
    assert rows["confident"] == ("50.00", "100.00", "100.00")
    assert rows["eager"] == ("100.00", "50.00", "100.00")
