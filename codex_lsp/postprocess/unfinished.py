"""A sample that was cut off ends with what is whole in it."""

from __future__ import annotations

import re

from codex_lsp.postprocess.base import Draft, cut_before
from codex_lsp.postprocess.place import place_behind
from codex_lsp.syntax.lexical import Where, place_at_end
from codex_lsp.types import Context, FinishReason, Rejection, RejectionReason, Shape

_REJECTION = Rejection(
    RejectionReason.UNFINISHED,
    "The model began a comment or a string and did not come to its end.",
)
_CUT_OFF = frozenset({FinishReason.LENGTH, FinishReason.REPETITION})
_HALF_WORD = re.compile(r"[\w.]+$")
_CLOSES = re.compile(r"\s*[)\]}]+[;,]?")
_OF_LINES = frozenset({Where.TEXT, Where.BLOCK_COMMENT})


def trim_unfinished(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut the half line, or half word, and what is begun and never ends.

    1. A block that ran into the token limit loses its half last line; one of closing brackets only
       is as good as whole.
    2. A line that did so loses the string it does not close, or the word it ends with, which may be
       half a word; a line that is nothing but a word is kept, since it is all there is.
    3. A comment or a string of several lines that a block opens and does not close would swallow
       the code below it: its line goes.
    """
    result: Draft | Rejection = draft
    if draft.candidate.finish_reason in _CUT_OFF:
        whole, _, last = draft.text.rstrip().rpartition("\n")
        if whole.strip() and _CLOSES.fullmatch(last):
            result = draft.cut(len(draft.text.rstrip())).ended()
        elif whole.strip():
            whole = draft.text.rpartition("\n")[0]
            result = draft.cut(len(whole)).ended()
        else:
            result = _without_half(draft, context)
    return result if isinstance(result, Rejection) else _without_open_end(result, context)


def _without_half(draft: Draft, context: Context) -> Draft | Rejection:
    """Return a draft of one line up to where it is whole."""
    line = context.line_before + draft.text.lstrip("\n")
    place = place_at_end(line, context.language, whole=False)
    room = len(line) - place.start
    if place.where in (Where.STRING, Where.TEXT) and room <= len(draft.text):
        result = cut_before(draft, len(draft.text) - room, _REJECTION)
        return result if isinstance(result, Rejection) else result.ended()
    bare = draft.text.rstrip()
    if bare and bare != draft.text:
        # A blank follows the last word, so it is whole.
        return draft.cut(len(bare)).ended()
    found = _HALF_WORD.search(draft.text)
    if found is None or not draft.text[: found.start()].strip():
        return draft
    return draft.cut(len(draft.text[: found.start()].rstrip())).ended()


def _without_open_end(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut what the draft opens and leaves open; a first line alone may still be gone on with."""
    text = draft.text
    if context.shape is not Shape.BLOCK or "\n" not in text.strip():
        return draft
    place = place_behind(context, text)
    if place.where not in _OF_LINES or place.start < 0 or _is_closed_below(place.closer, context):
        return draft
    return cut_before(draft, text.rfind("\n", 0, place.start) + 1, _REJECTION)


def _is_closed_below(closer: str, context: Context) -> bool:
    """Say whether the document closes what nothing in it has opened: the user is about to."""
    suffix = context.suffix
    if closer == "*/":
        return closer in suffix and "/*" not in suffix.partition(closer)[0]
    return suffix.count(closer) % 2 == 1
