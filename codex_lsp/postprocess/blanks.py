"""Trailing blanks are never wanted, and a candidate of nothing but blanks is none."""

from __future__ import annotations

from codex_lsp.postprocess.base import Draft
from codex_lsp.types import Context, Rejection, RejectionReason


def trim_blanks(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut trailing blanks and newlines."""
    trimmed = draft.cut(len(draft.text.rstrip()))
    if not trimmed.text:
        return Rejection(RejectionReason.EMPTY, "The model has nothing to add here.")
    return trimmed
