"""Holes: places in real files where something is cut out, to be completed.

A kind says where the cursor stands, and so what a user would be doing there:

==========  ==================================================================================
start       a line begins: all of it behind its indentation is missing
operator    the rest of a line is missing behind an operator or a comma, and the blank after it
bracket     the rest of a line is missing behind an opening bracket
word        the rest of a line is missing from within a word, or from its end
block       a block of 2 to 12 lines is missing behind the line that opens it
span        a part of a line is missing; the rest of the line stands right of the cursor
==========  ==================================================================================
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from codex_lsp.evals.quality.corpus import SourceFile
from codex_lsp.evals.quality.grammars import Prose
from codex_lsp.sampling import indent_width

# The pipeline has rules like these. Holes must not move when those change, so they have their own.
_OPENS_BLOCK = re.compile(r"([{:]|=>|->)\s*\Z")
_IN_WORD = re.compile(r"\w\w")
_SAYS = re.compile(r"[^)\]}>\"'`;,:\s]")
_LINES_ABOVE = 10
_LEAST_CHARS = 3
_A_FILE = 6
"""The most holes of one kind in one file."""
_BLOCK_LINES = range(2, 13)


@dataclass(frozen=True, slots=True)
class Hole:
    """What is missing from a file: ``file.text[start:end]``.

    :ivar id: unique among the holes of a run
    """

    id: str
    kind: str
    file: SourceFile
    start: int
    end: int

    @property
    def expected(self) -> str:
        """What was cut out."""
        return self.file.text[self.start : self.end]

    @property
    def before(self) -> str:
        """The text left of the cursor."""
        return self.file.text[: self.start]

    @property
    def after(self) -> str:
        """The text right of the cursor."""
        return self.file.text[self.end :]

    @property
    def typed(self) -> int:
        """How many characters stand between the line's indentation and the cursor."""
        return len(self.before[self.before.rfind("\n") + 1 :].strip())


Finder = Callable[[Sequence[str], int, random.Random], "tuple[int, int, int] | None"]
"""Finds a hole on a row: the column it begins at, the row and the column it ends at."""


def choose(files: Sequence[SourceFile], each: int, seed: int) -> list[Hole]:
    """Return ``each`` holes of every kind in every group of languages, as far as there are so many.

    They take turns, so that the first of them are a fair sample of all. The same files, number and
    seed give the same holes. Comments, documentation, long strings and
    the first lines of a file, where its licence stands, are left alone.
    """
    prose: dict[int, Prose] = {}
    groups: dict[str, list[SourceFile]] = defaultdict(list)
    for file in files:
        groups[file.group].append(file)
    strata = [
        _choose(members, kind, each, random.Random(f"{seed}/{group}/{kind}"), prose)
        for group, members in sorted(groups.items())
        for kind in KINDS
    ]
    turns = zip_longest(*strata)
    return [hole for turn in turns for hole in turn if hole is not None]


def _choose(
    files: Sequence[SourceFile], kind: str, each: int, rng: random.Random, prose: dict[int, Prose]
) -> Iterator[Hole]:
    rows = [(file, row) for file in files for row in range(_LINES_ABOVE, file.text.count("\n"))]
    rng.shuffle(rows)
    lines = {id(file): file.text.split("\n") for file in files}
    used: Counter[tuple[str, str]] = Counter()
    for file, row in rows:
        key = file.package, file.name
        if sum(used.values()) == each:
            return
        if used[key] == _A_FILE:
            continue
        found = KINDS[kind](lines[id(file)], row, rng)
        if found is None:
            continue
        if id(file) not in prose:
            prose[id(file)] = Prose(file.text, file.language)
        column, last, end = found
        if prose[id(file)].holds(row, column) or prose[id(file)].holds(last, max(0, end - 1)):
            continue
        used[key] += 1
        starts = sum(len(line) + 1 for line in lines[id(file)][:row])
        ends = sum(len(line) + 1 for line in lines[id(file)][:last])
        name = f"{file.package}/{file.name}:{row + 1}:{column + 1}:{kind}"
        yield Hole(name, kind, file, starts + column, ends + end)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _says_something(text: str) -> bool:
    return len(text.strip()) >= _LEAST_CHARS and _SAYS.search(text) is not None


def _at_start(lines: Sequence[str], row: int, rng: random.Random) -> tuple[int, int, int] | None:
    line = lines[row].rstrip()
    return (_indent(line), row, len(line)) if _says_something(line) else None


def _behind(pattern: str) -> Finder:
    """Return what finds a place behind ``pattern`` that is followed by a rest of the line."""
    place = re.compile(pattern)

    def find(lines: Sequence[str], row: int, rng: random.Random) -> tuple[int, int, int] | None:
        line = lines[row].rstrip()
        found = [match.end() for match in place.finditer(line)]
        columns = [at for at in found if at > _indent(line) and _says_something(line[at:])]
        return (rng.choice(columns), row, len(line)) if columns else None

    return find


def _block(lines: Sequence[str], row: int, rng: random.Random) -> tuple[int, int, int] | None:
    opener = lines[row - 1]
    if not _OPENS_BLOCK.search(opener) or not lines[row].strip():
        return None
    level = indent_width(opener)
    last, count = row, 0
    for number in range(row, len(lines)):
        if not lines[number].strip():
            continue
        if indent_width(lines[number]) <= level:
            break
        last, count = number, count + 1
    if count not in _BLOCK_LINES:
        return None
    return _indent(lines[row]), last, len(lines[last].rstrip())


def _span(lines: Sequence[str], row: int, rng: random.Random) -> tuple[int, int, int] | None:
    line = lines[row].rstrip()
    first = _indent(line)
    if len(line) - first < 3 * _LEAST_CHARS:
        return None
    start = rng.randrange(first + 1, len(line) - 2 * _LEAST_CHARS)
    end = rng.randrange(start + _LEAST_CHARS, len(line))
    # In the middle of a word nothing is ever completed.
    if _IN_WORD.fullmatch(line[start - 1] + line[end]):
        return None
    return (start, row, end) if _says_something(line[start:end]) else None


KINDS: dict[str, Finder] = {
    "start": _at_start,
    "operator": _behind(r"[=+\-*/%<>&|?:,] "),
    "bracket": _behind(r"[(\[{]"),
    "word": _behind(r"\w(?=\w|[^\w\s])"),
    "block": _block,
    "span": _span,
}
