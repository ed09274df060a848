"""Scores, and the one scale on which sampled and recalled lines compare."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from codex_lsp.confidence_weights import RecalledWeights, SampledWeights
from codex_lsp.options import RankerName
from codex_lsp.ranking import (
    MeanLogprob,
    SummedLogprob,
    name_for,
    recalled_confidence,
    sampled_confidence,
)
from codex_lsp.rows import truncate
from codex_lsp.types import Candidate, Context, FinishReason, Shape, Token

CONTEXT = Context("x", "", "python", Shape.LINE)


def candidate(*logprobs: float) -> Candidate:
    return Candidate(tuple(Token(1, "a", value) for value in logprobs), FinishReason.STOP)


def test_the_bound_is_the_mean_with_certain_tokens_to_come() -> None:
    ranker = MeanLogprob()
    assert ranker.score(candidate(-1.0, -3.0), CONTEXT) == -2.0
    assert ranker.bound(candidate(-1.0, -3.0), 2) == -1.0
    assert ranker.bound(candidate(-1.0, -3.0), 0) == -2.0
    assert ranker.bound(candidate(), 0) == 0.0


def ended(*logprobs: float, end: float | None = None) -> Candidate:
    return replace(candidate(*logprobs), end_logprob=end)


def test_the_end_counts_as_a_token() -> None:
    assert MeanLogprob().score(ended(-1.0, -3.0, end=-5.0), CONTEXT) == -3.0
    assert SummedLogprob().score(ended(-1.0, -3.0, end=-5.0), CONTEXT) == -9.0
    assert ended(-1.0, -3.0, end=-5.0).mean_logprob == -2.0
    assert ended(-1.0, -3.0).ended_mean_logprob == -2.0
    assert ended(end=-1.0).ended_mean_logprob == -math.inf


def test_what_is_cut_off_first_is_the_end() -> None:
    whole = Candidate(
        (Token(1, "ab", -1.0), Token(2, "cd", -2.0), Token(3, "\n", -3.0)), FinishReason.LENGTH
    )
    assert [truncate(whole, keep).end_logprob for keep in (5, 4, 2, 0)] == [None, -3.0, -2.0, -1.0]
    # Cut within a token, the end is part of what that token says.
    assert truncate(whole, 3).end_logprob is None
    assert truncate(truncate(whole, 4), 2).end_logprob == -2.0
    assert truncate(truncate(whole, 4), 4).end_logprob == -3.0


SAMPLED = SampledWeights(constant=1.0, mean_logprob=2.0, ended_logprob=0.5)
RECALLED = RecalledWeights(constant=1.13, prior_logit=0.49, mean_logprob=0.69)


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_confidence_is_made_of_the_mean_and_of_the_whole() -> None:
    assert sampled_confidence(ended(0.0), SAMPLED) == pytest.approx(sigmoid(1.0))
    one, more = ended(-1.0, end=-1.0), ended(-1.0, -1.0, end=-1.0)
    assert sampled_confidence(one, SAMPLED) == pytest.approx(sigmoid(1 - 2 - 1))
    assert sampled_confidence(more, SAMPLED) == pytest.approx(sigmoid(1 - 2 - 1.5))
    assert sampled_confidence(ended(-1000.0), SAMPLED) == 0.0
    assert sampled_confidence(ended(), SAMPLED) == 0.0


def test_a_recalled_line_without_a_score_has_the_confidence_of_the_index() -> None:
    assert recalled_confidence(0.25, math.nan, RECALLED) == 0.25
    assert recalled_confidence(0.5, 0.0, RECALLED) == pytest.approx(sigmoid(1.13))
    unlikely, likely = (recalled_confidence(prior, -1.0, RECALLED) for prior in (0.5, 0.9))
    assert unlikely < likely
    never, always = (recalled_confidence(prior, 0.0, RECALLED) for prior in (0.0, 1.0))
    assert 0.0 < never < always < 1.0


@pytest.mark.parametrize(
    ("name", "shape", "reads_suffix", "resolved"),
    [
        ("auto", Shape.LINE, False, "summed-logprob"),
        ("auto", Shape.BLOCK, False, "mean-logprob"),
        ("mean-logprob", Shape.LINE, False, "mean-logprob"),
        ("suffix-likelihood", Shape.LINE, False, "suffix-likelihood"),
        ("suffix-likelihood", Shape.LINE, True, "summed-logprob"),
        ("suffix-likelihood", Shape.BLOCK, True, "mean-logprob"),
    ],
)
def test_what_orders_a_shape(
    name: RankerName, shape: Shape, reads_suffix: bool, resolved: RankerName
) -> None:
    assert name_for(name, shape, reads_suffix) == resolved
