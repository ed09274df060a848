from __future__ import annotations

import pytest

from codex_lsp.evals.figures import (
    Bin,
    by_problem,
    calibration,
    choices,
    finished_only,
    finishes,
    pass_curve,
    pass_rates,
    verdicts,
)
from tests.unit.evals.runs import checked

SAMPLES = [
    checked(True, -0.1, task_id="a"),
    checked(False, -0.2, task_id="a"),
    checked(False, -0.3, task_id="b", finish="length"),
    checked(False, -0.4, task_id="b", finish="length", result="timed out"),
]


def test_pass_rates_are_means_over_problems() -> None:
    groups = by_problem(SAMPLES)
    rates = pass_rates(groups)
    assert {k: rate.mean for k, rate in rates.items()} == {1: 0.25, 2: 0.5}
    assert (rates[2].low, rates[2].high) == (0.0, 1.0)
    assert pass_curve(groups) == [0.25, 0.5]
    assert pass_curve({}) == []


def test_the_gain_is_over_one_sample_at_random() -> None:
    found = {(item.chooser, item.k): item for item in choices(by_problem(SAMPLES), (1, 2))}
    best = found["mean log-probability", 2]
    assert (best.rate.mean, best.gain.mean) == (0.5, 0.25)
    assert found["oracle", 2].rate.mean == 0.5
    assert {item.gain.mean for item in found.values() if item.chooser == "random"} == {0.0}
    # With one sample there is nothing to choose; consensus is drawn, the others are exact.
    ones = {item.chooser: item.rate.mean for item in found.values() if item.k == 1}
    assert ones.pop("consensus") == pytest.approx(0.25, abs=0.05)
    assert set(ones.values()) == {0.25}


def test_a_problem_without_finished_samples_stays_in_the_count() -> None:
    groups = finished_only(by_problem(SAMPLES))
    assert {task_id: len(items) for task_id, items in groups.items()} == {"a": 2, "b": 0}
    best = next(item for item in choices(groups, (2,)) if item.chooser == "oracle")
    assert best.rate.mean == 0.5


def test_calibration_is_the_pass_rate_by_mean_log_probability() -> None:
    assert calibration(SAMPLES, bins=2) == [Bin(-0.4, -0.3, 2, 0), Bin(-0.2, -0.1, 2, 1)]
    assert calibration([checked(False, None)]) == []
    assert sum(item.samples for item in calibration(SAMPLES * 5)) == 20


def test_ends_and_verdicts_are_counted_by_kind() -> None:
    assert finishes(SAMPLES) == {"stop": 2, "length": 2}
    assert verdicts(SAMPLES) == {
        "failed: AssertionError": 2,
        "passed": 1,
        "timed out": 1,
    }
    ended = checked(False, result="failed: the program ended before its check did (it has gone)")
    assert verdicts([ended]) == {"failed: the program ended before its check did": 1}


def test_intervals_are_those_of_the_problems() -> None:
    many = [checked(number < 50, task_id=str(number)) for number in range(100)]
    rate = pass_rates(by_problem(many))[1]
    assert rate.mean == 0.5
    assert rate.low == pytest.approx(0.4, abs=0.011)
    assert rate.high == pytest.approx(0.6, abs=0.011)
