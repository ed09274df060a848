"""Drop candidates that continue another text than the one that stands there now."""

from __future__ import annotations

from codex_lsp.postprocess.base import Draft
from codex_lsp.types import Context, FinishReason, Rejection, RejectionReason


def reject_mismatch(draft: Draft, context: Context) -> Draft | Rejection:
    """Reject what does not begin with what the prompt left out, or with what was typed since."""
    if draft.candidate.finish_reason is FinishReason.MISMATCH:
        return Rejection(
            RejectionReason.EMPTY, "The model would take back what was typed last instead."
        )
    if draft.candidate.finish_reason is FinishReason.TYPED_AWAY:
        return Rejection(
            RejectionReason.SUPERSEDED, "Something else was typed than what the samples say."
        )
    return draft
