"""What filters take and give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from codex_lsp.rows import truncate
from codex_lsp.types import Candidate, Context, Rejection


@dataclass(frozen=True, slots=True)
class Draft:
    """A candidate on its way to the editor.

    :ivar replaces: how many characters right of the cursor, on its line, the text replaces
    """

    candidate: Candidate
    replaces: int = 0

    @property
    def text(self) -> str:
        """The text that would be inserted."""
        return self.candidate.text

    def cut(self, keep: int) -> Draft:
        """Return the draft with the first ``keep`` characters of its text."""
        if keep >= len(self.text):
            return self
        return replace(self, candidate=truncate(self.candidate, keep))


Filter = Callable[[Draft, Context], "Draft | Rejection"]
"""Lets a draft pass, trims it, or rejects it with a reason."""


def apply_filters(
    candidate: Candidate, context: Context, filters: Sequence[Filter]
) -> Draft | Rejection:
    """Run ``candidate`` through ``filters``, in order, until one rejects it."""
    draft = Draft(candidate)
    for step in filters:
        result = step(draft, context)
        if isinstance(result, Rejection):
            return result
        draft = result
    return draft
