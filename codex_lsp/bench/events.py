"""What a replay records, and the JSON lines it is kept in.

The first line holds the facts of the run. Each recording begins with a ``segment`` line; its events
follow. Times are milliseconds since the segment's start.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codex_lsp.errors import UsageError


@dataclass(frozen=True, slots=True)
class Segment:
    """What was typed, and by what it was completed.

    :ivar variant: the name of the service or of its settings
    :ivar file: the text's name
    :ivar start: the offset of the first character typed
    :ivar chars: how many characters were typed or accepted
    :ivar pace: ``real`` or ``fast``
    """

    variant: str
    file: str
    start: int
    chars: int
    pace: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed, the text was changed, and a request was sent.

    :ivar key: counts up from 0 within the segment; the request has the same number
    :ivar chars: the characters it put in
    :ivar strokes: the keys these take when typed: more than one only where ``accepted``
    :ivar accepted: the key accepted a suggestion
    :ivar kept: a suggestion was on screen already, and what it said was typed
    """

    at_ms: float
    key: int
    chars: int
    strokes: int = 1
    accepted: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the request of ``key``.

    :ivar items: how many suggestions it holds
    :ivar chars: the length of the first
    :ivar origin: where the first came from: ``model``, ``cache``, …; empty without items
    :ivar error: empty, ``cancelled``, or what went wrong
    """

    at_ms: float
    key: int
    items: int = 0
    chars: int = 0
    origin: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Counters:
    """The service's own counters, as ``codexLsp/performance`` gives them."""

    at_ms: float
    counters: Mapping[str, Any]


Event = Key | Answer | Counters
_KINDS: Mapping[str, type[Event]] = {"key": Key, "answer": Answer, "counters": Counters}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Recording:
    """One segment and what happened while it was typed, in the order of time."""

    segment: Segment
    events: tuple[Event, ...]


def write(file: Path, facts: Mapping[str, Any], recordings: Iterable[Recording]) -> None:
    """Write a run."""
    lines = [json.dumps({"type": "run", **facts})]
    for recording in recordings:
        lines.append(json.dumps({"type": "segment", **dataclasses.asdict(recording.segment)}))
        for event in recording.events:
            lines.append(json.dumps({"type": _NAMES[type(event)], **dataclasses.asdict(event)}))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(file: Path) -> tuple[Mapping[str, Any], Sequence[Recording]]:
    """Read a run: its facts and its recordings.

    :raises UsageError: it cannot be read, or is no run
    """
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        facts, found = lines[0], list[tuple[Segment, list[Event]]]()
        if facts.pop("type") != "run":
            raise ValueError("the first line is no run")
        for line in lines[1:]:
            kind = line.pop("type")
            if kind == "segment":
                found.append((Segment(**line), []))
            else:
                found[-1][1].append(_KINDS[kind](**line))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UsageError(f"{file} is no recorded run of `codex-lsp bench`: {error}.") from error
    return facts, [Recording(segment, tuple(events)) for segment, events in found]
