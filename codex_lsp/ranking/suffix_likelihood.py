"""Rank by how well the text right of the cursor follows a candidate.

A model that is prompted with the prefix alone never sees the text right of the cursor. It can be
asked, though, how likely that text is behind each candidate: by Bayes' rule, the candidate's own
log-probability plus the suffix's behind it orders candidates by their probability between the two.
A fill-in-the-middle model has read the suffix, so there this is work for nothing. With the small
model that it was measured with (`codex-lsp eval quality --ranker suffix-likelihood`) it costs exact
lines.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from codex_lsp.engine.base import Engine, PendingScores
from codex_lsp.ranking.base import Ranker
from codex_lsp.types import Candidate, Context

PREFIX_TOKENS = 12
"""How much the model reads in front of a candidate: it does so for each, so windows are short."""
SUFFIX_TOKENS = 8
"""How much of the text right of the cursor counts: it says most where it begins."""
WAIT_MS = 250.0
"""How long a request waits for the scores before it does without them."""
MAX_MISSES = 3
"""An engine that so often in a row gave no scores in time has none to give while it samples: on a
GPU, or with a seed, it has a single worker. It is not asked again."""
_CHARS_PER_TOKEN = 8
_POLL_S = 0.0005


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the model reads for one candidate: ``ids``, of which the last ``length`` count."""

    ids: tuple[int, ...]
    length: int


class SuffixLikelihood(Ranker):
    """A candidate's mean log-probability plus that of the suffix behind it, in nats a token.

    Means are added, not sums: eight tokens of suffix would outweigh a short candidate altogether.
    Where there is no suffix, or the engine gives no scores in time, the candidate's mean decides.
    Not told is what a candidate replaces: a bracket that it brings itself is read twice.
    """

    def __init__(self, engine: Engine, wait_ms: float = WAIT_MS) -> None:
        self._engine = engine
        self._wait_s = wait_ms / 1000
        self._misses = 0

    def score(self, candidate: Candidate, context: Context) -> float:
        """Return the score of one candidate."""
        return self.scores([candidate], context)[0]

    def bound(self, candidate: Candidate, more: int) -> float:
        """Return infinity: what follows a candidate is not known before it is whole."""
        return float("inf")

    def scores(self, candidates: Sequence[Candidate], context: Context) -> list[float]:
        """Return the scores of all candidates; each text is read once, all in one batch."""
        means = [candidate.mean_logprob for candidate in candidates]
        texts = list(dict.fromkeys(candidate.text for candidate in candidates))
        if len(texts) < 2 or not context.suffix.strip() or self._misses >= MAX_MISSES:
            return means
        readings = [self._reading(text, context) for text in texts]
        if not all(reading.length for reading in readings):
            return means
        found = self._wait_for(self._engine.score([reading.ids for reading in readings]))
        self._misses = self._misses + 1 if found is None else 0
        if found is None:
            return means
        follows = {
            text: math.fsum(logprobs[-reading.length :]) / reading.length
            for text, reading, logprobs in zip(texts, readings, found, strict=True)
        }
        return [
            mean + follows[candidate.text]
            for mean, candidate in zip(means, candidates, strict=True)
        ]

    def _reading(self, text: str, context: Context) -> _Reading:
        """Spell prefix, candidate and suffix together: tokens reach across where they meet."""
        before = context.prefix[-PREFIX_TOKENS * _CHARS_PER_TOKEN :] + text
        after = context.suffix[: SUFFIX_TOKENS * _CHARS_PER_TOKEN]
        ids, ends = self._engine.tokenizer.encode_with_ends(before + after)
        split = sum(1 for end in ends if end <= len(before))
        # The first token has no log-probability: nothing stands in front of it.
        split = max(split, 1)
        begin = sum(1 for end in ends if end <= len(before) - len(text))
        ids = ids[: split + SUFFIX_TOKENS]
        return _Reading(ids[max(0, begin - PREFIX_TOKENS) :], len(ids) - split)

    def _wait_for(self, pending: PendingScores) -> Sequence[Sequence[float]] | None:
        deadline = time.monotonic() + self._wait_s
        while (found := pending.get()) is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return found
