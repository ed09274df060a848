"""What stands around a cursor, character by character."""

from __future__ import annotations

CLOSERS = frozenset(")]}>\"'`;,: \t")
"""What an editor puts right of the cursor by itself, and blanks."""


def is_word(char: str) -> bool:
    """Say whether ``char`` can stand in an identifier."""
    return char.isalnum() or char == "_"
