"""The lines of many files, found by how they begin and by the line that they followed.

In memory only. A text is kept once however often it occurs, and one that occurs once (most do)
costs no object of its own beside the text: a large index must not make garbage collection slow.
Not thread-safe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sortedcontainers import SortedDict

from codex_lsp.recall.lines import SourceLines

PLACES_KEPT = 16
"""Of how many occurrences of a text the whereabouts are kept: those that were put in last."""

_ROW_BITS = 24
_BEHIND_ALL = chr(0x10FFFF)


@dataclass(frozen=True, slots=True)
class Place:
    """One occurrence of a text.

    :ivar previous: the line above that is not blank; empty when there is none that may be told
    :ivar earlier: the line above that one
    :ivar indent: how many characters it is indented
    """

    text: str
    previous: str
    earlier: str
    indent: int


@dataclass(slots=True)
class _Often:
    """A text that occurs more than once; each place is a file's number and a row in one integer."""

    count: int
    places: list[int]


@dataclass(slots=True)
class _File:
    texts: list[str]
    indents: bytearray


class LineIndex:
    """Lines of files of one language. A file is known by a number that its owner chooses."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}
        self._seen: SortedDict[str, int | _Often] = SortedDict()

    def extend(self, number: int, lines: SourceLines) -> None:
        """Put lines behind those that are known of a file. About 3 µs a line."""
        file = self._files.setdefault(number, _File([], bytearray()))
        for text in lines.texts:
            place = number << _ROW_BITS | len(file.texts)
            seen = self._seen.get(text) if text else None
            if isinstance(seen, int):
                # The text that is in memory already, not the equal one of this file.
                text = self._text_at(seen)
                self._seen[text] = _Often(2, [seen, place])
            elif seen is not None:
                text = self._text_at(seen.places[-1]) if seen.places else text
                seen.count += 1
                seen.places.append(place)
                del seen.places[:-PLACES_KEPT]
            elif text:
                self._seen[text] = place
            file.texts.append(text)
        file.indents += lines.indents

    def shrink(self, number: int, at_most: int) -> bool:
        """Forget the last lines of a file, ``at_most`` that many; True when lines are left."""
        file = self._files[number]
        for _ in range(min(at_most, len(file.texts))):
            text = file.texts.pop()
            file.indents.pop()
            if not text:
                continue
            seen = self._seen[text]
            if isinstance(seen, int) or seen.count == 1:
                del self._seen[text]
                continue
            seen.count -= 1
            place = number << _ROW_BITS | len(file.texts)
            if place in seen.places:
                seen.places.remove(place)
        if not file.texts:
            del self._files[number]
        return bool(file.texts)

    def beginning(self, typed: str, limit: int) -> tuple[int, list[str]]:
        """Return how many texts begin with ``typed``, and those texts unless more than ``limit``.

        A text that is just ``typed`` does not count.
        """
        first = self._seen.bisect_right(typed)
        last = self._seen.bisect_left(typed + _BEHIND_ALL)
        if last - first > limit:
            return last - first, []
        return last - first, list(self._seen.keys()[first:last])

    def count(self, text: str) -> int:
        """Return how often ``text`` occurs."""
        seen = self._seen.get(text)
        if seen is None:
            return 0
        return 1 if isinstance(seen, int) else seen.count

    def places(self, text: str) -> Iterator[Place]:
        """Yield the last occurrences of ``text``."""
        for place in self._places(text):
            yield self._place(place)

    def has_indent(self, text: str, indent: int) -> bool:
        """Say whether one of the last occurrences of ``text`` is indented so."""
        for place in self._places(text):
            number, row = divmod(place, 1 << _ROW_BITS)
            if self._files[number].indents[row] == indent:
                return True
        return False

    def followers(self, previous: str) -> Iterator[Place]:
        """Yield the lines that followed the last occurrences of ``previous``."""
        for place in self._places(previous):
            number, row = divmod(place, 1 << _ROW_BITS)
            if row + 1 < len(self._files[number].texts):
                yield self._place(place + 1)

    def _places(self, text: str) -> list[int]:
        seen = self._seen.get(text)
        if seen is None:
            return []
        return [seen] if isinstance(seen, int) else seen.places

    def _text_at(self, place: int) -> str:
        number, row = divmod(place, 1 << _ROW_BITS)
        return self._files[number].texts[row]

    def _place(self, place: int) -> Place:
        number, row = divmod(place, 1 << _ROW_BITS)
        file = self._files[number]
        return Place(
            file.texts[row],
            file.texts[row - 1] if row > 0 else "",
            file.texts[row - 2] if row > 1 else "",
            file.indents[row],
        )
