"""How fast the user types and how fast the model answers, and what follows from the two.

A request that will be outdated by the next key before an answer can come is work for nothing, and
reading its prompt, which nothing can interrupt, delays the request that matters. Waiting for the
next key, on the other hand, delays every answer that would have been in time. :func:`delay_s`
weighs them; :func:`pause_s` says when the user has stopped typing.
"""

from __future__ import annotations

from dataclasses import dataclass

WEIGHT = 0.2
"""The weight of the newest value in a moving average: the last ten keys make up nine tenths."""
LONGEST_INTERVAL_S = 1.5
"""A longer time between two keys is a pause, and says nothing about the rhythm."""
LONGEST_DELAY_S = 0.15
"""No request waits longer for the next key."""


@dataclass(slots=True)
class Average:
    """An exponential moving average.

    :ivar value: None before the first value
    """

    value: float | None = None

    def add(self, value: float) -> None:
        """Take a value."""
        if self.value is None:
            self.value = value
        else:
            self.value += WEIGHT * (value - self.value)


class Rhythm:
    """The times between a user's keys."""

    def __init__(self) -> None:
        self._interval = Average()
        self._last: float | None = None

    @property
    def interval_s(self) -> float | None:
        """The time between two keys; None before there were two."""
        return self._interval.value

    def key(self, now: float) -> None:
        """Take note of a key.

        :param now: in seconds, on any clock that only goes forward
        """
        if self._last is not None and now - self._last <= LONGEST_INTERVAL_S:
            self._interval.add(now - self._last)
        self._last = now

    def since_key_s(self, now: float) -> float:
        """Return how long ago the last key was; infinity when there was none."""
        return float("inf") if self._last is None else now - self._last


class Latency:
    """How long the model takes until there is something to show."""

    def __init__(self) -> None:
        self._warm = Average()
        self._cold = Average()

    @property
    def expected_s(self) -> float | None:
        """What the next request will take, its prompt's state being kept; None when unknown."""
        return self._cold.value if self._warm.value is None else self._warm.value

    def add(self, first_s: float, warm: bool) -> None:
        """Take note of an answer.

        :param warm: whether the state of the prompt's anchor had been kept
        """
        (self._warm if warm else self._cold).add(first_s)


def is_key(inserted: str) -> bool:
    """Say whether a change that inserts this looks like one key pressed.

    A bracket may bring its partner along, and a new line its indentation.
    """
    return len(inserted.strip()) <= 2


def delay_s(interval_s: float | None, latency_s: float | None, since_key_s: float) -> float:
    """Return how long a request should wait for the next key before it is begun.

    Nothing, unless the next key will come before an answer could: then until the time by which that
    key should have come. Since clients wait as well, counting from the key, not from the request,
    keeps the two from adding up.

    :param interval_s: the time between the user's keys; None when unknown
    :param latency_s: the time that an answer takes; None when unknown
    :param since_key_s: how long ago the last key was

    >>> delay_s(0.12, 0.3, 0.05)
    0.13
    >>> delay_s(0.4, 0.3, 0.05)  # the answer comes first
    0.0
    >>> delay_s(0.12, 0.3, 0.25)  # the key is overdue: a pause
    0.0
    """
    if interval_s is None or latency_s is None:
        return 0.0
    # A key that is half an interval late will not come soon.
    due = 1.5 * interval_s - since_key_s
    if due <= 0 or interval_s - since_key_s >= latency_s:
        return 0.0
    return round(min(due, LONGEST_DELAY_S), 3)


def pause_s(interval_s: float | None, intervals: float, least_s: float) -> float:
    """Return after how long without a key the user has paused.

    :param intervals: how many times the usual time between two keys
    :param least_s: the shortest pause
    """
    return max(least_s, intervals * (interval_s or 0.0))
