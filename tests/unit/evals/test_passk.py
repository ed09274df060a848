"""The estimator against its definition: the mean over all subsets of k samples."""

from itertools import combinations
from statistics import mean

import pytest

from codex_lsp.evals.passk import Count, estimable, pass_at_k, per_problem


def brute_force(samples: int, passed: int, k: int) -> float:
    """The share of all k-subsets that hold a sample that passed."""
    outcomes = [index < passed for index in range(samples)]
    return mean(any(subset) for subset in combinations(outcomes, k))


@pytest.mark.parametrize("samples", range(1, 9))
def test_it_is_the_mean_over_all_subsets(samples: int) -> None:
    for passed in range(samples + 1):
        for k in range(1, samples + 1):
            estimate = pass_at_k(samples, passed, k)
            assert estimate == pytest.approx(brute_force(samples, passed, k), abs=1e-12)


def test_pass_at_1_is_the_share_that_passed() -> None:
    assert pass_at_k(200, 7, 1) == pytest.approx(0.035, abs=1e-15)


def test_when_none_passed_it_is_exactly_zero() -> None:
    assert pass_at_k(200, 0, 100) == 0.0


def test_when_fewer_than_k_failed_it_is_exactly_one() -> None:
    assert pass_at_k(200, 101, 100) == 1.0


def test_large_numbers_do_not_overflow() -> None:
    # 1 - C(99999, 1000) / C(100000, 1000) is 1000 / 100000.
    assert pass_at_k(100_000, 1, 1000) == pytest.approx(0.01, abs=1e-12)


@pytest.mark.parametrize(
    ("samples", "passed", "k"), [(10, 11, 1), (10, -1, 1), (10, 3, 11), (10, 3, 0), (0, 0, 1)]
)
def test_what_cannot_be_estimated_is_refused(samples: int, passed: int, k: int) -> None:
    with pytest.raises(ValueError, match=r"cannot"):
        pass_at_k(samples, passed, k)


def test_each_problem_has_its_own_number_of_samples() -> None:
    assert per_problem([Count(2, 1), Count(4, 4), Count(3, 0)], 1) == [0.5, 1.0, 0.0]


def test_only_ks_that_every_problem_has_samples_for_can_be_estimated() -> None:
    counts = [Count(20, 1), Count(10, 0)]
    assert estimable(counts, (100, 10, 1, 11, 1)) == [1, 10]
    assert estimable([], (1,)) == []
