"""Rank by summed log-probability: how likely the model is to write just this text."""

from __future__ import annotations

from codex_lsp.ranking.base import Ranker
from codex_lsp.types import Candidate, Context


class SummedLogprob(Ranker):
    """The sum over the tokens that are kept: each further token costs, so short text wins."""

    def score(self, candidate: Candidate, context: Context) -> float:
        """Return the candidate's log-probability, in nats; minus infinity without tokens."""
        return candidate.total_logprob if candidate.tokens else float("-inf")

    def bound(self, candidate: Candidate, more: int) -> float:
        """Return the sum that it has if all further tokens are certain."""
        return candidate.total_logprob
