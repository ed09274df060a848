"""Trailing blanks are never wanted, and a candidate of nothing but blanks is none."""

from __future__ import annotations

from codex_lsp.postprocess.base import Draft
from codex_lsp.postprocess.same_line import meets_text
from codex_lsp.types import Context, Rejection, RejectionReason


def trim_blanks(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut trailing blanks, but for one that parts the draft from the text on its right."""
    bare = len(draft.text.rstrip())
    if not bare:
        return Rejection(RejectionReason.EMPTY, "The model has nothing to add here.")
    parts = draft.text[bare : bare + 1] == " " and meets_text(draft, context)
    return draft.cut(bare + 1 if parts else bare)
