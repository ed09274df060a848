"""The part of an editor and its user that decides what happens next, as pure functions.

What is left out: editors close brackets and quotes by themselves, and people mistype and go back.
"""

from __future__ import annotations

from dataclasses import replace

from codex_lsp.bench.service import Item
from codex_lsp.sampling import end_of_first_line

MIN_WHOLE_CHARS = 3
"""A shorter suggestion saves no more than the key that accepts it."""
MIN_LINE_CHARS = 8
"""Nobody reads a longer suggestion to take a line of less from it."""


def stroke(text: str, offset: int) -> str:
    """Return what the next key puts in: a character, or a line's end with its indentation.

    So the automatic indentation of the editor is one that always guesses right.
    """
    if text[offset] != "\n":
        return text[offset]
    end = offset
    while end < len(text) and text[end] == "\n":
        end += 1
    while end < len(text) and text[end] in " \t":
        end += 1
    return text[offset:end]


def strokes(text: str) -> int:
    """Count the keys that ``text`` takes."""
    offset = count = 0
    while offset < len(text):
        offset += len(stroke(text, offset))
        count += 1
    return count


def typed_through(ghost: Item | None, typed: str) -> Item | None:
    """Return what is left of the suggestion on screen after ``typed``.

    As in VS Code: it stays while what is typed agrees with it and something is left.
    """
    if ghost is None or not ghost.text.startswith(typed):
        return None
    rest = ghost.text[len(typed) :]
    return replace(ghost, text=rest) if rest.strip() else None


def accepted_chars(ghost: Item | None, upcoming: str) -> int:
    """Return how many characters of the suggestion the user takes; 0 to type on.

    The user wants exactly ``upcoming`` and reads at once. The whole suggestion is taken when it is
    what comes next and has three characters or more; else its first line when that is the whole
    rest of the line and has eight characters or more without blanks around it.
    """
    if ghost is None or ghost.replaces:
        return 0
    text = ghost.text
    if len(text.strip()) >= MIN_WHOLE_CHARS and upcoming.startswith(text):
        return len(text)
    end = end_of_first_line(text)
    line = text if end is None else text[:end]
    if len(line.strip()) < MIN_LINE_CHARS or not upcoming.startswith(line):
        return 0
    return len(line) if upcoming[len(line) : len(line) + 1] in ("", "\n") else 0
