"""What filters take and give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from codex_lsp.rows import truncate
from codex_lsp.types import Candidate, Context, FinishReason, Rejection, Token


@dataclass(frozen=True, slots=True)
class Draft:
    """A candidate on its way to the editor.

    :ivar replaces: how many characters right of the cursor, on its line, the text replaces
    :ivar trimmed_by: the names of the filters that changed it, in the order in which they ran
    :ivar joins: a text that may end within a word, because the candidate went on just as the rest
        of the line does
    """

    candidate: Candidate
    replaces: int = 0
    trimmed_by: tuple[str, ...] = ()
    joins: str = ""

    @property
    def text(self) -> str:
        """The text that would be inserted."""
        return self.candidate.text

    def cut(self, keep: int) -> Draft:
        """Return the draft with the first ``keep`` characters of its text."""
        if keep >= len(self.text):
            return self
        return replace(self, candidate=truncate(self.candidate, keep))

    def ended(self) -> Draft:
        """Return the draft as one that came to its end: what was half in it has been cut."""
        return replace(self, candidate=replace(self.candidate, finish_reason=FinishReason.STOP))

    def respell(self, pieces: Sequence[str]) -> Draft:
        """Return the draft with each character of its text replaced by one of ``pieces``.

        For blanks only: the tokens keep their log-probabilities.
        """
        position = 0
        tokens: list[Token] = []
        for token in self.candidate.tokens:
            end = position + len(token.text)
            tokens.append(replace(token, text="".join(pieces[position:end])))
            position = end
        return replace(self, candidate=replace(self.candidate, tokens=tuple(tokens)))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a draft, as it would stand in the document.

    :ivar number: 0 is the cursor's line
    :ivar start: where the draft's part of it begins, in the draft's text
    :ivar end: where it ends, without the line feed
    :ivar whole: the line; the first one begins with what stands left of the cursor
    """

    number: int
    start: int
    end: int
    whole: str


def lines_of(text: str, context: Context) -> Iterator[Line]:
    """Yield the lines of ``text``, as they would stand in the document."""
    start = 0
    for number, line in enumerate(text.split("\n")):
        end = start + len(line)
        yield Line(number, start, end, context.line_before + line if number == 0 else line)
        start = end + 1


def cut_before(draft: Draft, start: int, rejection: Rejection) -> Draft | Rejection:
    """Cut ``draft`` at ``start``; ``rejection`` where nothing but blanks is left."""
    if not draft.text[:start].strip():
        return rejection
    return draft.cut(len(draft.text[:start].rstrip()))


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

    What one filter cuts may be all that another let pass by, so they run until nothing changes:
    what is shown has passed all of them as it stands. Draft and rejection say which filters were at
    work.
    """
    draft = Draft(candidate)
    while True:
        before = draft
        for step in filters:
            result = step.apply(draft, context)
            if isinstance(result, Rejection):
                return replace(result, by=step.name)
            if result is not draft and result != draft:
                names = draft.trimmed_by
                names = names if step.name in names else (*names, step.name)
                draft = replace(result, trimmed_by=names)
        # Blanks at the end count: what stands before them is looked at otherwise without them.
        if draft.text == before.text and draft.replaces == before.replaces:
            return draft
