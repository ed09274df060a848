"""What a long operation tells its caller: one small event, fit for a terminal bar or an editor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Phase(str, Enum):
    """The steps of getting a model, in their order."""

    WAIT = "wait"
    DOWNLOAD = "download"
    CHECK = "check"
    EXTRACT = "extract"
    CONVERT = "convert"
    VERIFY = "verify"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """How far a phase has come.

    :ivar message: one short line for the user
    :ivar done: units done so far
    :ivar total: units in all; None where the end is not known
    :ivar unit: ``bytes`` or ``layers``; empty where nothing is counted
    """

    phase: Phase
    message: str
    done: int = 0
    total: int | None = None
    unit: str = ""

    @property
    def percentage(self) -> int | None:
        """The share done, 0 to 100; None where the end is not known."""
        if not self.total:
            return None
        return max(0, min(100, self.done * 100 // self.total))


Progress = Callable[[ProgressEvent], None]
"""Called from the thread that works. An exception it raises stops the work, which cleans up."""


def silent(event: ProgressEvent) -> None:
    """Ignore all progress."""


def byte_counter(
    progress: Progress, phase: Phase, message: str, total: int | None
) -> Callable[[int], None]:
    """Return a function that takes the size of each piece and reports the running sum."""
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        done += size
        progress(ProgressEvent(phase, message, done, total, "bytes"))

    return advance
