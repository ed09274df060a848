"""What the filters do to code that is right: each hole's own text in the place of a sample.

No model is needed, so there can be many more holes than a model has time for.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from codex_lsp.context import ContextOptions, build_context
from codex_lsp.context.shape import is_word
from codex_lsp.evals.quality.corpus import LANGUAGES
from codex_lsp.evals.quality.holes import KINDS, Hole
from codex_lsp.evals.table import Table
from codex_lsp.postprocess import FILTERS, apply_filters
from codex_lsp.types import (
    Candidate,
    CompletionRequest,
    Context,
    Document,
    FinishReason,
    Rejection,
    Token,
)

_PIECES = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
_HALF = "span before half a word"
_MAX_EXAMPLES = 3
_EXAMPLE_CHARS = 60


def spelled(text: str, finish: FinishReason = FinishReason.STOP) -> Candidate:
    """Return ``text`` as a candidate whose tokens are words, as those of a model are."""
    return Candidate(tuple(Token(0, piece, -1.0) for piece in _PIECES.findall(text)), finish)


def context_at(hole: Hole, options: ContextOptions | None = None) -> Context | Rejection:
    """Return what the pipeline sees at a hole, or why it completes nothing there.

    :param options: None for the editor's, with one line where a line is missing
    """
    if options is None:
        options = ContextOptions()
        if hole.kind != "block":
            options = replace(options, max_lines=1)
    document = Document(hole.before + hole.after, hole.file.language, f"file:///{hole.file.name}")
    return build_context(CompletionRequest(document, hole.start), options)


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of the right text at a hole.

    :ivar filters: those that changed it for the worse, or the one that rejected it; none when the
        file comes to be what it was, but for blanks at the ends of lines
    :ivar shown: what is left of it; None when it was rejected
    """

    hole: Hole
    filters: tuple[str, ...]
    shown: str | None


def effect_at(hole: Hole) -> Effect | None:
    """Return what the filters do to the hole's own text; None where nothing would be completed."""
    context = context_at(hole)
    if isinstance(context, Rejection):
        return None
    result = apply_filters(spelled(hole.expected), context, FILTERS)
    if isinstance(result, Rejection):
        return Effect(hole, (result.by,), None)
    whole = hole.before + result.text + hole.after[result.replaces :]
    same = _bare(whole) == _bare(hole.file.text)
    return Effect(hole, () if same else result.trimmed_by, result.text)


def _bare(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n")]


def false_positive_tables(effects: Sequence[Effect]) -> list[Table]:
    """Return how often each filter harms right code, by language and by kind, with examples.

    The first leaves out where the rest of a word stands right of the cursor: pieces of words are
    refused there, and rightly so when a model makes them.
    """
    whole = [item for item in effects if _kind(item.hole) != _HALF]
    return [
        _table("False positives by language", whole, LANGUAGES, lambda hole: hole.file.group),
        _table("False positives by kind of hole", effects, (*KINDS, _HALF), _kind),
        _examples_table(whole),
    ]


def _kind(hole: Hole) -> str:
    in_word = hole.kind == "span" and is_word(hole.expected[-1]) and is_word(hole.after[:1])
    return _HALF if in_word else hole.kind


def _table(
    title: str,
    effects: Sequence[Effect],
    parts: Sequence[str],
    part_of: Callable[[Hole], str],
) -> Table:
    totals = Counter(part_of(item.hole) for item in effects)
    names = [name for name in parts if totals[name]]

    def row(name: str, own: Sequence[Effect]) -> tuple[str, ...]:
        harmed = Counter(part_of(item.hole) for item in own)
        cells = (_share(harmed[part], totals[part]) for part in names)
        rejected = sum(item.shown is None for item in own)
        return (name, *cells, _share(len(own), len(effects)), str(rejected))

    rows = [row(step.name, _harmed_by(step.name, effects)) for step in FILTERS]
    rows.append(row("any", [item for item in effects if item.filters]))
    rows.append(("holes", *(str(totals[name]) for name in names), str(len(effects)), ""))
    header = ("filter", *(f"{name}, %" for name in names), "all, %", "refused")
    return Table(title, header, tuple(rows), "Of the holes: where the right text is harmed.")


def _harmed_by(name: str, effects: Sequence[Effect]) -> list[Effect]:
    return [item for item in effects if name in item.filters]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}" if part else "0"


def _examples_table(effects: Sequence[Effect]) -> Table:
    rows = []
    for step in FILTERS:
        for item in _harmed_by(step.name, effects)[:_MAX_EXAMPLES]:
            shown = "nothing" if item.shown is None else _quoted(item.shown)
            rows.append((step.name, item.hole.id, _quoted(item.hole.expected), shown))
    header = ("filter", "hole", "right text", "what is left")
    none = ("none", "", "", "")
    return Table("False positives: the first of each", header, tuple(rows) or (none,))


def _quoted(text: str) -> str:
    short = text if len(text) <= _EXAMPLE_CHARS else f"{text[:_EXAMPLE_CHARS]}…"
    return f"`{json.dumps(short, ensure_ascii=False)}`"
