"""Why a request was answered as it was: its decision, times, work, and what became of candidates.

A trace holds text of candidates, so it stays in memory: it is neither written to disk nor logged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from codex_lsp.types import (
    Candidate,
    Considered,
    Outcome,
    Rejection,
    Shape,
    Source,
    Timing,
    Trigger,
    Work,
)

if TYPE_CHECKING:  # the server reads traces, and knows nothing of what filters stand on
    from codex_lsp.postprocess import Draft

SHOWN = "shown"
"""The outcome of a request that was answered with a completion."""
MAX_CANDIDATES = 32
MAX_TEXT_CHARS = 2000
"""A trace crosses the boundary between processes and is kept for a while, so it is bounded."""


def passed(
    draft: Draft,
    rank: int,
    confidence: float,
    agreement: int,
    source: Source,
    findings: tuple[str, ...] = (),
) -> Considered:
    """Return what became of a candidate that may be shown."""
    return Considered(
        text=draft.text[:MAX_TEXT_CHARS],
        mean_logprob=draft.candidate.scored_mean_logprob,
        tokens=len(draft.candidate.tokens),
        source=source,
        rank=rank,
        confidence=confidence,
        agreement=agreement,
        trimmed_by=draft.trimmed_by,
        findings=findings,
    )


def turned_down(
    candidate: Candidate, rejection: Rejection, source: Source = Source.SAMPLED
) -> Considered:
    """Return what became of a candidate that a filter rejected."""
    return Considered(
        text=candidate.text[:MAX_TEXT_CHARS],
        mean_logprob=candidate.scored_mean_logprob if candidate.tokens else None,
        tokens=len(candidate.tokens),
        source=source,
        rejection=rejection,
    )


def bounded(considered: Iterable[Considered]) -> tuple[Considered, ...]:
    """Return the first :data:`MAX_CANDIDATES`; of equal rejected ones, one with their number."""
    result: list[Considered] = []
    places: dict[tuple[str, Rejection], int] = {}
    for item in considered:
        if item.rejection is not None:
            key = (item.text, item.rejection)
            if key in places:
                place = places[key]
                same = result[place]
                result[place] = replace(same, agreement=same.agreement + item.agreement)
                continue
            places[key] = len(result)
        result.append(item)
    return tuple(result[:MAX_CANDIDATES])


@dataclass(frozen=True, slots=True)
class Trace:
    """One request and its end.

    :ivar id: counts the requests, from 1
    :ivar at: when it came, as ISO 8601 in UTC
    :ivar line: the cursor's, from 0
    :ivar character: the cursor's, from 0, in the client's units
    :ivar shape: how much was to be completed; None where that was not even decided
    :ivar rejection: why nothing was shown; None when something was
    :ivar sentence: the decision in one sentence for the user
    :ivar timing: of the model's work; ``total`` is all of the request
    :ivar first_ms: how long the model took until there was something to show
    :ivar cached: it was answered without work of its own
    """

    id: int
    at: str
    uri: str
    version: int
    line: int
    character: int
    language: str
    trigger: Trigger
    shape: Shape | None = None
    rejection: Rejection | None = None
    sentence: str = ""
    timing: Timing = Timing()
    first_ms: float = 0.0
    work: Work = Work()
    cached: bool = False
    candidates: tuple[Considered, ...] = ()

    def with_outcome(self, outcome: Outcome) -> Trace:
        """Return the trace with what the model's work brought."""
        timing = replace(outcome.timing, total=self.timing.total)
        return replace(
            self,
            timing=timing,
            first_ms=outcome.first_ms,
            work=outcome.work,
            candidates=outcome.considered or self.candidates,
        )


def as_object(trace: Trace) -> dict[str, Any]:
    """Return the trace as ``codexLsp/explain`` tells it."""
    timing, work = trace.timing, trace.work
    return {
        "id": trace.id,
        "at": trace.at,
        "uri": trace.uri,
        "version": trace.version,
        "position": {"line": trace.line, "character": trace.character},
        "language": trace.language,
        "trigger": trace.trigger.value,
        "decision": "none" if trace.shape is None else trace.shape.value,
        "outcome": SHOWN if trace.rejection is None else trace.rejection.reason.value,
        "sentence": trace.sentence,
        "ms": {
            "total": round(timing.total, 1),
            "first": round(trace.first_ms, 1),
            "prefill": round(timing.prefill, 1),
            "decode": round(timing.decode, 1),
        },
        "work": {
            "read": work.read,
            "kept": work.kept,
            "decoded": work.decoded,
            "scored": work.scored,
        },
        "cached": trace.cached,
        "candidates": [candidate_object(item) for item in trace.candidates],
    }


def candidate_object(item: Considered) -> dict[str, Any]:
    """Return one candidate of a trace as JSON values."""
    rejection = item.rejection
    return {
        "text": item.text,
        "rank": item.rank,
        "meanLogprob": item.mean_logprob,
        "confidence": item.confidence,
        "tokens": item.tokens,
        "agreement": item.agreement,
        "source": item.source.value,
        "trimmedBy": list(item.trimmed_by),
        "findings": list(item.findings),
        "rejected": None if rejection is None else rejection.reason.value,
        "rejectedBy": "" if rejection is None else rejection.by,
        "detail": "" if rejection is None else rejection.detail,
    }
