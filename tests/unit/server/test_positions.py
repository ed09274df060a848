from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from codex_lsp_server.positions import (
    character_of_column,
    column_of_character,
    content_length,
    count_units,
    encoding_of,
    locate,
    position_of,
    split_lines,
)
from tests.unit.server.reference import ENCODINGS, characters, offset, spans, texts, width

encodings: Any = st.sampled_from(ENCODINGS)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a\n", ""]),
        ("a\r\nb\rc\n\r\n", ["a\r\n", "b\r", "c\n", "\r\n", ""]),
        ("\n\r", ["\n", "\r", ""]),
        ("a\fb\u2028c\x85d\n", ["a\fb\u2028c\x85d\n", ""]),
    ],
)
def test_split_lines(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@given(texts)
def test_lines_are_those_of_the_specification(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    contents = [line[: content_length(line)] for line in lines]
    assert contents == re.split("\r\n|\n|\r", text)


@pytest.mark.parametrize(
    ("encoding", "character", "column"),
    [
        # a 😀 é b: widths 1 4 2 1 in UTF-8, 1 2 1 1 in UTF-16
        ("utf-8", 1, 1),
        ("utf-8", 2, 1),
        ("utf-8", 4, 1),
        ("utf-8", 5, 2),
        ("utf-8", 6, 2),
        ("utf-8", 7, 3),
        ("utf-8", 8, 4),
        ("utf-8", 9, 4),
        ("utf-16", 2, 1),
        ("utf-16", 3, 2),
        ("utf-16", 5, 4),
        ("utf-16", 2**31 - 1, 4),
        ("utf-32", 2, 2),
        ("utf-32", 9, 4),
    ],
)
def test_column_of_character(encoding: Any, character: int, column: int) -> None:
    for ending in ("", "\n", "\r", "\r\n"):
        assert column_of_character("a😀éb" + ending, character, encoding) == column


@given(texts, st.integers(0, 5), characters, encodings)
def test_locate_equals_the_reference(text: str, line: int, character: int, encoding: Any) -> None:
    position = types.Position(line, character)
    lines = split_lines(text)
    number, column = locate(lines, position, encoding)
    assert spans(text)[number][0] + column == offset(text, line, character, encoding)
    assert position == types.Position(line, character)


@given(texts, encodings)
def test_every_column_comes_back(text: str, encoding: Any) -> None:
    lines = split_lines(text)
    for number, line in enumerate(lines):
        for column in range(content_length(line) + 1):
            position = position_of(lines, number, column, encoding)
            assert locate(lines, position, encoding) == (number, column)


@given(texts, encodings)
def test_units_are_counted_by_code_points(text: str, encoding: Any) -> None:
    assert count_units(text, encoding) == sum(width(char, encoding) for char in text)


@given(texts, st.lists(characters, min_size=2, max_size=2).map(sorted), encodings)
def test_order_is_kept(text: str, pair: list[int], encoding: Any) -> None:
    line = split_lines(text)[0]
    first, second = (column_of_character(line, character, encoding) for character in pair)
    assert first <= second


def test_a_column_in_the_line_ending_is_the_line_end() -> None:
    assert character_of_column("é\r\n", 2, "utf-8") == 2
    assert character_of_column("ab\r\n", 9, "utf-16") == 2


def test_a_long_line_is_no_trouble() -> None:
    line = "漢😀" * 300_000
    assert column_of_character(line, 750_000, "utf-16") == 500_000


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        (types.PositionEncodingKind.Utf8, "utf-8"),
        (types.PositionEncodingKind.Utf32, "utf-32"),
        ("utf-16", "utf-16"),
        ("utf-7", "utf-16"),
        (None, "utf-16"),
    ],
)
def test_encoding_of(value: str | None, encoding: str) -> None:
    assert encoding_of(value) == encoding
