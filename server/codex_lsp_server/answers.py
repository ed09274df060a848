"""What the client is told: items, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lsprotocol import types

from codex_lsp.types import Alternative, Outcome, Rejection, RejectionReason, Shape, Source
from codex_lsp_server.performance import Origin


@dataclass(frozen=True, slots=True)
class Answer:
    """Items in rank order, or the reason why there are none.

    :ivar origin: how the first item came about
    :ivar alternatives: what the items were made of
    :ivar shape: how much was to be completed; None where that was not decided
    :ivar took_ms: how long it took, once it is told
    """

    items: Sequence[types.InlineCompletionItem] = ()
    rejection: Rejection | None = None
    origin: Origin | None = None
    alternatives: Sequence[Alternative] = ()
    shape: Shape | None = None
    took_ms: float = field(default=0.0, compare=False)


def reason_of(outcome: Outcome | None) -> Answer | None:
    """Answer with the reason why a job brought nothing; None if it was only called off."""
    result = None if outcome is None else outcome.result
    if not isinstance(result, Rejection) or result.reason is RejectionReason.SUPERSEDED:
        return None
    return Answer(rejection=result)


def origin_of(item: Alternative, origin: Origin) -> Origin:
    """Return how one item came about, where the answer did by ``origin``."""
    recalled = origin is Origin.MODEL and item.source is Source.RECALLED
    return Origin.RECALLED if recalled else origin
