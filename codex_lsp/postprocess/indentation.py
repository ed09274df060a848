"""Indent as the document does, with its line feeds and without blanks at the ends of lines."""

from __future__ import annotations

import re

from codex_lsp.postprocess.base import Draft
from codex_lsp.postprocess.place import is_among_words, place_of
from codex_lsp.syntax.lexical import Where
from codex_lsp.types import Context

_FEED = "\n"
_TABBED = re.compile(r"^ *\t+ *\S", re.MULTILINE)
_BLANKED = re.compile(r"^ {2,}\S", re.MULTILINE)
_TAB_WIDTH = 4
_HARD_BREAKS = frozenset({"markdown", "plaintext", "latex", "restructuredtext"})
"""Two blanks at the end of a line mean something there."""
_BY_INDENTATION = frozenset({"python", "yaml"})
_OWN_RULES = frozenset({"makefile"})
"""A tab and blanks mean different things there."""


def fit_indentation(draft: Draft, context: Context) -> Draft:
    """Spell the blanks of a draft as the document does; nothing else changes.

    1. Carriage returns go: the document's line endings are put in at the end.
    2. Blanks at the ends of lines go, but for the last line, which may be going on.
    3. A line's indentation is spelled in tabs where the document has tabs, and in blanks where it
       has blanks.
    4. Where the cursor stands on an indented blank line, in a language that goes by indentation,
       further blanks in front of the first word would be an error unless the line above opens a
       block.
    """
    text = draft.text
    pieces = list(text)
    lines = text.split("\n")
    habit = None
    if len(lines) > 1:
        habit = context.once("habit", _habit)
    start = 0
    for number, line in enumerate(lines):
        end = start + len(line)
        if line.endswith("\r"):
            pieces[end - 1] = ""
            end -= 1
        for index in range(start, end):
            if pieces[index] == "\r":
                pieces[index] = ""
        if number < len(lines) - 1 and context.language not in _HARD_BREAKS:
            bare = start + len(text[start:end].rstrip(" \t"))
            if number > 0 or bare > start:
                pieces[bare:end] = [""] * (end - bare)
        if number > 0 and context.language not in _OWN_RULES:
            _spell(pieces, start, line, habit)
        start += len(line) + 1
    if _is_too_deep(context):
        _strip_front(pieces, text)
    return draft if "".join(pieces) == text else draft.respell(pieces)


def _habit(context: Context) -> str | None:
    """Return one level of the document's indentation; None where it has none, or a mixture."""
    unit = context.indent_unit
    text = f"{context.prefix}\n{context.suffix.partition(_FEED)[2]}"
    tabs, blanks = _TABBED.search(text), _BLANKED.search(text)
    if tabs and not blanks:
        return "\t"
    if blanks and not tabs:
        return unit if unit != "\t" else " " * _TAB_WIDTH
    return None


def _spell(pieces: list[str], start: int, line: str, habit: str | None) -> None:
    """Write the indentation of ``line`` as the document does."""
    blanks = line[: len(line) - len(line.lstrip(" \t"))]
    if not blanks or len(blanks) == len(line):
        return
    if habit == "\t" and "\t" not in blanks:
        # Fewer blanks than a tab's worth align what follows, as in ` * ` of a comment.
        tabs, rest = divmod(len(blanks), _TAB_WIDTH)
        spelled = "\t" * tabs + " " * rest
    elif habit and habit != "\t" and not blanks.strip("\t"):
        spelled = habit * len(blanks)
    else:
        return
    pieces[start : start + len(blanks)] = [spelled] + [""] * (len(blanks) - 1)


def _is_too_deep(context: Context) -> bool:
    """Say whether blanks at the cursor would make an indentation that cannot be."""
    before = context.line_before
    if context.language not in _BY_INDENTATION or not before or before.strip():
        return False
    if place_of(context).where is not Where.CODE or is_among_words(context):
        return False
    above = next((line for line in reversed(context.prefix.split("\n")[:-1]) if line.strip()), "")
    if above.partition(" #")[0].rstrip().endswith((":", "(", "[", "{", ",", "\\", "|", ">")):
        return False
    return _width(before) >= _width(above)


def _width(line: str) -> int:
    """Return the columns of blanks in front of ``line``."""
    return len(line[: len(line) - len(line.lstrip())].expandtabs(_TAB_WIDTH))


def _strip_front(pieces: list[str], text: str) -> None:
    for index, char in enumerate(text):
        if char not in " \t":
            return
        pieces[index] = ""
