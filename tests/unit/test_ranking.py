"""Scores, and the one scale on which sampled and recalled lines compare."""

from __future__ import annotations

import math

import pytest

from codex_lsp.ranking import MeanLogprob, recalled_confidence, sampled_confidence
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


def test_confidence_rises_with_the_score_and_with_what_was_typed() -> None:
    assert sampled_confidence(0.0, 0) == pytest.approx(1 / (1 + math.exp(1.5)))
    assert sampled_confidence(-1.0, 5) < sampled_confidence(-0.5, 5) < sampled_confidence(-0.5, 9)
    assert sampled_confidence(-1000.0, 0) == 0.0


def test_a_recalled_line_without_a_score_has_the_confidence_of_the_index() -> None:
    assert recalled_confidence(0.25, math.nan) == 0.25
    assert recalled_confidence(0.5, 0.0) == pytest.approx(1 / (1 + math.exp(-1.13)))
    assert recalled_confidence(0.5, -1.0) < recalled_confidence(0.9, -1.0)
    assert 0.0 < recalled_confidence(0.0, 0.0) < recalled_confidence(1.0, 0.0) < 1.0
