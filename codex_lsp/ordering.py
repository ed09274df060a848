"""The order in which candidates are offered: rank, merge, put insecure ones last."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from codex_lsp.brackets import QUOTES, closed_length
from codex_lsp.confidence_weights import SampledWeights
from codex_lsp.options import TermWeights
from codex_lsp.postprocess import Draft
from codex_lsp.ranking import FALLBACK, Ranker, sampled_confidence
from codex_lsp.ranking.agreement import agreed_length, normalised
from codex_lsp.types import Context, FinishReason, Rejection, Source

CONSENSUS = "consensus"
"""What cut a draft that shows only what most samples say."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate that may be shown.

    :ivar row: the row that it was sampled in; None for a recalled line
    :ivar agreement: how many candidates came to this text
    :ivar findings: what it makes insecure
    """

    draft: Draft
    confidence: float
    row: int | None = None
    agreement: int = 1
    findings: tuple[str, ...] = ()

    @property
    def source(self) -> Source:
        """Where it came from."""
        return Source.RECALLED if self.row is None else Source.SAMPLED


def rank(
    drafts: Mapping[int, Draft | Rejection],
    ranker: Ranker,
    context: Context,
    terms: TermWeights,
    weights: SampledWeights = FALLBACK.sampled,
    errors: Callable[[str, int], int] = lambda text, replaces: 0,
) -> list[Ranked]:
    """Return the different drafts, best first; of equal ones the best, with their number.

    A line that was never ended is dropped where another was: half of it would be shown.

    :param drafts: by row
    :param weights: what makes the confidence
    :param errors: counts the syntax errors that a text brings, given how much it replaces
    """
    kept = {row: draft for row, draft in drafts.items() if isinstance(draft, Draft)}
    ended = {row: draft for row, draft in kept.items() if _is_ended(draft)}
    kept = ended or kept
    scores = ranker.scores([draft.candidate for draft in kept.values()], context)
    best: dict[str, tuple[float, Ranked]] = {}
    for (row, draft), score in zip(kept.items(), scores, strict=True):
        if terms.parse_errors:
            score -= terms.parse_errors * errors(draft.text, draft.replaces)
        item = Ranked(draft, sampled_confidence(draft.candidate, weights), row)
        same = normalised(draft.text)
        if same in best:
            old_score, old = best[same]
            agreement = old.agreement + 1
            if score <= old_score:
                score, item = old_score, old
            item = replace(item, agreement=agreement)
        best[same] = (score, item)
    order = [(score + bonus(item.agreement, terms), item) for score, item in best.values()]
    order.sort(key=lambda entry: (-entry[0], entry[1].row))
    return [item for _, item in order]


def bonus(samples: int, terms: TermWeights) -> float:
    """Return what it adds to a score that ``samples`` came to the same text."""
    return terms.agreement * math.log2(samples)


def merge(sampled: Sequence[Ranked], recalled: Sequence[Ranked]) -> list[Ranked]:
    """Put recalled lines before the first sample that is less likely to be right.

    The samples keep their order. A text that is both was found twice: the sample stays, which can
    be continued, with the higher confidence of the two.
    """
    result = list(sampled)
    for item in recalled:
        same = next((other for other in result if other.draft.text == item.draft.text), None)
        if same is not None:
            result.remove(same)
            confidence = max(same.confidence, item.confidence)
            item = replace(same, confidence=confidence, agreement=same.agreement + 1)
        place = next(
            (i for i, other in enumerate(result) if other.confidence < item.confidence),
            len(result),
        )
        result.insert(place, item)
    return result


def vet(ranked: Sequence[Ranked], check: Callable[[Draft], tuple[str, ...]]) -> list[Ranked]:
    """Mark what makes the code insecure, and put it behind what does not."""
    marked = [replace(item, findings=check(item.draft)) for item in ranked]
    return sorted(marked, key=lambda item: bool(item.findings))


def consensus(
    ranked: Sequence[Ranked], context: Context, weights: SampledWeights = FALLBACK.sampled
) -> list[Ranked]:
    """Put in front what most samples say, where they go apart behind it.

    Within a string there is no telling what belongs together, and all stays as it is.

    :param weights: what makes the confidence
    """
    sampled = [item for item in ranked if item.row is not None]
    best = ranked[0] if ranked else None
    in_string = any(context.line_before.count(quote) % 2 for quote in QUOTES)
    if best is None or best.row is None or in_string or len(sampled) < 2:
        return list(ranked)
    others = [(item.draft.text, item.agreement) for item in sampled if item is not best]
    keep = agreed_length(best.draft.text, others, best.agreement)
    if keep is None:
        return list(ranked)
    cut = best.draft.cut(keep)
    rest = context.line_after.rstrip()
    cut = replace(cut, replaces=min(best.draft.replaces, closed_length(cut.text, rest)))
    cut = replace(cut, trimmed_by=(*cut.trimmed_by, CONSENSUS))
    agreement = best.agreement + sum(number for text, number in others if text.startswith(cut.text))
    # The line is to go on behind it: how likely it is to end there is not the question.
    cut = replace(cut, candidate=replace(cut.candidate, end_logprob=None))
    return [
        Ranked(cut, sampled_confidence(cut.candidate, weights), best.row, agreement),
        *ranked,
    ]


def _is_ended(draft: Draft) -> bool:
    # A half line whose last word was cut is still half.
    cut_off = draft.candidate.finish_reason is FinishReason.LENGTH
    return not cut_off and "unfinished" not in draft.trimmed_by
