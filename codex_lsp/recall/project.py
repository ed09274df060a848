"""The lines of a project's files: a bounded memory, the files that were worked on last stay."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from codex_lsp.languages import family_of
from codex_lsp.recall.index import LineIndex
from codex_lsp.recall.lines import SourceLines

MAX_LINES = 200_000
"""About 25 MB."""
SLICE_LINES = 200
"""How many lines are put in or taken out in one go: less than a millisecond."""


@dataclass(frozen=True, slots=True)
class _Kept:
    number: int
    family: str
    lines: int


class ProjectLines:
    """Lines by file. Not thread-safe.

    :param max_lines: how many lines are kept; beyond them the file put in longest ago goes
    """

    def __init__(self, max_lines: int = MAX_LINES) -> None:
        self._max_lines = max_lines
        self._indexes: dict[str, LineIndex] = {}
        self._files: OrderedDict[str, _Kept] = OrderedDict()
        self._numbers = count()
        self.lines = 0

    def __contains__(self, key: object) -> bool:
        """Say whether a file is known."""
        return key in self._files

    def index(self, language: str) -> LineIndex | None:
        """Return the lines of all files in a language."""
        return self._indexes.get(family_of(language))

    def keys(self) -> list[str]:
        """Return the files, the one that would go first in front."""
        return list(self._files)

    def has_room(self) -> bool:
        """Say whether a file can be put in without another going."""
        return self.lines < self._max_lines

    def put(self, key: str, language: str, lines: SourceLines, *, recent: bool) -> Iterator[None]:
        """Put a file in, or put its new lines in place of the old; yields between two slices.

        :param recent: the file is being worked on; otherwise it is the first to go
        """
        yield from self.drop(key)
        if len(lines.texts) > self._max_lines:
            return
        kept = _Kept(next(self._numbers), family_of(language), 0)
        index = self._indexes.setdefault(kept.family, LineIndex())
        self._files[key] = kept
        if not recent:
            self._files.move_to_end(key, last=False)
        for start in range(0, len(lines.texts), SLICE_LINES):
            part = SourceLines(
                lines.texts[start : start + SLICE_LINES],
                lines.indents[start : start + SLICE_LINES],
            )
            index.extend(kept.number, part)
            self.lines += len(part.texts)
            kept = replace(kept, lines=kept.lines + len(part.texts))
            self._files[key] = kept
            yield
        while self.lines > self._max_lines:
            yield from self.drop(next(iter(self._files)))

    def drop(self, key: str) -> Iterator[None]:
        """Forget a file; yields between two slices."""
        kept = self._files.get(key)
        while kept is not None and kept.lines:
            gone = min(SLICE_LINES, kept.lines)
            self._indexes[kept.family].shrink(kept.number, gone)
            self.lines -= gone
            kept = replace(kept, lines=kept.lines - gone)
            self._files[key] = kept
            yield
        self._files.pop(key, None)
