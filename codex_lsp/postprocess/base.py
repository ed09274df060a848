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
    :ivar trimmed_by: the names of the filters that changed it, in the order in which they ran
    """

    candidate: Candidate
    replaces: int = 0
    trimmed_by: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that would be inserted."""
        return self.candidate.text

    def cut(self, keep: int) -> Draft:
        """Return the draft with the first ``keep`` characters of its text."""
        if keep >= len(self.text):
            return self
        return replace(self, candidate=truncate(self.candidate, keep))


@dataclass(frozen=True, slots=True)
class Filter:
    """One rule: lets a draft pass, trims it, or rejects it with a reason.

    :ivar name: what traces and statistics call it; stable
    :ivar apply: a pure function
    """

    name: str
    apply: Callable[[Draft, Context], Draft | Rejection]


def apply_filters(
    candidate: Candidate, context: Context, filters: Sequence[Filter]
) -> Draft | Rejection:
    """Run ``candidate`` through ``filters``, in order, until one rejects it.

    Draft and rejection say which filters were at work.
    """
    draft = Draft(candidate)
    for step in filters:
        result = step.apply(draft, context)
        if isinstance(result, Rejection):
            return replace(result, by=step.name)
        if result is not draft and result != draft:
            draft = replace(result, trimmed_by=(*draft.trimmed_by, step.name))
    return draft
