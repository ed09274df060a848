"""What is remembered of a line, and what is worth recalling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

MAX_LINE_CHARS = 160
"""Longer lines are data or generated; nobody wants to read one as ghost text."""
MIN_WORD_CHARS = 2
"""A continuation with fewer letters and digits saves nobody a key."""
MAX_INDENT = 255


@dataclass(frozen=True, slots=True)
class SourceLines:
    """The lines of a file that are not blank, in order.

    :ivar texts: without indentation and trailing blanks. An empty text stands for a line that must
        not be remembered; it keeps its neighbours apart.
    :ivar indents: how many characters each line is indented, at most ``MAX_INDENT``
    """

    texts: tuple[str, ...]
    indents: bytes


def source_lines(lines: Iterable[str], forbidden: Callable[[str], bool]) -> SourceLines:
    """Make what is remembered of a file's lines; endings may be on them or not.

    :param forbidden: says of a stripped line that it must not be remembered
    """
    texts: list[str] = []
    indents = bytearray()
    for line in lines:
        text = line.strip()
        if not text:
            continue
        texts.append("" if len(text) > MAX_LINE_CHARS or forbidden(text) else text)
        indents.append(indent_of(line))
    return SourceLines(tuple(texts), bytes(indents))


def indent_of(line: str) -> int:
    """Return how many characters ``line`` is indented, at most ``MAX_INDENT``."""
    return min(len(line) - len(line.lstrip()), MAX_INDENT)


def worth_recalling(rest: str, after: str = "") -> bool:
    """Say whether the end of a line is more than brackets, and short enough to be read.

    :param after: how the rest ends already: what stands right of the cursor

    >>> worth_recalling("):"), worth_recalling("self):"), worth_recalling("self):", "self):")
    (False, True, False)
    """
    new = rest[: len(rest) - len(after)]
    return len(rest) <= MAX_LINE_CHARS and sum(map(str.isalnum, new)) >= MIN_WORD_CHARS
