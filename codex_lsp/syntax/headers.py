"""The lines above a cursor that it lies in, by their indentation."""

from __future__ import annotations

from collections.abc import Sequence

from codex_lsp.brackets import unopened_closers
from codex_lsp.sampling import indent_width

TAB_WIDTH = 8
"""Where tabs and blanks are mixed, a tab is as wide as eight of them, as GNU and Python have it."""
MAX_HEADER_LINES = 30
"""No header has more lines."""
_LONG_QUOTES = ('"""', "'''", "`")
_OPENERS_ALONE = frozenset({"{", "do", "then", "begin", "is", "as"})
_ENDS = (";", "{", "}", ":", ",", ">", "]", "*/", "then", "do", "else", "\\")


def width_of(line: str) -> int:
    """Return the columns of blanks in front of ``line``."""
    return indent_width(line, TAB_WIDTH)


def header_start(lines: Sequence[str]) -> int:
    """Return the index of the line on which the statement begins that the last line belongs to.

    That is where the brackets are opened that it closes, or the line above if it is indented less
    and not finished.
    """
    index = len(lines) - 1
    missing = len(unopened_closers(lines[index]))
    first = max(0, index - MAX_HEADER_LINES)
    above = index
    while above > first:
        above -= 1
        line = lines[above].rstrip()
        if missing > 0:
            missing += len(unopened_closers(line)) - _unclosed(line)
            index = above
        elif line.strip() and _goes_on(line, lines[index]):
            index = above
            missing = len(unopened_closers(line))
        else:
            break
    return index if missing <= 0 else len(lines) - 1


def lead_of(prefix: str, max_lines: int = 200) -> str:
    """Return the lines of ``prefix`` that the cursor's line lies in, and that line itself.

    These are the lines above it that are indented less and less: the headers of what it is in. They
    tell a grammar what may stand at the cursor, at a fraction of the whole text, and what the
    window has cut in the middle does no harm.
    """
    lines = prefix.split("\n")[-max_lines:]
    start = header_start(lines)
    kept = [lines[start:]]
    width = width_of(lines[start])
    above = start
    in_text = False
    while above > 0 and width > 0:
        above -= 1
        if _turns_text(lines[above]):
            in_text = not in_text  # what lies between is no code
        elif not in_text and lines[above].strip() and width_of(lines[above]) < width:
            start = header_start(lines[: above + 1])
            kept.append(lines[start : above + 1])
            width = min(width_of(lines[start]), width_of(lines[above]))
            above = start
    return "\n".join(line for header in reversed(kept) for line in header)


def _turns_text(line: str) -> bool:
    """Say whether a string that goes over lines begins or ends on ``line``."""
    return any(line.count(quotes) % 2 for quotes in _LONG_QUOTES)


def _goes_on(above: str, line: str) -> bool:
    """Say whether ``line`` goes on with the statement of the line above it."""
    text = line.strip()
    if text in _OPENERS_ALONE:
        return width_of(above) <= width_of(line) and not above.endswith((";", "{", "}"))
    if not text or not text.endswith("{"):
        return False
    return width_of(above) < width_of(line) and not above.endswith(_ENDS)


def _unclosed(line: str) -> int:
    """Return how many brackets ``line`` opens and does not close."""
    opened = sum(char in "([{" for char in line)
    closed = sum(char in ")]}" for char in line) - len(unopened_closers(line))
    return opened - closed
