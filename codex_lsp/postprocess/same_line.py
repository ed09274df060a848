"""Fit a candidate to the text that stands right of the cursor on the same line."""

from __future__ import annotations

import re
from dataclasses import replace

from rapidfuzz import fuzz

from codex_lsp.brackets import QUOTES, closed_length, is_paired, quote_count, unopened_closers
from codex_lsp.context.shape import CLOSERS, is_word
from codex_lsp.postprocess.base import Draft
from codex_lsp.types import Context, Rejection, RejectionReason

_REPEATS = Rejection(
    RejectionReason.REPEATS_SUFFIX,
    "All that the model would add stands right of the cursor already.",
)
_DOES_NOT_FIT = Rejection(
    RejectionReason.DOES_NOT_FIT, "What the model would add runs into the word right of the cursor."
)
_MIN_WORDS = 3
"""Shorter overlaps that hold letters are chance; a blank in front counts."""
_MIN_NEAR = 8
"""Overlaps that are only near have to be this long, in characters."""
_NEAR = 90.0
_DETAILS = re.compile(r"[\s'\"`;]+")
_STATEMENT_ENDS = re.compile(r"(?:;|\)\s*\{)\s*$")
_WORD_AT_END = re.compile(r"\w+$")


def fit_same_line(draft: Draft, context: Context) -> Draft | Rejection:
    """Remove what the candidate repeats of the text right of the cursor, or replace that text.

    1. It closes what the line has opened, and the closing marks on its right close the rest: it is
       kept as it is.
    2. The candidate ends as the rest of the line begins: the repeated part is cut off. So it is
       where it ends nearly as all of the rest, or has all of the rest in it and goes on. If it ends
       as all of the rest, what is left may end within a word: together they are what was said.
    3. The candidate goes on past a bracket or quote that the editor closed by itself (the rest of
       the line holds nothing else): it is kept whole and takes the place of what it closes.
    4. Otherwise its first line is kept, as far as it does not run into a word on its right.
    """
    rest = context.line_after.rstrip()
    if not rest.strip():
        return draft
    draft = replace(draft, replaces=0)
    first_line = draft.text.partition("\n")[0].rstrip()
    if CLOSERS.issuperset(rest) and _pairs_up(first_line, rest, context.line_before):
        return draft.cut(len(draft.text.partition("\n")[0]))
    keep = _kept(first_line, rest, context.line_before)
    if CLOSERS.issuperset(rest):
        replaces = closed_length(first_line, rest)
        if replaces and (keep is None or closed_length(first_line[:keep], rest)):
            return replace(draft.cut(len(first_line)), replaces=replaces)
    if keep is not None:
        kept = first_line[:keep]
        joins = kept if first_line == kept + rest else ""
        return replace(draft.cut(keep), joins=joins) if kept.strip() else _REPEATS
    if draft.text == draft.joins:
        return draft  # seen before: what repeated the rest is gone by now
    return _without_word_before_word(draft.cut(len(draft.text.partition("\n")[0])), rest)


def meets_text(draft: Draft, context: Context) -> bool:
    """Say whether text that nobody put there by itself follows the draft directly."""
    rest = context.line_after[draft.replaces :]
    if "\n" in draft.text or not rest:
        return False
    return rest[0] not in CLOSERS or rest[0] in QUOTES


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


def _kept(text: str, rest: str, before: str) -> int | None:
    """Return how much of ``text`` is no repetition of ``rest``; None where all of it is none."""
    if text.strip() == rest.strip():
        return 0
    if text.endswith(rest) and _says_all_of(rest) and is_paired(before + text, before):
        # Brackets of it may close in the rest, where they leave none of the line's open.
        return len(text) - len(rest)
    overlap = longest_overlap(text, rest)
    if overlap:
        return len(text) - overlap
    bare = rest.strip()
    if sum(map(is_word, bare)) < _MIN_WORDS:
        return None
    inside = text.find(bare)
    if inside >= 0 and _stands_apart(text, inside, len(bare)):
        return inside
    return _near_end(text, bare)


def _says_all_of(rest: str) -> bool:
    """Say whether who ends with ``rest`` means it; brackets alone may be those of other lines."""
    return rest.endswith(";") or any(map(is_word, rest))


def _pairs_up(text: str, rest: str, before: str) -> bool:
    """Say whether no bracket and no quote of the line is left over with ``text`` put in."""
    return text[-1:] not in ";,>:" and is_paired(before + text + rest, before)


def _near_end(text: str, rest: str) -> int | None:
    """Return where the end of ``text`` begins that is nearly ``rest``; None where it is another."""
    if len(rest) < _MIN_NEAR or len(text) < _MIN_NEAR:
        return None
    if _DETAILS.sub("", text).endswith(_DETAILS.sub("", rest)):
        for start in range(len(text) - 1, -1, -1):
            if _DETAILS.sub("", text[start:]) == _DETAILS.sub("", rest):
                return start if _stands_apart(text, start, len(text) - start) else None
    if len(text) < len(rest) * _NEAR / 100:
        return None  # what is shorter would be looked for anywhere in the rest
    found = fuzz.partial_ratio_alignment(rest, text, score_cutoff=_NEAR)
    if found is None or len(rest) < 2 * _MIN_NEAR or found.dest_end < len(text) - 1:
        return None
    start = found.dest_start
    return start if _stands_apart(text, start, found.dest_end - start) else None


def _stands_apart(text: str, start: int, size: int) -> bool:
    """Say whether the words at the ends of ``text[start : start + size]`` are whole words."""
    end = start + size
    begins = start == 0 or not (is_word(text[start - 1]) and is_word(text[start]))
    ends = end >= len(text) or not (is_word(text[end - 1]) and is_word(text[end]))
    return begins and ends


def _is_repetition(text: str, start: int, rest: str, unopened: frozenset[int]) -> bool:
    repeated = text[start:]
    closed_here = unopened_closers(repeated)
    for index, char in enumerate(repeated, start=start):
        if index - start in closed_here and index not in unopened:
            return False
        if char in QUOTES and quote_count(text, char) % 2 == 0:
            return False
        if char == ">" and _closes_angle(text[:index]):
            return False
    if CLOSERS.issuperset(repeated) or len(repeated) == len(rest):
        return bool(repeated.strip())
    ends_word = not (is_word(repeated[-1]) and is_word(rest[len(repeated)]))
    begins_word = start == 0 or not (is_word(text[start - 1]) and is_word(repeated[0]))
    return len(repeated) >= _MIN_WORDS and ends_word and begins_word


def _closes_angle(before: str) -> bool:
    """Say whether an angle bracket that follows ``before`` belongs to one that it opens."""
    return before.count("<") > before.count(">") and not before.endswith(("-", "="))


def _without_word_before_word(draft: Draft, rest: str) -> Draft | Rejection:
    """Cut the word that would become one with the word right of the cursor.

    A statement that ends cannot stand in front of a word, or of arguments, at all.
    """
    if (is_word(rest[0]) or rest[0] in "([") and _STATEMENT_ENDS.search(draft.text):
        return _DOES_NOT_FIT
    if not is_word(rest[0]):
        return draft
    found = _WORD_AT_END.search(draft.text)
    if found is None:
        return draft
    kept = draft.text[: found.start()]
    return draft.cut(len(kept)) if kept.strip() else _DOES_NOT_FIT
