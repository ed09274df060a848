"""Which syntax errors are held against a candidate."""

from __future__ import annotations

import pytest

from codex_lsp.completer import Completer
from codex_lsp.options import CompleterOptions, TermWeights
from codex_lsp.ranking.parse_errors import ParseErrors, count_errors
from codex_lsp.sampling import SamplingParams
from codex_lsp.syntax.grammars import parser_for
from codex_lsp.types import Completion, CompletionRequest, Context, Document, Shape
from tests.unit.fake_engine import FakeEngine, description


def errors(marked: str, language: str = "python") -> ParseErrors:
    prefix, suffix = marked.split("¦")
    return ParseErrors(Context(prefix, suffix, language, Shape.LINE))


@pytest.mark.parametrize(
    ("document", "text", "found"),
    [
        ("x = ¦\ny = 1\n", "f(1)", 0),
        ("x = ¦\ny = 1\n", "f(1", 2),
        ("x = ¦\ny = 1\n", "f(1))", 1),
        ("x = f(¦)\ny = 1\n", "a", 0),
        ("x = f(¦)\ny = 1\n", "a)", 1),
        ("def f():\n    ¦\n\nx = 1\n", "return (1", 1),
        ("def f():\n    ¦\n\nx = 1\n", "return 1", 0),
        ("def f():¦", "\n    return 1", 0),
        # What is wrong elsewhere is not the candidate's.
        ("a = = 1\nx = ¦\nif :\n", "f(1)", 0),
        ("a = = 1\nx = ¦\nif :\n", "f(1))", 1),
    ],
)
def test_only_new_errors_count(document: str, text: str, found: int) -> None:
    assert errors(document)(text, 0) == found


def test_text_that_is_replaced_does_not_count() -> None:
    assert errors("x = f(¦)\n")("a)", 1) == 0


def test_errors_are_counted_in_other_languages() -> None:
    count = errors("const a = ¦;\nb();\n", "javascript")
    assert [count(text, 0) for text in ("f(1)", "f(1", "[1, 2]")] == [0, 1, 0]


def test_without_a_grammar_nothing_is_found() -> None:
    assert errors("x = ¦", "plaintext")("((", 0) == 0


def test_errors_and_missing_nodes_are_counted() -> None:
    python, script = parser_for("python"), parser_for("javascript")
    assert python is not None and script is not None
    assert count_errors(python.parse(b"x = 1\n").root_node) == 0
    assert count_errors(script.parse(b"f(1;\ng(];\n").root_node) == 2


def test_a_candidate_that_brings_errors_loses_by_their_weight() -> None:
    rows = [(" f(1 2)\n", -0.5), (" f(2)\n", -0.9)]
    request = CompletionRequest(Document("x =", "python"), 3)
    firsts = []
    for weight in (0.0, 1.0, 2.0):
        options = CompleterOptions(
            profile="eager",
            sampling=SamplingParams(n=2, patience=None),
            terms=TermWeights(parse_errors=weight),
        )
        result = Completer(FakeEngine(rows), description()).complete(request, options).result
        assert isinstance(result, Completion)
        firsts.append(result.text)
    assert firsts == [" f(1 2)", " f(1 2)", " f(2)"]
