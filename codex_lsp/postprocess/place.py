"""Where a draft stands: in code, or in words. Lines of words are told by their words alone."""

from __future__ import annotations

import re
from dataclasses import replace

from codex_lsp.syntax.lexical import Place, Where, place_at_end, spelling_of
from codex_lsp.types import Context

_SENTENCE = re.compile(r"(?:\b[A-Za-z][A-Za-z'’]*,?(?: |$)){6,}")
_ENGLISH = frozenset(
    "a an the of that these those to are was were which we you your it its should will would can "
    "could have has been be by there their they so how what when example following above "
    "below".split()
)
_MIN_ENGLISH = 2
_NEARBY_LINES = 6


def place_of(context: Context) -> Place:
    """Return what the cursor stands in."""
    return context.once("place", _place)


def place_behind(context: Context, text: str) -> Place:
    """Return what the end of ``text`` stands in, when it is put at the cursor.

    The place's start counts from the cursor; it is negative for what begins left of it.
    """
    place = place_of(context)
    begun = context.prefix[place.start :]
    found = place_at_end(begun + text, context.language)
    return replace(found, start=found.start - len(begun))


def is_sentence(line: str) -> bool:
    """Say whether a line has a run of words among which some are English and no keywords.

    >>> is_sentence("Note that this function returns the number of nodes.")
    True
    >>> is_sentence("assert x is not None and y in z or not w")
    False
    """
    for found in _SENTENCE.finditer(line):
        words = re.findall(r"[a-z']+", found.group().lower())
        if sum(word in _ENGLISH for word in words) >= _MIN_ENGLISH:
            return True
    return False


def is_comment(line: str, language: str) -> bool:
    """Say whether a line begins as a comment does, or as a line within one of several lines."""
    spelling = spelling_of(language)
    marks = (*spelling.line, *(opener for opener, _ in spelling.block), "* ", "*/")
    return line.lstrip().startswith(marks)


def is_among_words(context: Context) -> bool:
    """Say whether the lines above are a comment or prose, whatever the syntax makes of them.

    The window may begin in the middle of a comment or a string.
    """
    return context.once("among words", _is_among_words)


def stands_in_code(context: Context) -> bool:
    """Say whether the cursor surely stands in code, or in a string of its own line."""
    if place_of(context).where not in (Where.CODE, Where.STRING):
        return False
    return context.prefix_start == 0 or not is_among_words(context)


def _place(context: Context) -> Place:
    return place_at_end(context.prefix, context.language, context.prefix_start == 0)


def _is_among_words(context: Context) -> bool:
    lines = context.prefix.split("\n")[:-1]
    above = [line for line in lines if line.strip()][-_NEARBY_LINES:]
    if above and is_comment(above[-1], context.language):
        return True
    return any(is_sentence(line) or line.lstrip().startswith(">>> ") for line in above)
