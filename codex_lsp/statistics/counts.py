"""What is counted. Everything is a sum, so that any number of servers can add to one database.

A day is the finest time there is, and a language the most that is said of a document.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

_LANGUAGE = re.compile(r"[A-Za-z][A-Za-z0-9+#_.-]{0,31}")


class What(Enum):
    """What is counted. Values are stable: they stand in the database."""

    REQUESTS = "requests"
    """Requests for a completion, however they were answered."""
    CACHE_HITS = "cache_hits"
    """Requests that were answered without work of the model made for them."""
    SHOWN = "shown"
    """Suggestions that were on screen long enough to be read, or were accepted before that."""
    ACCEPTED = "accepted"
    """Suggestions that were accepted in one go."""
    PARTLY_ACCEPTED = "partially_accepted"
    """Suggestions that were accepted in parts, to the end or not."""
    DISMISSED = "dismissed"
    """Shown ones that went without being accepted or typed to the end."""
    KEPT_30S = "kept_30s"
    """Accepted ones that still stood in the document half a minute later, by and large."""
    KEPT_2MIN = "kept_2min"
    """And two minutes later."""
    KEPT_10MIN = "kept_10min"
    """And ten minutes later."""
    SAVED = "characters_saved"
    """Accepted characters: the user did not type them."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a count is kept by.

    :ivar day: such as ``2026-01-31``, in the user's time zone
    """

    day: str
    language: str
    ranker: str


@dataclass(slots=True)
class Counts:
    """Counts, and how long answers took.

    :ivar latencies: the number of answers by key and time in milliseconds, see :func:`two_digits`
    """

    counts: Counter[tuple[Key, What]] = field(default_factory=Counter)
    latencies: Counter[tuple[Key, int]] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.counts or self.latencies)

    def update(self, other: Counts) -> None:
        """Add those of another."""
        self.counts.update(other.counts)
        self.latencies.update(other.latencies)


def language_label(language: str) -> str:
    """Return a language identifier; what does not look like one may be a name, and is not kept.

    >>> language_label("python"), language_label("/home/me/secret plan"), language_label("")
    ('python', 'other', 'other')
    """
    return language if _LANGUAGE.fullmatch(language) else "other"


def two_digits(ms: float) -> int:
    """Round a time in milliseconds to two digits: within 5 %, in a few dozen different values.

    >>> [two_digits(ms) for ms in (0.2, 7.4, 99.6, 123.4, 2560.0)]
    [0, 7, 100, 120, 2600]
    """
    whole = round(ms)
    step = int(10 ** max(0, len(str(whole)) - 2))
    return int(round(whole / step) * step)
