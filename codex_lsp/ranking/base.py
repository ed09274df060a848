"""The seam that rankers plug into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from codex_lsp.types import Candidate, Context


class Ranker(Protocol):
    """Gives candidates a score; the highest is shown.

    Only what is kept of a sample is scored: filters have dropped those that go round in circles
    and cut what stop rules leave out.
    """

    def score(self, candidate: Candidate, context: Context) -> float:
        """Return how good ``candidate`` is; only the order of the scores counts."""
        ...

    def bound(self, candidate: Candidate, more: int) -> float:
        """Return the highest score that an unfinished candidate can reach.

        :param more: how many tokens it may still get; infinity where nothing can be said
        """
        ...

    def scores(self, candidates: Sequence[Candidate], context: Context) -> list[float]:
        """Return the scores of all candidates that compete with each other."""
        return [self.score(candidate, context) for candidate in candidates]
