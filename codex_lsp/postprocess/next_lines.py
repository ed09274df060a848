"""Never suggest the lines that stand below the cursor already."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from codex_lsp.context.shape import is_word
from codex_lsp.postprocess.base import Draft, Line, cut_before, lines_of
from codex_lsp.postprocess.repetition import is_telling
from codex_lsp.types import Context, Rejection, RejectionReason

_REJECTION = Rejection(
    RejectionReason.REPEATS_SUFFIX,
    "All that the model would add stands on the next lines already.",
)
_NEAR = 0.6
"""Near lines have at least this share of their words in common, in order."""
_NEAR_LINES = 2
"""So many near lines in a row are the same lines; a single one may be meant."""
_DETAILS = re.compile(r"[\s'\"`;,]+")
_WORDS = re.compile(r"\w+|[^\w\s]")


def trim_next_lines(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut before the first line that repeats the next line of the document.

    1. The line is the next one, but for the kind of quotes, commas and semicolons. A line that says
       nothing, such as a lone bracket, may stand twice; and so may one that is indented otherwise,
       such as an early return.
    2. Two lines in a row are nearly the next two: words were only added, or only left out. Where
       words are others the lines are likely meant to be parallel.
    """
    below = [line for line in context.suffix.split("\n")[1:] if line.strip()]
    if not below:
        return draft
    says = any(map(is_word, below[0]))
    lines = [line for line in lines_of(draft.text, context) if line.whole.strip()]
    for index, line in enumerate(lines):
        same = says and _is_same(line, below[0], context.line_before)
        if same or _are_near(lines[index : index + _NEAR_LINES], below):
            return cut_before(draft, line.start, _REJECTION)
    return draft


def _is_same(line: Line, below: str, before: str) -> bool:
    # The blanks in front of an empty line are the editor's; of one with text they are meant.
    meant = line.number > 0 or before.strip()
    if meant and _indent(line.whole) != _indent(below):
        return False
    if line.whole.strip() == below.strip():
        return True
    return is_telling(line.whole) and _bare(line.whole) == _bare(below)


def _are_near(lines: Sequence[Line], below: Sequence[str]) -> bool:
    if len(lines) < _NEAR_LINES or len(below) < _NEAR_LINES:
        return False
    return all(
        is_telling(line.whole) and _is_near(line.whole, other)
        for line, other in zip(lines, below, strict=False)
    )


def _is_near(line: str, other: str) -> bool:
    """Say whether one line is the other with a few words more."""
    first, second = _WORDS.findall(line), _WORDS.findall(other)
    if Levenshtein.normalized_similarity(first, second, score_cutoff=_NEAR) < _NEAR:
        return False
    kinds = {step.tag for step in Levenshtein.editops(first, second)}
    return kinds <= {"insert"} or kinds <= {"delete"}


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _bare(line: str) -> str:
    return _DETAILS.sub("", line)
