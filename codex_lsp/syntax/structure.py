"""What brackets, tags and words such as ``end`` say about a text that is being written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A token that opens or closes.

    :ivar start: its first character's offset
    :ivar end: the offset behind its last character
    :ivar opens: whether it opens
    """

    start: int
    end: int
    opens: bool


@dataclass(frozen=True, slots=True)
class Structure:
    """What has been found in a text, in order.

    :ivar spans: start and end of tokens that go over several lines: strings, comments, raw text
    """

    marks: tuple[Mark, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()

    def spanned(self, offset: int) -> bool:
        """Say whether ``offset`` lies inside a token."""
        return any(start < offset < end for start, end in self.spans)


Reader = Callable[[str], Structure]
"""Reads the text right of the cursor; what stands left of it the reader knows already."""
