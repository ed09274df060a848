r"""Positions of the Language Server Protocol and columns of Python strings. Pure functions.

LSP 3.17, "Text Documents" and "Position": a line ends at ``\n``, ``\r\n`` or ``\r`` and nowhere
else. A character is an offset in code units of the negotiated encoding. One past the line's end
means the line's end, before its line ending.

A *column* is an index of code points into a line. Every list of lines here has at least one line,
every line but the last keeps its ending, and the last has none (it may be empty). Lone surrogates
are legal: JSON can carry them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from lsprotocol import types

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_ENDED_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)")


def encoding_of(value: str | None) -> Encoding:
    """The encoding that a client and the server agreed on. UTF-16 where nothing was agreed."""
    if value == "utf-8":
        return "utf-8"
    if value == "utf-32":
        return "utf-32"
    return "utf-16"


def split_lines(text: str) -> list[str]:
    """Split into lines that keep their endings. The last line has no ending and may be empty.

    ``str.splitlines`` would also split at form feeds, U+2028 and others, which are plain
    characters to an editor.
    """
    if "\r" not in text:
        first, *rest = text.split("\n")
        if not rest:
            return [first]
        return [first + "\n", *(line + "\n" for line in rest[:-1]), rest[-1]]
    tail = max(text.rfind("\n"), text.rfind("\r")) + 1
    return [*_ENDED_LINE.findall(text), text[tail:]]


def content_length(line: str) -> int:
    """The number of code points before the line's ending."""
    if line.endswith("\r\n"):
        return len(line) - 2
    if line.endswith(("\n", "\r")):
        return len(line) - 1
    return len(line)


def count_units(text: str, encoding: Encoding) -> int:
    """How many code units the text takes."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    # "surrogatepass" counts a lone surrogate as the units of its code point and never raises:
    # three bytes in UTF-8, one unit in UTF-16.
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def column_of_character(line: str, character: int, encoding: Encoding) -> int:
    """Code units from the line's start as a column, at most the column of the line's ending.

    An offset inside a character (between the halves of a surrogate pair, between the bytes of
    UTF-8) means the character's start. The specification leaves it open. Rounding one way keeps
    the order of two offsets, so a range never turns round, and a character is never cut in two.
    """
    end = min(content_length(line), max(character, 0))
    if encoding == "utf-32" or line.isascii():
        return end
    # Halve the span that must hold the column. A loop over characters would take 50 ms on a
    # minified file of one line; this encodes each character at most twice, at C speed.
    start, left = 0, character
    while start < end:
        middle = (start + end + 1) // 2
        units = count_units(line[start:middle], encoding)
        if units <= left:
            start, left = middle, left - units
        else:
            end = middle - 1
    return start


def character_of_column(line: str, column: int, encoding: Encoding) -> int:
    """A column as code units from the line's start. One in the line's ending means its start."""
    column = min(max(column, 0), content_length(line))
    if encoding == "utf-32" or line.isascii():
        return column
    return count_units(line[:column], encoding)


def locate(lines: Sequence[str], position: types.Position, encoding: Encoding) -> tuple[int, int]:
    """The line and the column of a position. A line past the end means the document's end."""
    last = len(lines) - 1
    if position.line > last:
        return last, len(lines[last])
    line = max(position.line, 0)
    return line, column_of_character(lines[line], position.character, encoding)


def position_of(lines: Sequence[str], line: int, column: int, encoding: Encoding) -> types.Position:
    """The position of a column in a line that exists."""
    return types.Position(line, character_of_column(lines[line], column, encoding))
