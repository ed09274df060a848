"""Rank by mean log-probability (Chen et al. 2021, section 3.1 and figure 7)."""

from __future__ import annotations

from codex_lsp.ranking.base import Ranker
from codex_lsp.types import Candidate, Context


class MeanLogprob(Ranker):
    """The mean over the tokens that are kept, and the one that says that the text ends there.

    A long candidate is not punished for its length.
    """

    def score(self, candidate: Candidate, context: Context) -> float:
        """Return the candidate's mean log-probability, in nats a token."""
        return candidate.ended_mean_logprob

    def bound(self, candidate: Candidate, more: int) -> float:
        """Return the mean that it has if all further tokens are certain."""
        length = len(candidate.tokens) + more
        return candidate.total_logprob / length if length else 0.0
