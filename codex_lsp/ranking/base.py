"""The seam that rankers plug into."""

from __future__ import annotations

from typing import Protocol

from codex_lsp.types import Candidate, Context


class Ranker(Protocol):
    """Gives candidates a score; the highest is shown."""

    def score(self, candidate: Candidate, context: Context) -> float:
        """Return how good ``candidate`` is; only the order of the scores counts."""
        ...
