"""No licence headers: they are the likeliest text in any file, and nobody asked for one."""

from __future__ import annotations

import re

from codex_lsp.postprocess.base import Draft, cut_before, lines_of
from codex_lsp.postprocess.place import place_behind
from codex_lsp.syntax.lexical import Where
from codex_lsp.types import Context, Rejection, RejectionReason

_REJECTION = Rejection(
    RejectionReason.LICENCE, "The model began a licence, which only you can choose."
)
_MARKS = re.compile(
    r"copyright\s+(?:\(c\)|©|\d{4}|the\s|by\s)|©\s*\d{4}|\(c\)\s*\d{4}"
    r"|all\s+rights\s+reserved"
    r"|licen[sc]ed\s+(?:to\s+\S+.*\s+)?under\s"
    r"|permission\s+is\s+hereby\s+granted"
    r"|redistribution\s+and\s+use\s+in\s+source"
    r"|gnu\s+(?:lesser\s+|affero\s+)?general\s+public\s+licen[sc]e"
    r"|this\s+(?:program|file|library|software)\s+is\s+(?:free\s+software|part\s+of|licen[sc]ed)"
    r"|subject\s+to\s+the\s+terms\s+of\s+the"
    r"|spdx-license-identifier"
    r"|without\s+warrant(?:y|ies)\s"
    r"|\"as\s+is\"\s+basis",
    re.IGNORECASE,
)
_NEARBY_LINES = 12
"""A licence that the user has begun is one that is wanted."""
_COMMENT = re.compile(
    r"\s*(?:#|//|/\*|\*|--|<!--|;|%|\"\"\"|'''|\(c\)|©|copyright\b)", re.IGNORECASE
)
_PROSE = frozenset({"markdown", "plaintext", "latex", "html"})


def trim_licence(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut before the comment in which a licence begins.

    Only comments count: a program may well talk about licences, and so may prose.
    """
    if context.language in _PROSE:
        return draft
    for line in lines_of(draft.text, context):
        own = draft.text[line.start : line.end]
        if not _MARKS.search(line.whole):
            continue
        place = place_behind(context, draft.text[: line.start])
        inside = place.where is Where.BLOCK_COMMENT
        if not inside and not _COMMENT.match(line.whole):
            continue
        if _MARKS.search("\n".join(context.prefix.split("\n")[-_NEARBY_LINES:])):
            return draft
        if line.number == 0 and not _MARKS.search(own) and not own.strip():
            continue
        begin = _comment_start(draft.text, line.start)
        return cut_before(draft, min(begin, max(0, place.start)) if inside else begin, _REJECTION)
    return draft


def _comment_start(text: str, start: int) -> int:
    """Return where the run of comment lines begins that the line at ``start`` belongs to."""
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if not _COMMENT.match(text[above : start - 1]):
            break
        start = above
    return start
