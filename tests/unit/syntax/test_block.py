"""Where blocks end, by indentation and brackets."""

from __future__ import annotations

import pytest

from codex_lsp.sampling import indent_width
from codex_lsp.syntax.block import EndOfBlock


@pytest.mark.parametrize(
    ("line", "width"),
    [("x", 0), ("  x", 2), ("\tx", 4), ("  \tx", 4), ("    \tx", 8), ("", 0), ("  ", 2)],
)
def test_indent_width(line: str, width: int) -> None:
    assert indent_width(line) == width


def block(
    text: str, indent: int, opened: bool, max_lines: int = 12, closed: bool = True
) -> str | None:
    keep = EndOfBlock(indent, opened, max_lines, closed=closed)(text)
    return None if keep is None else text[:keep]


def test_an_opened_block_ends_before_the_first_line_that_is_not_deeper() -> None:
    assert block("\n    a\n    b\nc", 0, opened=True, closed=False) == "\n    a\n    b"
    assert block("\n    a\n    b\n", 0, opened=True) is None
    text = "\n    a\n        b\n    c\n  d"
    assert block(text, 2, opened=True, closed=False) == "\n    a\n        b\n    c"


def test_an_opened_block_ends_with_its_closing_bracket() -> None:
    assert block("\n  a;\n}", 0, opened=True) is None
    assert block("\n  a;\n}\nb", 0, opened=True) == "\n  a;\n}"
    assert block("\n  a;\n});\nb", 0, opened=True) == "\n  a;\n});"


def test_a_block_goes_on_where_a_closing_line_opens_another() -> None:
    text = "\n  a;\n} else {\n  b;\n}\n"
    assert block(text, 0, opened=True) == text[:-1]


def test_blank_lines_inside_an_opened_block_stay() -> None:
    assert block("\n    a\n\n    b\nc", 0, opened=True, closed=False) == "\n    a\n\n    b"


def test_a_block_at_the_cursor_goes_on_at_its_own_level() -> None:
    assert block("a\n    b\n    c\nd", 4, opened=False) == "a\n    b\n    c"


def test_a_block_at_the_cursor_ends_with_its_paragraph() -> None:
    assert block("a\n    b\n\n    c", 4, opened=False) == "a\n    b"


def test_a_block_at_the_cursor_ends_behind_a_statement_with_lines_of_its_own() -> None:
    assert block("for x in y:\n    z(x)\nw", 0, opened=False) == "for x in y:\n    z(x)"


def test_a_statement_is_whole_only_with_its_other_branches() -> None:
    text = "if x:\n    y\nelse:\n    z\nw"
    assert block(text, 0, opened=False) == text[:-2]


def test_a_block_has_a_limit_of_lines() -> None:
    assert block("a\n  b\n  c\n  d", 2, opened=False, max_lines=2) == "a\n  b"


def test_a_line_that_has_only_blanks_yet_decides_nothing() -> None:
    assert block("\n    a\n  ", 0, opened=True) is None
