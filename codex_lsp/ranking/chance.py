"""Rank by chance: what the others are measured against."""

from __future__ import annotations

import random

from codex_lsp.ranking.base import Ranker
from codex_lsp.types import Candidate, Context


class Chance(Ranker):
    """Any sample is as likely to be shown as another; a text that came twice, twice as likely.

    :param seed: the same requests in the same order get the same answers
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def score(self, candidate: Candidate, context: Context) -> float:
        """Return a number from 0 to 1, another one each time."""
        return self._random.random()

    def bound(self, candidate: Candidate, more: int) -> float:
        """Return infinity: no sample is ever out of the running."""
        return float("inf")
