"""Recalled lines as candidates: filtered like samples, scored beside the sampling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from codex_lsp.confidence_weights import RecalledWeights
from codex_lsp.engine.base import Engine, PendingScores
from codex_lsp.ordering import Ranked
from codex_lsp.postprocess import FILTERS, Draft, apply_filters
from codex_lsp.ranking import FALLBACK, recalled_confidence
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.trace import turned_down
from codex_lsp.types import Candidate, Considered, Context, FinishReason, Source, Token

SURE = 0.3
"""A line at least this likely answers the request by itself: such lines are right twice as often as
the best samples in the same places (`codex-lsp bench recall --compete`)."""
SCORED = 2
"""How many lines the model is asked about: each has its context read anew."""
CONTEXT_TOKENS = 64
"""How much the model reads in front of a line to score it; twice as much scores no better."""
_CONTEXT_CHARS = 8 * CONTEXT_TOKENS


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that passed the filters.

    :ivar sequence: what the model has to read to score it
    :ivar length: how many tokens at the end of ``sequence`` are the line's, before filters cut any
    """

    draft: Draft
    probability: float
    sequence: tuple[int, ...]
    length: int

    def ranked(self, weights: RecalledWeights, logprobs: Sequence[float] = ()) -> Ranked:
        """Return the line with its confidence; without log-probabilities, that of the index.

        :param weights: what makes the confidence
        :param logprobs: those of all tokens of ``sequence`` but the first
        """
        draft = self.draft
        # A token that crosses the cursor at the file's beginning has nothing in front of it, and so
        # no log-probability: then the line was not asked about.
        if len(logprobs) >= self.length:
            own = logprobs[len(logprobs) - self.length :]
            # Filters cut from the end; what they cut does not count.
            tokens = tuple(
                replace(token, logprob=logprob)
                for token, logprob in zip(draft.candidate.tokens, own, strict=False)
            )
            draft = replace(draft, candidate=replace(draft.candidate, tokens=tokens))
        mean = draft.candidate.mean_logprob
        return Ranked(draft, recalled_confidence(self.probability, mean, weights))


class RecalledLines:
    """The recalled lines of one request.

    :ivar scored_tokens: how many tokens the model was given to read
    :ivar turned_down: those that filters rejected
    """

    def __init__(
        self,
        context: Context,
        tokenizer: Tokenizer,
        bos: tuple[int, ...],
        weights: RecalledWeights = FALLBACK.recalled,
    ) -> None:
        """Filter the lines of ``context``; the model is not asked yet.

        :param bos: what the model reads in front of every text
        :param weights: what makes the confidence
        """
        self._weights = weights
        self._lines: list[_Line] = []
        self._pending: PendingScores | None = None
        self.scored_tokens = 0
        self.turned_down: list[Considered] = []
        for item in context.recalled:
            before, candidate = _spell(item.text, context.prefix, tokenizer)
            draft = apply_filters(candidate, context, FILTERS)
            if isinstance(draft, Draft):
                own = tuple(token.id for token in candidate.tokens)
                sequence = bos + before + own
                self._lines.append(_Line(draft, item.probability, sequence, len(own)))
            else:
                self.turned_down.append(turned_down(candidate, draft, Source.RECALLED))

    def sure(self) -> list[Ranked]:
        """Return all lines if the best is so likely that the model need not be asked."""
        if not self._lines or self._lines[0].probability < SURE:
            return []
        return _best_first([line.ranked(self._weights) for line in self._lines])

    def ask(self, engine: Engine) -> None:
        """Begin to have the most promising lines scored."""
        wanted = [line.sequence for line in self._lines[:SCORED]]
        if wanted:
            self._pending = engine.score(wanted)
            self.scored_tokens = sum(map(len, wanted))

    def ranked(self) -> list[Ranked]:
        """Return the lines, best first, with their scores if these are there by now."""
        scores = (self._pending.get() if self._pending else None) or ()
        return _best_first(
            [
                line.ranked(self._weights, scores[index] if index < len(scores) else ())
                for index, line in enumerate(self._lines)
            ]
        )


def _best_first(lines: Sequence[Ranked]) -> list[Ranked]:
    """Sort by confidence; of lines that filters made equal the best stays."""
    best: dict[str, Ranked] = {}
    for line in sorted(lines, key=lambda line: -line.confidence):
        best.setdefault(line.draft.text, line)
    return list(best.values())


def _spell(text: str, prefix: str, tokenizer: Tokenizer) -> tuple[tuple[int, ...], Candidate]:
    """Return the token ids to read in front of ``text``, and ``text`` in tokens.

    Both are tokenized together: in the middle of a word a token reaches across the cursor, and
    belongs to the text as far as it lies in it. The log-probabilities are not known yet.
    """
    before = prefix[-_CONTEXT_CHARS:]
    ids, ends = tokenizer.encode_with_ends(before + text)
    first = sum(1 for end in ends if end <= len(before))
    tokens = []
    position = len(before)
    for token_id, end in zip(ids[first:], ends[first:], strict=True):
        tokens.append(Token(token_id, (before + text)[position:end], math.nan))
        position = max(position, end)
    return ids[max(0, first - CONTEXT_TOKENS) : first], Candidate(tuple(tokens), FinishReason.STOP)
