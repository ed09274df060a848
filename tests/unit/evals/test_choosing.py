"""Choosing one of k, against the definition: the mean over all subsets of k samples."""

from __future__ import annotations

from itertools import combinations
from statistics import mean

import pytest

from codex_lsp.evals.choosing import (
    CHOOSERS,
    chance_of_best,
    choose_by_consensus,
    choose_randomly,
    choose_with_tests,
    is_finished,
    mean_logprob,
    repeats,
    total_logprob,
)
from tests.unit.evals.runs import checked


def brute_force(scored: list[tuple[float, bool]], k: int) -> float:
    """Among the best of a subset each is as likely to be picked."""

    def picked(subset: tuple[tuple[float, bool], ...]) -> float:
        best = max(score for score, _ in subset)
        return mean(passed for score, passed in subset if score == best)

    return mean(picked(subset) for subset in combinations(scored, k))


@pytest.mark.parametrize("pattern", range(64))
def test_it_is_the_mean_over_all_subsets(pattern: int) -> None:
    scored = [(-float(place), bool(pattern >> place & 1)) for place in range(6)]
    for k in range(1, 7):
        assert chance_of_best(scored, k) == pytest.approx(brute_force(scored, k), abs=1e-12)


def test_equal_scores_are_picked_alike() -> None:
    scored = [(0.0, True), (0.0, False)]
    assert [chance_of_best(scored, k) for k in (1, 2)] == [0.5, 0.5]


def test_among_all_samples_the_best_is_sure() -> None:
    scored = [(-float(place), place == 0) for place in range(200)]
    assert chance_of_best(scored, 200) == 1.0
    assert chance_of_best(scored, 1) == pytest.approx(1 / 200, abs=1e-15)


def test_with_fewer_than_k_all_are_drawn_and_with_none_nothing_is_shown() -> None:
    assert chance_of_best([(0.0, True)], 10) == 1.0
    assert chance_of_best([], 10) == 0.0
    assert [chooser([], 10) for chooser in CHOOSERS.values()] == [0.0] * 5


def test_the_sum_prefers_short_samples_and_the_mean_sure_ones() -> None:
    short, sure = checked(False, -1.0, tokens=2), checked(True, -0.5, tokens=10)
    assert mean_logprob(sure) > mean_logprob(short)
    assert total_logprob(short) > total_logprob(sure)
    assert CHOOSERS["mean log-probability"]([short, sure], 2) == 1.0
    assert CHOOSERS["summed log-probability"]([short, sure], 2) == 0.0


def test_a_sample_without_tokens_is_last() -> None:
    empty = checked(True, None, completion="")
    assert CHOOSERS["mean log-probability"]([empty, checked(False, -9.0)], 2) == 0.0
    assert CHOOSERS["summed log-probability"]([empty, checked(False, -9.0)], 2) == 0.0


def test_random_and_oracle_are_the_bounds() -> None:
    samples = [checked(True), checked(False), checked(False), checked(False)]
    assert choose_randomly(samples, 3) == 0.25
    assert choose_with_tests(samples, 3) == 0.75
    assert choose_with_tests(samples, 9) == 1.0


def test_consensus_takes_the_program_that_most_agree_on() -> None:
    right = [checked(True, -3.0, completion=f"    return 1{blanks}\n") for blanks in ("", "  ")]
    wrong = checked(False, -1.0, completion="    return 2\n")
    assert choose_by_consensus([wrong, *right], 3) == 1.0
    # Each for itself: the likeliest wins.
    assert choose_by_consensus([wrong, right[0]], 2) == 0.0


def test_consensus_takes_what_does_not_parse_by_its_text() -> None:
    right = [checked(True, -3.0, completion="    return ((\n")] * 2
    assert choose_by_consensus([checked(False, -1.0, completion="    )\n"), *right], 3) == 1.0


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", False),
        ("a\na\n", False),
        ("a\n\na\n\na\n", True),
        ("a\nb\na\nb\na\nb\n", True),
        ("a\nb\na\nb\na\n", False),
        ("x\n1\n2\n3\n4\n1\n2\n3\n4\n1\n2\n3\n4\ny\n", True),
        ("1\n2\n3\n4\n5\n" * 3, False),
    ],
)
def test_a_sample_repeats_itself_when_a_block_stands_three_times_in_a_row(
    text: str, verdict: bool
) -> None:
    assert repeats(text) is verdict


def test_what_was_cut_off_is_not_finished() -> None:
    assert [
        is_finished(checked(True, finish=finish))
        for finish in ("stop", "end_of_text", "length", "mismatch")
    ] == [True, True, False, False]
    assert not is_finished(checked(True, completion="    x = 1\n" * 3))
