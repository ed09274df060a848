"""A block that ran into the token limit ends with its last whole line."""

from __future__ import annotations

from codex_lsp.postprocess.base import Draft
from codex_lsp.types import Context, FinishReason, Rejection


def trim_unfinished(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut the half line at the end; a single half line is kept, since it is all there is."""
    if draft.candidate.finish_reason is not FinishReason.LENGTH:
        return draft
    whole = draft.text.rpartition("\n")[0]
    return draft.cut(len(whole)) if whole.strip() else draft
