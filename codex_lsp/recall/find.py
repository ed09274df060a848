"""Lines seen before that begin like the one that is being typed, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codex_lsp.context.window import normalise, window_start
from codex_lsp.recall.index import LineIndex
from codex_lsp.recall.lines import MAX_LINE_CHARS, indent_of, worth_recalling
from codex_lsp.recall.prior import Evidence, Field, probability
from codex_lsp.types import Recalled

WINDOW_CHARS_ABOVE = 40_000
WINDOW_CHARS_BELOW = 10_000
"""How far up and down the document is looked through: about 1,000 and 250 lines."""
MAX_HERE = 200
"""Of how many lines of the document, the nearest, that begin alike."""
MAX_ELSEWHERE = 64
"""When more texts of the project begin alike than these, none of them is likely."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a line is being typed, and what stands around it.

    :ivar above: the lines above the cursor's, from the top down
    :ivar before: the cursor's line up to the cursor
    :ivar after: the rest of it
    :ivar below: the lines below
    """

    above: Sequence[str]
    before: str
    after: str = ""
    below: Sequence[str] = ()

    @classmethod
    def at(cls, text: str, offset: int) -> Cursor:
        """Look at ``text`` around a cursor (0 ≤ offset ≤ len(text))."""
        start = window_start(text, offset, WINDOW_CHARS_ABOVE)
        *above, before = normalise(text[start:offset]).split("\n")
        after, *below = normalise(text[offset : offset + WINDOW_CHARS_BELOW]).split("\n")
        return cls(above, before, after, below)


def recall(
    cursor: Cursor, index: LineIndex | None, limit: int, floor: float
) -> tuple[Recalled, ...]:
    """Return at most ``limit`` different ends of the cursor's line, the likeliest first.

    :param index: lines of other files; None looks through the document only
    :param floor: the lowest probability that is worth returning
    """
    found, field = gather(cursor, index)
    rated = [Recalled(rest, probability(evidence, field, rest)) for rest, evidence in found]
    rated = [item for item in rated if item.probability >= floor]
    # Equal ones by their text: the order must not depend on how they were found.
    rated.sort(key=lambda item: (-item.probability, item.text))
    return tuple(rated[:limit])


def gather(cursor: Cursor, index: LineIndex | None) -> tuple[list[tuple[str, Evidence]], Field]:
    """Return the ends of lines that begin alike with their evidence, and what they compete with."""
    typed = cursor.before.lstrip()
    indent = indent_of(cursor.before + "|")
    if len(typed) > MAX_LINE_CHARS:
        return [], Field(0, 0, len(typed))
    search = _Search(typed, indent)
    below = search.look_here(cursor)
    texts = 0 if index is None else search.look_elsewhere(index)
    field = Field(max(texts, len(search.found)), search.following, len(typed))
    after = cursor.after.strip()
    found = []
    for text, evidence in search.found.items():
        rest = text[len(typed) :]
        # Nothing typed: where the line would stand is all there is to go by.
        placed = typed or evidence.same_indent
        if placed and text != below and rest.endswith(after) and worth_recalling(rest, after):
            found.append((rest, evidence))
    return found, field


class _Search:
    """Collects evidence for each text that begins with ``typed``."""

    def __init__(self, typed: str, indent: int) -> None:
        self._typed = typed
        self._indent = indent
        self._above = ("", "")
        self.found: dict[str, Evidence] = {}
        self.following = 0

    def look_here(self, cursor: Cursor) -> str:
        """Look through the document around the cursor; return the line below that is not blank."""
        # The cursor's own line is no evidence, but it keeps its neighbours apart.
        lines = [*cursor.above, "", *cursor.below]
        cursor_row = len(cursor.above)
        stripped = [line.strip() for line in lines]
        rows = [row for row, text in enumerate(stripped) if text or row == cursor_row]
        texts = [stripped[row] for row in rows]
        own = rows.index(cursor_row)
        self._above = (texts[own - 1] if own > 0 else "", texts[own - 2] if own > 1 else "")
        for at in self._rows_here(texts, own):
            evidence = self._evidence(texts[at])
            distance = abs(rows[at] - cursor_row)
            evidence.here += 1
            evidence.distance = min(evidence.distance or distance, distance)
            evidence.same_indent |= indent_of(lines[rows[at]]) == self._indent
            if at > 0 and texts[at - 1] and texts[at - 1] == self._above[0]:
                self._count_following(evidence, texts[at - 2] if at > 1 else "")
        return texts[own + 1] if own + 1 < len(texts) else ""

    def _rows_here(self, texts: list[str], own: int) -> list[int]:
        """Return which texts begin with what was typed, the nearest and those that follow alike."""
        above, typed = self._above[0], self._typed
        following = [
            at
            for at in range(1, len(texts))
            if texts[at - 1] == above and above and self._matches(texts[at])
        ]
        if not typed:
            return following
        alike = [at for at, text in enumerate(texts) if text.startswith(typed)]
        if len(alike) > MAX_HERE:
            alike = sorted(alike, key=lambda at: abs(at - own))[:MAX_HERE]
        return sorted({*alike, *following} - {at for at in alike if texts[at] == typed})

    def look_elsewhere(self, index: LineIndex) -> int:
        """Look through the index; return how many different texts begin with what was typed."""
        for place in index.followers(self._above[0]):
            if self._matches(place.text):
                evidence = self._evidence(place.text)
                evidence.same_indent |= place.indent == self._indent
                self._count_following(evidence, place.earlier)
        count = 0
        if self._typed:
            count, texts = index.beginning(self._typed, MAX_ELSEWHERE)
            for text in texts:
                self._evidence(text)
        for text, evidence in self.found.items():
            evidence.elsewhere = index.count(text)
            evidence.same_indent = evidence.same_indent or index.has_indent(text, self._indent)
        return count

    def _matches(self, text: str) -> bool:
        return text.startswith(self._typed) and text != self._typed

    def _evidence(self, text: str) -> Evidence:
        return self.found.setdefault(text, Evidence())

    def _count_following(self, evidence: Evidence, earlier: str) -> None:
        self.following += 1
        evidence.follows += 1
        evidence.follows_two += bool(earlier) and earlier == self._above[1]
