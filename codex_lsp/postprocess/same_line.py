"""Fit a candidate to the text that stands right of the cursor on the same line."""

from __future__ import annotations

from dataclasses import replace

from codex_lsp.context.shape import CLOSERS, is_word
from codex_lsp.postprocess.base import Draft
from codex_lsp.types import Context, Rejection, RejectionReason

_PAIRS = {")": "(", "]": "[", "}": "{"}
_QUOTES = frozenset("\"'`")
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
        if char in _PAIRS and index not in unopened:
            return False
        if char in _QUOTES and text.count(char) % 2 == 0:
            return False
    if CLOSERS.issuperset(repeated) or len(repeated) == len(rest):
        return bool(repeated.strip())
    ends_word = not (is_word(repeated[-1]) and is_word(rest[len(repeated)]))
    begins_word = start == 0 or not (is_word(text[start - 1]) and is_word(repeated[0]))
    return len(repeated.strip()) >= _MIN_WORDS and ends_word and begins_word


def unopened_closers(text: str) -> frozenset[int]:
    """Return where ``text`` closes a bracket that it has not opened (character indices)."""
    unopened: list[int] = []
    opened: list[str] = []
    for index, char in enumerate(text):
        if char in "([{":
            opened.append(char)
        elif char in _PAIRS:
            if opened and opened[-1] == _PAIRS[char]:
                opened.pop()
            else:
                unopened.append(index)
    return frozenset(unopened)


def closes_all(text: str, rest: str) -> bool:
    """Say whether ``text`` itself brings every bracket and quote that ``rest`` is made of.

    A bracket counts when ``text`` closes it without having opened it, a quote when its number in
    ``text`` is odd.
    """
    closed = [text[index] for index in unopened_closers(text)]
    marks = [char for char in rest if char in _PAIRS or char in _QUOTES]
    for char in marks:
        if char in closed:
            closed.remove(char)
        elif char not in _QUOTES or text.count(char) % 2 == 0:
            return False
    return bool(marks)
