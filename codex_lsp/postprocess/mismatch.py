"""Drop candidates that do not begin with the blank that the prompt left to them."""

from __future__ import annotations

from codex_lsp.postprocess.base import Draft
from codex_lsp.types import Context, FinishReason, Rejection, RejectionReason


def reject_mismatch(draft: Draft, context: Context) -> Draft | Rejection:
    """Reject what continues another text than the user's."""
    if draft.candidate.finish_reason is FinishReason.MISMATCH:
        return Rejection(
            RejectionReason.EMPTY, "The model would take back what was typed last instead."
        )
    return draft
