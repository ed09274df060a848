"""Which syntax errors are held against a candidate."""

from __future__ import annotations

import pytest
import tree_sitter_javascript
import tree_sitter_python
from tree_sitter import Language, Parser

from codex_lsp.ranking.parse_errors import ParseErrors, count_errors
from codex_lsp.types import Context, Shape

GRAMMARS = {"python": tree_sitter_python, "javascript": tree_sitter_javascript}


def parser(language: str) -> Parser:
    return Parser(Language(GRAMMARS[language].language()))


def errors(marked: str, language: str = "python") -> ParseErrors:
    prefix, suffix = marked.split("¦")
    return ParseErrors(Context(prefix, suffix, language, Shape.LINE), parser(language))


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
    context = Context("x = ", "", "", Shape.LINE)
    assert ParseErrors(context, None)("((", 0) == 0


def test_errors_and_missing_nodes_are_counted() -> None:
    assert count_errors(parser("python").parse(b"x = 1\n").root_node) == 0
    assert count_errors(parser("javascript").parse(b"f(1;\ng(];\n").root_node) == 2
