"""The document that the server holds equals the one that the editor holds, edit for edit."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.positions import split_lines
from tests.unit.server.reference import ENCODINGS, characters, edit, offset, spans, texts
from tests.unit.server.session import Session

URI = "file:///a%20b/c.py"

encodings: Any = st.sampled_from(ENCODINGS)
places = st.tuples(st.integers(0, 8), characters)
edits = st.one_of(texts, st.tuples(places, places, texts))


def position(place: tuple[int, int]) -> types.Position:
    return types.Position(*place)


def as_change(one: Any) -> types.TextDocumentContentChangeEvent:
    if isinstance(one, str):
        return types.TextDocumentContentChangeWholeDocument(one)
    start, end, new = one
    return types.TextDocumentContentChangePartial(types.Range(position(start), position(end)), new)


def over_the_wire(text: str) -> str:
    """JSON joins the two halves of a surrogate pair to one character."""
    return str(json.loads(json.dumps(text)))


def as_json(one: Any) -> dict[str, Any]:
    if isinstance(one, str):
        return {"text": one}
    start, end, new = one
    ends = [{"line": line, "character": character} for line, character in (start, end)]
    return {"range": {"start": ends[0], "end": ends[1]}, "text": new}


def after(text: str, one: Any, encoding: str) -> str:
    if isinstance(one, str):
        return one
    return edit(text, *one, encoding)


wired_texts = texts.map(over_the_wire)
wired_edits = st.one_of(wired_texts, st.tuples(places, places, wired_texts))


@settings(deadline=None, max_examples=300)
@given(texts, st.lists(edits, max_size=6), encodings)
def test_edits_equal_the_reference(text: str, changes: list[Any], encoding: Any) -> None:
    document = OpenDocument("untitled:x", text, encoding=encoding)
    for version, one in enumerate(changes, start=1):
        document.apply_changes([as_change(one)], version)
        text = after(text, one, encoding)
        assert document.source == text
        assert document.lines == tuple(split_lines(text))
        assert document.snapshot().text == text
        assert document.snapshot().version == version


@settings(deadline=None, max_examples=300)
@given(texts, st.lists(st.tuples(edits, places), max_size=6), encodings)
def test_offsets_equal_the_reference_while_the_text_is_edited(
    text: str, steps: list[tuple[Any, tuple[int, int]]], encoding: Any
) -> None:
    document = OpenDocument("untitled:x", text, encoding=encoding)
    for version, (one, place) in enumerate(steps, start=1):
        assert document.offset_at(position(place)) == offset(text, *place, encoding)
        document.apply_changes([as_change(one)], version)
        text = after(text, one, encoding)
        assert document.offset_at(position(place)) == offset(text, *place, encoding)


@pytest.fixture(scope="module")
def sessions() -> dict[str, Session]:
    return {encoding: Session(encoding) for encoding in ENCODINGS}


@settings(deadline=None)
@given(wired_texts, st.lists(wired_edits, max_size=6), st.sampled_from(ENCODINGS))
def test_messages_equal_the_reference(
    sessions: dict[str, Session], text: str, changes: list[Any], encoding: str
) -> None:
    session = sessions[encoding]
    session.open(URI, text)
    session.change(URI, 2, [as_json(one) for one in changes])
    for one in changes:
        text = after(text, one, encoding)
    document = session.server.documents.get_open_document(URI)
    assert document is not None
    assert document.source == text
    assert document.version == 2
    assert session.sent == []


@settings(deadline=None)
@given(texts, encodings)
def test_offsets_and_positions(text: str, encoding: Any) -> None:
    document = OpenDocument("untitled:x", text, encoding=encoding)
    contents = spans(text)
    for at in range(len(text) + 2):
        back = document.offset_at(document.position_at(at))
        # An offset between "\r" and "\n" has no position; it becomes the line's end.
        start, end = max(span for span in contents if span[0] <= at)
        assert back == min(at, end)
        assert start <= back
    assert document.position_at(-1) == types.Position(0, 0)


@given(texts, places, encodings)
def test_offset_at_equals_the_reference(text: str, place: tuple[int, int], encoding: Any) -> None:
    document = OpenDocument("untitled:x", text, encoding=encoding)
    assert document.offset_at(position(place)) == offset(text, *place, encoding)


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "expected"),
    [
        ("a\r", (1, 0), (1, 0), "\n", ["a\r\n", ""]),
        ("a\rx\n", (1, 0), (1, 1), "", ["a\r\n", ""]),
        ("a\rx\nb", (1, 0), (1, 1), "", ["a\r\n", "b"]),
        ("a\r\nb", (0, 1), (0, 1), "\r", ["a\r", "\r\n", "b"]),
        ("a\nb", (0, 1), (0, 1), "\r", ["a\r\n", "b"]),
        ("a\r\nb", (0, 1), (1, 0), "", ["ab"]),
        ("a\n", (5, 5), (9, 9), "b", ["a\n", "b"]),
        ("abc", (0, 2), (0, 1), "X", ["aXc"]),
        ("a\fb\u2028c\nd", (1, 0), (1, 1), "e", ["a\fb\u2028c\n", "e"]),
        ("", (0, 0), (0, 0), "\r\n", ["\r\n", ""]),
    ],
)
def test_edits_at_line_ends(
    text: str, start: tuple[int, int], end: tuple[int, int], new: str, expected: list[str]
) -> None:
    document = OpenDocument("untitled:x", text)
    document.apply_change(as_change((start, end, new)))
    assert document.lines == tuple(expected)


def test_a_snapshot_stays_as_it_was() -> None:
    document = OpenDocument("untitled:x", "a", version=1, language_id="python")
    before = document.snapshot()
    assert document.snapshot() is before
    document.apply_changes([as_change(((0, 1), (0, 1), "b"))], 2)
    assert (before.text, before.version, before.language) == ("a", 1, "python")
    assert (document.snapshot().text, document.snapshot().version) == ("ab", 2)
    document.apply_changes([], 3)
    assert document.snapshot().version == 3


def test_a_key_pressed_in_a_large_file_is_cheap() -> None:
    document = OpenDocument("untitled:x", "x" * 39 + "é\n" + "some code here\n" * 70_000)
    begun = time.perf_counter()
    for column in range(500):
        document.apply_change(as_change(((35_000, column), (35_000, column), "y")))
    # About 20 ms on the slowest machine tried. Splitting the text each time takes ten seconds.
    assert time.perf_counter() - begun < 2.5
