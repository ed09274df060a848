"""What the typist's editor does with a key and a suggestion."""

from __future__ import annotations

import pytest

from codex_lsp.bench.editor import accepted_chars, stroke, strokes, typed_through
from codex_lsp.bench.service import Item


def test_a_key_is_a_character() -> None:
    assert stroke("ab", 1) == "b"


def test_enter_brings_the_indentation_of_the_next_line_with_text() -> None:
    assert stroke("if a:\n    b", 5) == "\n    "
    assert stroke("a\n\n\t b", 1) == "\n\n\t "
    assert strokes("if a:\n    b\n") == 8


def test_a_suggestion_stays_while_typing_agrees_with_it() -> None:
    ghost = Item("self.x", origin="cache", stream="7")
    assert typed_through(ghost, "se") == Item("lf.x", origin="cache", stream="7")
    assert typed_through(ghost, "x") is None
    assert typed_through(None, "s") is None


def test_a_suggestion_that_is_typed_out_is_gone() -> None:
    assert typed_through(Item("x  "), "x") is None


@pytest.mark.parametrize(
    ("text", "upcoming", "taken"),
    [
        ("abc", "abcd\n", 3),
        ("ab", "abcd\n", 0),
        (" a ", " a = 1", 0),
        ("return a", "return b", 0),
        ("return a\nreturn c", "return a\nreturn b", 8),
        ("return\nx", "return\ny", 0),
        ("return a\nx", "return ab\n", 0),
        ("\n    return a\n    c", "\n    return a\n    b", 13),
        ("return a", "return a", 8),
    ],
)
def test_what_is_accepted_is_what_comes_next(text: str, upcoming: str, taken: int) -> None:
    assert accepted_chars(Item(text), upcoming) == taken


def test_nothing_is_accepted_that_changes_what_stands_behind_the_cursor() -> None:
    assert accepted_chars(Item("abc", replaces=True), "abc") == 0
    assert accepted_chars(None, "abc") == 0
