"""Whether accepted text is still there: its range followed through later edits, and compared.

A range is followed by the arithmetic of positions alone, in the client's units, as each change
comes: no text is searched while the user types. What stands in the range when a check is due is
compared with what was accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lsprotocol import types

from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.positions import count_units

KEPT_SIMILARITY = 0.5
"""Accepted text counts as kept while at least this much of it is (1 less the edit distance, as a
share of the longer text)."""
REWRITTEN_SIMILARITY = 0.8
"""The same for a document that was replaced as a whole, in which the text has to be searched."""
_REWRITTEN_LINES = 20


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A position: a line, and a character in the client's units."""

    line: int
    character: int

    @classmethod
    def of(cls, position: types.Position) -> Spot:
        """Take a position of the protocol."""
        return cls(position.line, position.character)

    def after(self, text: str, document: OpenDocument) -> Spot:
        """Return where ``text`` ends that begins here."""
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        units = count_units(lines[-1], document.encoding)
        if len(lines) == 1:
            return Spot(self.line, self.character + units)
        return Spot(self.line + len(lines) - 1, units)

    def position(self) -> types.Position:
        """Return it as the protocol has it."""
        return types.Position(self.line, self.character)


def moved(spot: Spot, start: Spot, end: Spot, written_end: Spot, stays: bool) -> Spot:
    """Return where ``spot`` is after the text from ``start`` to ``end`` was replaced.

    :param written_end: where the new text ends
    :param stays: text written at the very spot comes behind it
    """
    if spot < start or (spot == start and (stays or start != end)):
        return spot
    if spot >= end:
        lines = written_end.line - end.line
        if spot.line > end.line:
            return Spot(spot.line + lines, spot.character)
        return Spot(spot.line + lines, written_end.character + spot.character - end.character)
    return written_end if stays else start


def text_between(document: OpenDocument, start: Spot, end: Spot) -> str:
    """Return the text of a range, which is clamped to the document."""
    first = document.offset_at(start.position())
    return document.source[first : document.offset_at(end.position())]


class Followed:
    """A piece of accepted text on its way through later edits.

    :ivar text: what was accepted
    """

    def __init__(self, document: OpenDocument, text: str, start: Spot) -> None:
        self.document = document
        self.text = text
        self._start = start
        self._end = start.after(text, document)
        self._rewritten = False
        # Some clients say that they accept before they say how the document changes by it.
        self._arrived = self._there()

    def extend(self, text: str) -> None:
        """Take all that has been accepted by now: it begins with what was accepted before."""
        self.text = text
        self._end = self._start.after(text, self.document)
        self._arrived = self._there()

    def changed(self, changes: Iterable[types.TextDocumentContentChangeEvent]) -> None:
        """Follow the changes of one notification, which the document has taken already."""
        if not self._arrived:
            self._arrived = True
            if self._there():
                return
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = sorted((Spot.of(change.range.start), Spot.of(change.range.end)))
                written_end = start.after(change.text, self.document)
                self._end = moved(self._end, start, end, written_end, stays=True)
                self._start = min(self._end, moved(self._start, start, end, written_end, False))
            else:
                self._rewritten = True

    def kept(self) -> bool:
        """Say whether the text, or most of it, is still there."""
        # Not needed before the first check, and the server is to start soon.
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.fuzz import partial_ratio

        now = _normal(text_between(self.document, self._start, self._end))
        wanted = _normal(self.text)
        if Levenshtein.normalized_similarity(wanted, now) >= KEPT_SIMILARITY:
            return True
        if not self._rewritten:
            return False
        first = Spot(max(0, self._start.line - _REWRITTEN_LINES), 0)
        last = Spot(self._end.line + _REWRITTEN_LINES, 0)
        around = _normal(text_between(self.document, first, last))
        if len(around) < len(wanted):
            return False
        return partial_ratio(wanted, around) >= 100 * REWRITTEN_SIMILARITY

    def _there(self) -> bool:
        return _lines(text_between(self.document, self._start, self._end)) == _lines(self.text)


def _normal(text: str) -> str:
    """Return the text without what a formatter changes: the width of its blanks."""
    return " ".join(text.split())


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
