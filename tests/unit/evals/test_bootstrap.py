import pytest

from codex_lsp.evals.bootstrap import Interval, mean_interval


def test_values_that_do_not_vary_have_an_interval_without_width() -> None:
    assert mean_interval([0.25] * 8) == Interval(0.25, 0.25, 0.25)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = [number / 7 for number in range(20)]
    assert mean_interval(values, seed=3) == mean_interval(values, seed=3)
    assert mean_interval(values, seed=3) != mean_interval(values, seed=4)


def test_the_interval_of_a_coin_is_the_binomial_one() -> None:
    interval = mean_interval([0.0, 1.0] * 50, resamples=4000)
    # Half, give or take 1.96 standard errors of 0.05.
    assert interval.mean == 0.5
    assert interval.low == pytest.approx(0.402, abs=0.011)
    assert interval.high == pytest.approx(0.598, abs=0.011)


def test_a_higher_level_is_a_wider_interval() -> None:
    values = [0.0, 1.0] * 20
    narrow, wide = mean_interval(values, level=0.5), mean_interval(values, level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="nothing"):
        mean_interval([])


def test_a_level_has_to_be_a_share() -> None:
    with pytest.raises(ValueError, match="95"):
        mean_interval([1.0], level=95.0)
