"""Brackets, tags and words, read by tree-sitter or plainly."""

from __future__ import annotations

import pytest

from codex_lsp.syntax import tree
from codex_lsp.syntax.block import EndOfBlock
from codex_lsp.syntax.grammars import parser_for
from codex_lsp.syntax.headers import lead_of
from codex_lsp.syntax.plain import PlainReader, closing_words
from codex_lsp.syntax.structure import Mark, Structure
from codex_lsp.syntax.tree import MAX_BYTES, TreeReader


def parsed(language: str, text: str, lead: str = "") -> Structure:
    parser = parser_for(language)
    assert parser is not None
    return TreeReader(parser, language, lead)(text)


def found(structure: Structure, text: str) -> list[str]:
    """Write the marks as ``+word`` and ``-word``."""
    return [
        f"{'+' if mark.opens else '-'}{text[mark.start : mark.end]}" for mark in structure.marks
    ]


@pytest.mark.parametrize(
    ("language", "text", "marks"),
    [
        ("python", "f(a[1], '(')  # (", ["+(", "+[", "-]", "-)"]),
        ("javascript", "`${a}` + /[(]/", ["+${", "-}"]),
        ("ruby", "return if x\ny = if z\nend", ["+if", "-end"]),
        ("ruby", "while x do\nend", ["+while", "-end"]),
        ("ruby", "x.map do |y|\nend", ["+do", "-end"]),
        ("shellscript", "case $x in\n a) b ;;\nesac", ["+case", "-esac"]),
        ("shellscript", "echo if $(ls)", ["+$(", "-)"]),
        ("sql", "SELECT CASE WHEN a THEN b END", ["+CASE", "-END"]),
        ("html", "<p>a<br></p>", ["+<", "->", "+<p>", "+<", "->", "+</", "->", "-</p>"]),
        ("typescript", "a < b && c > d", []),
        ("json", '{"a": "}"}', ["+{", "-}"]),
    ],
)
def test_a_tree_tells_what_opens_from_what_looks_like_it(
    language: str, text: str, marks: list[str]
) -> None:
    assert found(parsed(language, text), text) == marks


@pytest.mark.parametrize(
    ("language", "text", "marks"),
    [
        ("python", "f(a[1], '(')  # (", ["+(", "+[", "-]", "-)"]),
        ("ruby", "return if x\ny = if z\nend", ["+if", "-end"]),
        ("ruby", "while x do\nend", ["+while", "-end"]),
        ("ruby", "x.map do |y|\nend", ["+do", "-end"]),
        ("ruby", "x.end :if", []),
        ("lua", "local f = function() if x then end end", ["+function", "+(", "-)", "+if", "-end"]),
        ("shellscript", "for a in b; do\ndone", ["+do", "-done"]),
        ("shellscript", "cat <<EOF\n{\n", []),
        ("elixir", "fn x -> x end", ["+fn", "-end"]),
        ("elixir", "if x, do: y", []),
        ("markdown", "a (b", []),
    ],
)
def test_plain_reading(language: str, text: str, marks: list[str]) -> None:
    assert found(PlainReader(language)(text), text)[: len(marks) or None] == marks


def test_strings_over_several_lines_are_spans() -> None:
    assert parsed("python", 'x = """a\nb"""').spans[-1] == (4, 13)
    assert parsed("python", "é = '''a\nb'''", "ü = 1\n").spans[-1] == (4, 13)
    assert PlainReader("python")('x = """a\nb').spans == ((4, 12),)
    # Not closed yet: whatever comes belongs to it, and no bracket in it counts.
    open_one = parsed("python", 'x = """a\n(')
    assert (open_one.marks, open_one.spanned(10)) == ((), True)


def test_what_stands_left_of_the_cursor_counts_for_the_grammar_only() -> None:
    assert parsed("css", "color: red;\n}", "a {\n  ").marks == (Mark(12, 13, False),)


def test_long_texts_and_slow_parsing_are_read_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "y if x\n" * (MAX_BYTES // 7 + 1) + "z = if a\n"
    assert found(parsed("ruby", text), text) == ["+if"]
    monkeypatch.setattr(tree, "MAX_PARSE_S", -1.0)
    # Plain reading does not know that these are parts of a regular expression.
    assert found(parsed("javascript", "/[(]/"), "/[(]/") == ["+[", "+(", "-]"]


def test_the_lead_has_the_headers_of_what_the_cursor_is_in() -> None:
    prefix = (
        "import os\n\nclass A(\n    B,\n):\n    x = 1\n\n    def f(\n        self,\n    ) -> int:\n"
        "        if x:\n            pass\n        y = "
    )
    assert lead_of(prefix) == (
        "class A(\n    B,\n):\n    def f(\n        self,\n    ) -> int:\n        y = "
    )


def test_words_close_where_a_language_has_them() -> None:
    assert closing_words("ruby") == {"end"}
    assert closing_words("shellscript") == {"fi", "done", "esac"}
    assert closing_words("python") == frozenset()
    assert closing_words("unheard-of") == {"end"}


def test_the_structure_is_read_once_a_line() -> None:
    texts: list[str] = []

    def read(text: str) -> Structure:
        texts.append(text)
        return Structure()

    rule = EndOfBlock(0, opened=True, read=read)
    for text in ("\n", "\n a", "\n ab", "\n ab\n", "\n ab\n c"):
        assert rule(text) is None
    assert texts == ["\n ab"]
