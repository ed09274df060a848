"""Counters of what was answered, how, and at what cost: ``codexLsp/performance``.

Numbers only; neither text nor names of files are kept.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import Enum
from typing import Any

from codex_lsp.process.messages import EngineFacts, KeptStates
from codex_lsp.types import RejectionReason, Work

PERFORMANCE_METHOD = "codexLsp/performance"
RECENT = 1000


class Origin(Enum):
    """How an answer came about. Values are part of the protocol."""

    MODEL = "model"
    """The model was asked for it."""
    RECALLED = "recalled"
    """A line that stands elsewhere; the model was asked what it thinks of it."""
    KEPT = "kept"
    """From a request that went on while the user typed, less what was typed."""
    CACHE = "cache"
    """The rest of a completion that the user is typing."""
    SIBLING = "sibling"
    """Another candidate of a completion whose first one the user has left."""
    PREFETCH = "prefetch"
    """Made ahead, for the case that an item would be accepted."""


@dataclass(slots=True)
class Recent:
    """One answer's times in milliseconds.

    :ivar engine: how much of it was spent waiting for the engine
    """

    origin: Origin
    total: float
    engine: float = 0.0


class Performance:
    """Counts. For the event loop's thread only."""

    def __init__(self) -> None:
        self._answers: Counter[Origin] = Counter()
        self._rejections: Counter[RejectionReason] = Counter()
        self._work = Work()
        self._shown_tokens = 0
        self._shown: dict[str, int] = {}
        self._recent: deque[Recent] = deque(maxlen=RECENT)

    def answered(self, recent: Recent) -> None:
        """Count a request that was answered with items."""
        self._answers[recent.origin] += 1
        self._recent.append(recent)

    def rejected(self, reason: RejectionReason) -> None:
        """Count a request that was answered with none, or called off."""
        self._rejections[reason] += 1

    def worked(self, work: Work) -> None:
        """Count what the model did."""
        self._work += work

    def shown(self, completion: str, tokens: int) -> None:
        """Count the tokens of a completion on screen; one that grows counts once, at its longest.

        :param completion: its id
        """
        before = self._shown.pop(completion, 0)
        self._shown[completion] = max(before, tokens)
        self._shown_tokens += max(0, tokens - before)
        if len(self._shown) > RECENT:
            del self._shown[next(iter(self._shown))]

    def report(
        self, cache_entries: int, states: KeptStates, engine: EngineFacts | None
    ) -> dict[str, Any]:
        """Return the answer to ``codexLsp/performance``.

        :param engine: of the engine that runs; None while there is none
        """
        return {
            "requests": self._answers.total() + self._rejections.total(),
            "answers": {origin.value: count for origin, count in self._answers.items()},
            "rejections": {reason.value: count for reason, count in self._rejections.items()},
            "work": {
                "promptTokens": self._work.read + self._work.kept,
                "readTokens": self._work.read,
                "decodedTokens": self._work.decoded,
                "scoredTokens": self._work.scored,
                "shownTokens": self._shown_tokens,
            },
            "cache": {
                "entries": cache_entries,
                "keptStateMb": round(states.memory_mb, 1),
                "dropped": states.dropped,
            },
            "engine": None if engine is None else _engine(engine),
            "recent": [
                {
                    "origin": item.origin.value,
                    "totalMs": round(item.total, 3),
                    "engineMs": round(item.engine, 3),
                }
                for item in self._recent
            ],
        }


def _engine(facts: EngineFacts) -> dict[str, Any]:
    return {
        "pid": facts.pid,
        "restarts": facts.restarts,
        "threads": facts.threads,
        "device": facts.device,
        "computeType": facts.compute_type,
    }
