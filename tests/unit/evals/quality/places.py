"""A small file with holes, and outcomes written down by hand."""

from __future__ import annotations

from codex_lsp.evals.quality.attempts import Attempt, Outcome
from codex_lsp.evals.quality.corpus import SourceFile
from codex_lsp.evals.quality.holes import Hole
from codex_lsp.evals.quality.judging import Judgement

TEXT = "def add(a, b):\n    return a + b\n\n\ntotal = add(1, 2)\nprint(total)\n"


def source(text: str = TEXT, language: str = "python", name: str = "own.py") -> SourceFile:
    return SourceFile("own", name, language, language, text)


def hole(expected: str, kind: str = "operator", text: str = TEXT) -> Hole:
    """Cut ``expected``, which stands in the text once, out of it."""
    assert text.count(expected) == 1
    start = text.index(expected)
    return Hole(f"own/own.py:{start}:{kind}", kind, source(text), start, start + len(expected))


def shown(
    text: str,
    mean: float,
    exact: bool = False,
    similarity: float = 0.5,
    kept: float | None = None,
) -> Attempt:
    judgement = Judgement(exact, exact, 1.0 if exact else similarity, False, False, kept)
    return Attempt(text, "", 0, mean, 4, 0.5, judgement)


NOTHING = Attempt(None, "empty")


def outcome(
    *rows: Attempt, editor: Attempt = NOTHING, greedy: Attempt = NOTHING, name: str = "own/a.py:1"
) -> Outcome:
    return Outcome(name, "python", "start", 3, 10, editor, greedy, rows)
