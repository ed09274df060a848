"""What to complete: nothing, with the reason why, or the rest of the line, or a block.

It is decided for every key that is pressed, by looking at the window around the cursor only. Where
nothing sensible can follow, the model is not asked: it would make something up. Who asks by hand
is answered wherever there is something to complete.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from codex_lsp.context.shape import CLOSERS, is_word
from codex_lsp.syntax.lexical import FENCES, Place, Where, place_at_end, spelling_of
from codex_lsp.syntax.openers import opens_block, without_comment
from codex_lsp.types import Rejection, RejectionReason, Shape, Trigger

LONGEST_LINE = 1000
"""No line that is longer, in characters, is written by hand."""
LICENCE_LINES = 60
"""A licence stands within so many lines of a file's beginning."""

_MID_WORD = Rejection(
    RejectionReason.MID_WORD,
    "The cursor is in the middle of a word; move it to the word's end.",
)
_LONG_LINE = Rejection(
    RejectionReason.DATA,
    f"The line has more than {LONGEST_LINE} characters, which is data rather than code.",
)
_DATA = Rejection(
    RejectionReason.DATA,
    "The cursor is in a number or an encoded string, which can only be guessed.",
)
_LICENCE = Rejection(
    RejectionReason.COMMENT, "The cursor is in a licence, which is copied rather than completed."
)
_FINISHED_COMMENT = Rejection(
    RejectionReason.COMMENT, "The comment is finished; go on with the next line."
)
_FINISHED_STATEMENT = Rejection(
    RejectionReason.STATEMENT_ENDS, "The statement is finished; go on with the next line."
)

_HEX = re.compile(r"[0-9A-Fa-f-]{16,}\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{32,}\Z")
_MIN_DIGITS = 4
_LICENCE_WORDS = re.compile(
    r"copyright|\(c\)\s+\d{4}|spdx-license|licen[sc]ed? (?:under|to)|all rights reserved"
    r"|permission is hereby granted|redistribution and use",
    re.IGNORECASE,
)
_COMMENT_LINE = re.compile(r"\s*(?:#|//|/\*|\*|--|<!--|;|%|\Z)")
_SENTENCE_WORDS = 5
_LAST_WORD = re.compile(r"\w{2,}\)?[.!?]\Z")
_ONLY_CLOSERS = re.compile(r"\s*[)\]}]*\}[)\]}]*[;,]?\Z|\s*[)\]}]+[;,]\Z")
_SEMICOLONS = frozenset(
    "javascript javascriptreact typescript typescriptreact rust java c cpp csharp dart zig "
    "objective-c php css scss less sql".split()
)
_BRACED_STATEMENTS = frozenset(
    "javascript javascriptreact typescript typescriptreact go rust java c cpp csharp dart zig "
    "objective-c php css scss less kotlin swift scala".split()
)
_BLOCK_LINES = 100
# What needs a semicolon or a comma behind its brace.
_VALUE = re.compile(
    r"[=:,]\s*\{$|=>|=\s*\w|\breturn\b|^\s*(?:typedef|struct|union|enum|class)\b|\w\s*!?\(.*\bfn\b"
)
_PYTHON_CALL = re.compile(
    r"\s*(?:\w+ = )?(?:await )?(?!(?:if|elif|while|return|not)\b)[\w.]+\(.*\)\Z"
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The window around a cursor, with line feeds.

    :ivar prefix: the text left of it
    :ivar suffix: the text right of it
    :ivar whole: the prefix begins where the document does
    """

    prefix: str
    suffix: str
    language: str = ""
    whole: bool = True

    @property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        return self.prefix[self.prefix.rfind("\n") + 1 :]

    @property
    def line_after(self) -> str:
        """The cursor's line from the cursor on."""
        return self.suffix.partition("\n")[0]


def decide(cursor: Cursor, trigger: Trigger, max_lines: int) -> Shape | Rejection:
    """Decide what to complete at ``cursor``.

    :param max_lines: the longest completion the user wants; 1 rules blocks out
    """
    before, after = cursor.line_before, cursor.line_after
    if before and after and is_word(before[-1]) and is_word(after[0]):
        return _MID_WORD
    place = place_at_end(cursor.prefix, cursor.language, cursor.whole)
    finished = _why_not(cursor, place)
    if finished is not None and trigger is not Trigger.INVOKED:
        return finished
    if max_lines == 1 or after.strip():
        return Shape.LINE
    if finished in (_FINISHED_STATEMENT, _FINISHED_COMMENT):
        return Shape.BLOCK  # asked for by hand: what follows it
    return Shape.BLOCK if _is_block(cursor, place) else Shape.LINE


def _is_block(cursor: Cursor, place: Place) -> bool:
    before = cursor.line_before
    if place.where in (Where.LINE_COMMENT, Where.STRING):
        return False
    if place.where in (Where.TEXT, Where.BLOCK_COMMENT):
        # A docstring that has just been begun, or a line of its own in one.
        begun = cursor.prefix[place.start :].strip()
        return not before.strip() or begun in (place.closer, "/**") or _opens_fence(begun)
    return not before.strip() or opens_block(before, cursor.language)


def _opens_fence(begun: str) -> bool:
    return begun.startswith(FENCES) and "\n" not in begun


def _why_not(cursor: Cursor, place: Place) -> Rejection | None:
    """Return why nothing is to be suggested without being asked for; None if something may be."""
    before, after = cursor.line_before, cursor.line_after
    if len(before) > LONGEST_LINE:
        return _LONG_LINE
    if _is_encoded(before):
        return _DATA
    if place.where in (Where.LINE_COMMENT, Where.BLOCK_COMMENT):
        return _why_not_in_comment(cursor, place)
    if place.where is not Where.CODE:
        return None
    if after.strip("".join(CLOSERS)):
        return None
    if before.endswith(("*/", "-->")):
        return _FINISHED_COMMENT
    return _FINISHED_STATEMENT if _ends_statement(cursor) else None


def _why_not_in_comment(cursor: Cursor, place: Place) -> Rejection | None:
    if _is_licence(cursor):
        return _LICENCE
    if place.where is Where.LINE_COMMENT and not cursor.line_after:
        marks = "".join(spelling_of(cursor.language).line)
        text = cursor.prefix[place.start :].lstrip(marks + "!")
        if _is_sentence(text) and not text.endswith("..."):
            return _FINISHED_COMMENT
    return None


def _is_sentence(text: str) -> bool:
    """Say whether ``text`` is words up to a full stop, and the last of them no abbreviation."""
    # Not one expression for all of it: that takes the square of a long line's length.
    return bool(_LAST_WORD.search(text)) and len(text.split()) >= _SENTENCE_WORDS


def _is_licence(cursor: Cursor) -> bool:
    """Say whether there are only comments so far, and they speak of rights."""
    prefix = cursor.prefix
    if not cursor.whole or prefix.count("\n") > LICENCE_LINES:
        return False
    if not _LICENCE_WORDS.search(prefix):
        return False
    if prefix.lstrip().startswith(("/*", "<!--")):
        closer = "*/" if prefix.lstrip().startswith("/*") else "-->"
        return closer not in prefix
    return all(_COMMENT_LINE.match(line) for line in prefix.split("\n"))


def _is_encoded(before: str) -> bool:
    """Say whether ``before`` ends in what looks like a hash, a key or a long number."""
    tail = before[-200:]
    if found := _HEX.search(tail):
        return _digits(found.group()) >= _MIN_DIGITS
    if found := _BASE64.search(tail):
        text = found.group()
        return _digits(text) >= _MIN_DIGITS and text != text.lower() and text != text.upper()
    return False


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _ends_statement(cursor: Cursor) -> bool:
    """Say whether the line is a whole statement, and the cursor directly behind it."""
    before, language = cursor.line_before, cursor.language
    if not before or before[-1] not in ";})],":
        return False
    code = without_comment(before, language)
    if _ONLY_CLOSERS.match(code):
        return code[-1] in ";," or (language in _BRACED_STATEMENTS and _closes_statement(cursor))
    if code.endswith(";"):
        return language in _SEMICOLONS and _is_balanced(code, "({")
    return language == "python" and bool(_PYTHON_CALL.match(code)) and _begins_statement(cursor)


def _closes_statement(cursor: Cursor) -> bool:
    """Say whether the closing brace at the cursor ends a statement, not a value or an argument."""
    lines = cursor.prefix.split("\n")
    width = len(lines[-1]) - len(lines[-1].lstrip())
    if lines[-1].strip() != "}":
        return False
    for line in reversed(lines[-_BLOCK_LINES:-1]):
        if line.strip() and len(line) - len(line.lstrip()) <= width:
            if line.strip() == "{":
                continue
            return _is_balanced(line, "([") and not _VALUE.search(line)
    return False


def _is_balanced(code: str, openers: str) -> bool:
    closers = {"(": ")", "[": "]", "{": "}"}
    return all(code.count(opener) <= code.count(closers[opener]) for opener in openers)


def _begins_statement(cursor: Cursor) -> bool:
    """Say whether the cursor's line is no part of brackets that were opened above it."""
    if not _is_balanced(cursor.line_before, "([{"):
        return False
    above = cursor.prefix[: -len(cursor.line_before)].rstrip()
    return not above.endswith((",", "(", "[", "{", "\\", "+", "and", "or"))
