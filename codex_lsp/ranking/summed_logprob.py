"""Rank by summed log-probability: how likely the model is to write just this, and no more."""

from __future__ import annotations

from codex_lsp.ranking.base import Ranker
from codex_lsp.types import Candidate, Context


class SummedLogprob(Ranker):
    """The sum over the tokens that are kept, and the one that says that the text ends there.

    Each further token costs, so short text wins where the model is sure that it ends.
    """

    def score(self, candidate: Candidate, context: Context) -> float:
        """Return the candidate's log-probability, in nats; minus infinity without tokens."""
        return candidate.ended_logprob if candidate.tokens else float("-inf")

    def bound(self, candidate: Candidate, more: int) -> float:
        """Return the sum that it has if all further tokens are certain."""
        return candidate.total_logprob
