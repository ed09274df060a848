"""Where samples end."""

from __future__ import annotations

import pytest

from codex_lsp.sampling import (
    EndOfBlock,
    SamplingParams,
    end_of_first_line,
    end_of_line,
    indent_width,
)


@pytest.mark.parametrize(
    ("text", "keep"), [("", None), ("ab", None), ("ab\n", 2), ("\nab", 0), ("a\n\nb", 1)]
)
def test_end_of_line(text: str, keep: int | None) -> None:
    assert end_of_line(text) == keep


@pytest.mark.parametrize(
    ("text", "keep"),
    [("", None), ("\n  ", None), ("\n  ab", None), ("\n  ab\n", 5), (" {\n", 2), ("\n\na\nb", 3)],
)
def test_end_of_first_line(text: str, keep: int | None) -> None:
    assert end_of_first_line(text) == keep


@pytest.mark.parametrize(
    ("line", "width"),
    [("x", 0), ("  x", 2), ("\tx", 4), ("  \tx", 4), ("    \tx", 8), ("", 0), ("  ", 2)],
)
def test_indent_width(line: str, width: int) -> None:
    assert indent_width(line) == width


def block(text: str, indent: int, opened: bool, max_lines: int = 12) -> str | None:
    keep = EndOfBlock(indent, opened, max_lines)(text)
    return None if keep is None else text[:keep]


def test_an_opened_block_ends_before_the_first_line_that_is_not_deeper() -> None:
    assert block("\n    a\n    b\nc", 0, opened=True) == "\n    a\n    b"
    assert block("\n    a\n    b\n", 0, opened=True) is None
    assert block("\n    a\n        b\n    c\n  d", 2, opened=True) == "\n    a\n        b\n    c"


def test_an_opened_block_ends_with_its_closing_bracket() -> None:
    assert block("\n  a;\n}", 0, opened=True) is None
    assert block("\n  a;\n}\nb", 0, opened=True) == "\n  a;\n}"
    assert block("\n  a;\n});\nb", 0, opened=True) == "\n  a;\n});"


def test_a_block_goes_on_where_a_closing_line_opens_another() -> None:
    text = "\n  a;\n} else {\n  b;\n}\n"
    assert block(text, 0, opened=True) == text[:-1]


def test_blank_lines_inside_an_opened_block_stay() -> None:
    assert block("\n    a\n\n    b\nc", 0, opened=True) == "\n    a\n\n    b"


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


@pytest.mark.parametrize(
    ("name", "value"),
    [("n", 0), ("n", 201), ("temperature", -0.1), ("top_p", 0.0), ("top_k", -1), ("max_tokens", 0)],
)
def test_what_no_engine_can_do_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        SamplingParams(**{name: value})
