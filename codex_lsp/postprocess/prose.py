"""A completion of code that turns into prose, and comments that go on and on."""

from __future__ import annotations

import re

from codex_lsp.postprocess.base import Draft, cut_before, lines_of
from codex_lsp.postprocess.place import is_among_words, is_comment, is_sentence, place_of
from codex_lsp.syntax.lexical import Where, stretches
from codex_lsp.types import Context, Rejection, RejectionReason

_PROSE_REJECTION = Rejection(
    RejectionReason.PROSE, "The model talks about the code instead of going on with it."
)
MAX_COMMENT_LINES = 6
"""So many comment lines in a row may be what was wanted; more are the model talking."""
_LANGUAGES = frozenset(
    "python javascript javascriptreact typescript typescriptreact go rust java c cpp csharp php "
    "kotlin scala swift dart css scss less json toml objective-c zig".split()
)
"""Where a line of words cannot be code. In SQL, in shells and in markup it can."""
_FENCE = re.compile(r"\s*(?:```|~~~)")


def trim_prose(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut before the first line that is not code.

    1. A fence of Markdown: the model answers as in a chat.
    2. A sentence that stands neither in a comment nor in a string.
    3. The lines of a comment past the sixth, unless a comment stands above the cursor.
    """
    if context.language not in _LANGUAGES:
        return draft
    place = place_of(context)
    if place.where in (Where.TEXT, Where.BLOCK_COMMENT) or is_among_words(context):
        return draft
    bare = _without_words(draft.text, context.prefix[place.start :], context.language)
    comments = 0
    for line in lines_of(draft.text, context):
        own = bare[line.start : line.end]
        if place.where is Where.CODE or line.number > 0:
            if _FENCE.match(own) or is_sentence(own):
                return cut_before(draft, line.start, _PROSE_REJECTION)
        if line.whole.strip() and not own.strip() and is_comment(line.whole, context.language):
            comments += 1
        elif line.whole.strip():
            comments = 0
        if comments > MAX_COMMENT_LINES:
            return cut_before(draft, line.start, _PROSE_REJECTION)
    return draft


def _without_words(text: str, start: str, language: str) -> str:
    """Return ``text`` with blanks in place of its comments and strings.

    :param start: the comment or string that the cursor stands in, up to the cursor
    """
    base = len(start)
    chars = list(text)
    for stretch in stretches(start + text, language):
        for index in range(max(stretch.start, base), max(stretch.end, base)):
            if chars[index - base] != "\n":
                chars[index - base] = " "
    return "".join(chars)
