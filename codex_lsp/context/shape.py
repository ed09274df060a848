"""How much to complete: nothing, the rest of the line, or a block."""

from __future__ import annotations

from codex_lsp.types import Rejection, RejectionReason, Shape

CLOSERS = frozenset(")]}>\"'`;,: \t")
"""What an editor puts right of the cursor by itself, and blanks."""

_OPENERS = ("{", ":", "=>", "->")
_OPENING_WORDS = frozenset({"do", "then", "else", "begin"})


def is_word(char: str) -> bool:
    """Say whether ``char`` can stand in an identifier."""
    return char.isalnum() or char == "_"


def opens_block(line: str) -> bool:
    """Say whether ``line``, up to the cursor, ends with what opens a block."""
    stripped = line.rstrip()
    if not stripped:
        return False
    return stripped.endswith(_OPENERS) or stripped.split()[-1] in _OPENING_WORDS


def choose_shape(line_before: str, line_after: str, max_lines: int) -> Shape | Rejection:
    """Decide by the text on both sides of the cursor on its own line.

    :param max_lines: the longest completion the user wants; 1 rules blocks out
    """
    if line_before and line_after and is_word(line_before[-1]) and is_word(line_after[0]):
        return Rejection(
            RejectionReason.MID_WORD,
            "The cursor is in the middle of a word; move it to the word's end.",
        )
    if max_lines == 1 or line_after.strip():
        return Shape.LINE
    if not line_before.strip() or opens_block(line_before):
        return Shape.BLOCK
    return Shape.LINE
