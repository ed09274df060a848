"""Never suggest the lines that stand below the cursor already."""

from __future__ import annotations

from codex_lsp.context.shape import CLOSERS
from codex_lsp.postprocess.base import Draft
from codex_lsp.types import Context, Rejection, RejectionReason


def trim_next_lines(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut before the first line that repeats the next line of the document.

    Only the next line that is not blank counts, and only if it says something: a lone bracket may
    stand twice.
    """
    below = next((line for line in context.suffix.split("\n")[1:] if line.strip()), "").strip()
    if not below or CLOSERS.issuperset(below):
        return draft
    position = 0
    for number, line in enumerate(draft.text.split("\n")):
        # The first line goes on from what stands left of the cursor.
        whole = (context.line_before + line) if number == 0 else line
        if whole.strip() == below:
            if not draft.text[:position].strip():
                return Rejection(
                    RejectionReason.REPEATS_SUFFIX,
                    "All that the model would add stands on the next line already.",
                )
            return draft.cut(position)
        position += len(line) + 1
    return draft
