"""Fit a candidate to the text that stands right of the cursor on the same line."""

from __future__ import annotations

from dataclasses import replace

from codex_lsp.brackets import PAIRS, QUOTES, closes_all, unopened_closers
from codex_lsp.context.shape import CLOSERS, is_word
from codex_lsp.postprocess.base import Draft
from codex_lsp.types import Context, Rejection, RejectionReason

_MIN_WORDS = 3
"""Shorter overlaps that hold letters are chance."""


def fit_same_line(draft: Draft, context: Context) -> Draft | Rejection:
    """Remove what the candidate repeats of the text right of the cursor, or replace that text.

    1. The candidate ends as the rest of the line begins: the repeated part is cut off.
    2. The candidate goes on past a bracket or quote that the editor closed by itself (the rest of
       the line holds nothing else): it is kept whole and takes that rest's place.
    """
    rest = context.line_after.rstrip()
    if not rest.strip():
        return draft
    first_line = draft.text.partition("\n")[0].rstrip()
    overlap = longest_overlap(first_line, rest)
    if overlap:
        keep = len(first_line) - overlap
        if not first_line[:keep].strip():
            return Rejection(
                RejectionReason.REPEATS_SUFFIX,
                "All that the model would add stands right of the cursor already.",
            )
        return draft.cut(keep)
    if CLOSERS.issuperset(rest) and closes_all(first_line, rest):
        return replace(draft, replaces=len(rest))
    return draft.cut(len(first_line))


def longest_overlap(text: str, rest: str) -> int:
    """Return the length of the longest end of ``text`` that repeats the beginning of ``rest``.

    A bracket that ``text`` itself opened is no repetition: in ``foo(|)`` the candidate ``bar(a)``
    needs its own.

    >>> longest_overlap("a, b)", ")")
    1
    >>> longest_overlap("bar(a)", ")")
    0
    """
    unopened = unopened_closers(text)
    for size in range(min(len(text), len(rest)), 0, -1):
        start = len(text) - size
        if text.endswith(rest[:size]) and _is_repetition(text, start, rest, unopened):
            return size
    return 0


def _is_repetition(text: str, start: int, rest: str, unopened: frozenset[int]) -> bool:
    repeated = text[start:]
    for index, char in enumerate(repeated, start=start):
        if char in PAIRS and index not in unopened:
            return False
        if char in QUOTES and text.count(char) % 2 == 0:
            return False
    if CLOSERS.issuperset(repeated) or len(repeated) == len(rest):
        return bool(repeated.strip())
    ends_word = not (is_word(repeated[-1]) and is_word(rest[len(repeated)]))
    begins_word = start == 0 or not (is_word(text[start - 1]) and is_word(repeated[0]))
    return len(repeated.strip()) >= _MIN_WORDS and ends_word and begins_word
