"""What a recording says, as pure functions of its events.

**On screen within x ms.** A key counts when, at most x ms after it and before the next key, a
suggestion for the text as it then is stands on screen: at once, because what was typed is what the
suggestion on screen said (``kept``), or as soon as the answer to the key's own request is there. An
answer that comes after the next key is of no use to anybody and never counts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from codex_lsp.bench.events import Answer, Counters, Key, Recording

LIMITS_MS = (50, 100, 200, 400)


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One key, and what the user had of it before the next.

    :ivar until_ms: how long it was until the next key; infinite for the last
    :ivar shown_ms: how long until a suggestion was on screen; None when there was none in time
    :ivar answer_ms: how long until the answer was there; None when it was not in time
    :ivar origin: where the answer in time came from; empty when it was empty
    """

    key: Key
    until_ms: float
    shown_ms: float | None
    answer_ms: float | None
    origin: str


@dataclass(frozen=True, slots=True)
class Work:
    """What the service computed.

    :ivar prompt_tokens: the prompts' length, kept states included
    :ivar read_tokens: of those, the tokens that were read anew
    :ivar shown_tokens: tokens of the suggestions that were given to the client
    """

    prompt_tokens: int
    read_tokens: int
    decoded_tokens: int
    shown_tokens: int

    @property
    def thrown_away(self) -> int:
        """Decoded tokens that no client ever saw."""
        return self.decoded_tokens - self.shown_tokens


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one variant.

    :ivar chars: characters of the text, typed and accepted
    :ivar saved_keys: keys that accepting saved
    :ivar within: share of the keys with a suggestion on screen, by limit in ms
    :ivar shown_ms: the times to a suggestion of those keys that had one
    :ivar answer_ms: the times to an answer, empty ones included, of those that were in time
    :ivar late: requests whose answer was not there before the next key
    :ivar origins: answers in time that held a suggestion, by origin
    :ivar work: None when the service has no counters
    :ivar overhead_ms: the server's time beyond the engine's for each request, where known
    """

    variant: str
    keys: int
    chars: int
    accepted: int
    accepted_chars: int
    saved_keys: int
    within: Mapping[int, float]
    shown_ms: tuple[float, ...]
    answer_ms: tuple[float, ...]
    late: int
    origins: Mapping[str, int]
    work: Work | None = None
    overhead_ms: tuple[float, ...] = ()
    rejections: Mapping[str, int] = field(default_factory=dict)

    @property
    def saved_share(self) -> float:
        """The share of the keys that did not have to be pressed."""
        return _ratio(self.saved_keys, self.keys + self.saved_keys)

    def text_within(self, limit_ms: int) -> float:
        """Return the share of the text's keys that were served in time, whoever pressed them.

        A key that accepting saved had a suggestion on screen, too. Of the keys that were pressed
        alone, :attr:`within` takes away just those that a good suggestion served.
        """
        shown = self.within[limit_ms] * self.keys
        return _ratio(shown + self.saved_keys, self.keys + self.saved_keys)

    @property
    def reused_share(self) -> float:
        """The share of the answers with a suggestion that the model did not have to be run for."""
        known = sum(self.origins.values())
        return _ratio(known - self.origins.get("model", 0), known)

    def figures(self) -> dict[str, Any]:
        """Return all figures as plain values, for JSON."""
        return {
            "keys": self.keys,
            "chars": self.chars,
            "accepted": self.accepted,
            "acceptedChars": self.accepted_chars,
            "savedKeys": self.saved_keys,
            "savedShare": self.saved_share,
            "within": {str(limit): share for limit, share in self.within.items()},
            "textWithin": {str(limit): self.text_within(limit) for limit in self.within},
            "shownMs": spread(self.shown_ms),
            "answerMs": spread(self.answer_ms),
            "late": self.late,
            "origins": dict(self.origins),
            "reusedShare": self.reused_share,
            "work": None if self.work is None else _plain(self.work),
            "overheadMs": spread(self.overhead_ms),
            "rejections": dict(self.rejections),
        }


def keystrokes(recording: Recording) -> list[Keystroke]:
    """Join each key with what came of it before the next one."""
    keys = [event for event in recording.events if isinstance(event, Key)]
    answers = {event.key: event for event in recording.events if isinstance(event, Answer)}
    ends = [*(key.at_ms for key in keys[1:]), math.inf]
    # Without keys there is still that one end.
    return [
        _keystroke(key, end, answers.get(key.key)) for key, end in zip(keys, ends, strict=False)
    ]


def _keystroke(key: Key, end: float, answer: Answer | None) -> Keystroke:
    in_time = answer is not None and not answer.error and answer.at_ms <= end
    answer_ms = answer.at_ms - key.at_ms if answer is not None and in_time else None
    origin = answer.origin if answer is not None and in_time else ""
    shown = 0.0 if key.kept else answer_ms if origin else None
    return Keystroke(key, end - key.at_ms, shown, answer_ms, origin)


def summarize(variant: str, recordings: Sequence[Recording]) -> Summary:
    """Sum up the recordings of one variant."""
    strokes = [item for recording in recordings for item in keystrokes(recording)]
    accepted = [item.key for item in strokes if item.key.accepted]
    shown = [item.shown_ms for item in strokes if item.shown_ms is not None]
    answers = [item.answer_ms for item in strokes if item.answer_ms is not None]
    parts = [_counted(recording) for recording in recordings]
    return Summary(
        variant=variant,
        keys=len(strokes),
        chars=sum(item.key.chars for item in strokes),
        accepted=len(accepted),
        accepted_chars=sum(key.chars for key in accepted),
        saved_keys=sum(key.strokes - 1 for key in accepted),
        within={
            limit: _ratio(sum(ms <= limit for ms in shown), len(strokes)) for limit in LIMITS_MS
        },
        shown_ms=tuple(shown),
        answer_ms=tuple(answers),
        late=len(strokes) - len(answers),
        origins=Counter(item.origin for item in strokes if item.origin),
        work=_total([part.work for part in parts if part is not None]),
        overhead_ms=tuple(ms for part in parts if part is not None for ms in part.overhead_ms),
        rejections=sum((part.rejections for part in parts if part is not None), Counter()),
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    work: Work
    overhead_ms: tuple[float, ...]
    rejections: Counter[str]


def _counted(recording: Recording) -> _Counted | None:
    """Return what the counters grew by between the first and the last time they were read."""
    found = [event.counters for event in recording.events if isinstance(event, Counters)]
    if len(found) < 2:
        return None
    first, last = found[0], found[-1]

    def grown(name: str) -> int:
        return int(last["work"].get(name, 0)) - int(first["work"].get(name, 0))

    # Only answers that held a suggestion are among the recent ones.
    count = sum(last["answers"].values()) - sum(first["answers"].values())
    recent = last.get("recent", [])[-count:] if count > 0 else []
    return _Counted(
        Work(
            grown("promptTokens"),
            grown("readTokens"),
            grown("decodedTokens"),
            grown("shownTokens"),
        ),
        tuple(float(item["totalMs"]) - float(item["engineMs"]) for item in recent),
        Counter(last["rejections"]) - Counter(first["rejections"]),
    )


def _total(parts: Sequence[Work]) -> Work | None:
    if not parts:
        return None
    return Work(
        sum(part.prompt_tokens for part in parts),
        sum(part.read_tokens for part in parts),
        sum(part.decoded_tokens for part in parts),
        sum(part.shown_tokens for part in parts),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile, interpolated linearly between the closest ranks; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(values: Sequence[float]) -> float:
    """Return the median; NaN of nothing."""
    return percentile(values, 50)


def spread(values: Sequence[float]) -> dict[str, float | int | None]:
    """Return count, median and 95th percentile, for JSON."""
    if not values:
        return {"count": 0, "p50": None, "p95": None}
    return {"count": len(values), "p50": percentile(values, 50), "p95": percentile(values, 95)}


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _plain(work: Work) -> dict[str, int]:
    return {
        "promptTokens": work.prompt_tokens,
        "readTokens": work.read_tokens,
        "decodedTokens": work.decoded_tokens,
        "shownTokens": work.shown_tokens,
        "thrownAwayTokens": work.thrown_away,
    }
