"""Endless repetition: the end of a sequence that says the same over and over.

A small model that has lost the thread repeats itself until it is stopped, and is ever surer of it
(Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 4.3). So such samples
have a high mean log-probability, and the test looks at what is said, not at its score.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

MAX_PERIOD = 40
"""The longest stretch that is looked for, in items: a line or two."""
MIN_REPEATS = 4
"""Code says a thing three times, with the same words, more often than four."""
MIN_REPEATED = 20
"""How long all repeats have to be together: `None, None, None, None` is code."""
MIN_LETTERS = 2
"""How many letters a stretch has to have to say something."""
MIN_PLAIN_REPEATED = 64
"""As ``MIN_REPEATED``, for what has no letters: rules of dashes and rows of zeros are code."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """A stretch that the end of a sequence repeats.

    :ivar start: the index at which it begins for the first time
    :ivar period: how many items it has
    """

    start: int
    period: int


def cycle_at_end(
    items: Sequence[Hashable], has_letters: Callable[[int, int], bool]
) -> Cycle | None:
    """Return the shortest stretch that the end of ``items`` repeats too often to be meant.

    :param has_letters: says whether the items from one index up to another say something in words

    >>> cycle_at_end(["x", "="] + ["a", "."] * 12, lambda start, end: True)
    Cycle(start=2, period=2)
    >>> cycle_at_end(["0", ","] * 12, lambda start, end: False) is None
    True
    """
    size = len(items)
    if size < MIN_REPEATED:
        return None
    for period in range(1, min(MAX_PERIOD, size // MIN_REPEATS) + 1):
        # Most periods are ruled out by their last item.
        if items[-1] != items[-1 - period]:
            continue
        start = size - period
        while start > 0 and items[start - 1] == items[start - 1 + period]:
            start -= 1
        length = size - start
        if length < max(MIN_REPEATED, MIN_REPEATS * period):
            continue
        if length >= MIN_PLAIN_REPEATED or has_letters(start, start + period):
            return Cycle(start, period)
    return None
