"""The window is cut before line endings are normalised; it has to be the one of the whole text."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_lsp.context import ContextOptions, build_context
from codex_lsp.context.window import line_ending, normalise, window_start
from codex_lsp.types import CompletionRequest, Context, Document, Shape

texts = st.lists(st.sampled_from(["a", " ", "\n", "\r", "\r\n", "bc\n"]), max_size=40).map("".join)


@given(texts, texts, st.data())
def test_the_window_is_that_of_the_normalised_text(
    text: str, preceding: str, data: st.DataObject
) -> None:
    offset = data.draw(st.integers(0, len(text)))
    room = data.draw(st.integers(0, 12))
    document = Document(text, preceding=preceding)
    context = build_context(CompletionRequest(document, offset), ContextOptions(room, 5))
    if not isinstance(context, Context):
        return  # in the middle of a word
    whole = normalise(preceding) + normalise(text[:offset])
    start = window_start(whole, len(whole), room)
    assert (context.prefix, context.prefix_start) == (whole[start:], start)
    assert context.suffix == normalise(text[offset : offset + 5])


def test_a_context_carries_what_the_request_says_besides_the_text() -> None:
    document = Document("x = 1\r\ny = ", "python", "file:///a.py")
    context = build_context(
        CompletionRequest(document, 11, recalled=("2", "3")), ContextOptions(max_prefix_chars=5)
    )
    assert isinstance(context, Context)
    assert (context.uri, context.offset, context.language) == ("file:///a.py", 11, "python")
    assert context.recalled == ("2", "3")
    assert (context.prefix, context.prefix_start, context.line_ending) == ("y = ", 6, "\r\n")


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("", "\n"),
        ("a", "\n"),
        ("a\nb\r\n", "\n"),
        ("a\r\nb\n", "\r\n"),
        ("a\rb\n", "\r"),
        ("a\r", "\r"),
        ("\r\r\n", "\r"),
    ],
)
def test_the_first_line_ending_counts(text: str, ending: str) -> None:
    assert line_ending(text) == ending


@pytest.mark.parametrize(
    ("called", "language"),
    [("sh", "shellscript"), ("tsx", "typescriptreact"), ("python", "python"), ("", "")],
)
def test_a_language_has_one_name_whatever_the_editor_calls_it(called: str, language: str) -> None:
    context = build_context(CompletionRequest(Document("x", called), 1), ContextOptions())
    assert isinstance(context, Context)
    assert context.language == language


def test_what_is_found_out_about_a_context_goes_with_it_and_is_no_part_of_its_value() -> None:
    asked: list[str] = []

    def length(context: Context) -> int:
        asked.append(context.prefix)
        return len(context.prefix)

    context = Context("abc", "", "python", Shape.LINE)
    assert [context.once("length", length), context.once("length", length)] == [3, 3]
    longer = replace(context, prefix="abcd")
    assert longer.once("length", length) == 4
    assert asked == ["abc", "abcd"]
    assert context == Context("abc", "", "python", Shape.LINE)
    assert hash(context) == hash(Context("abc", "", "python", Shape.LINE))
    assert pickle.loads(pickle.dumps(context)) == context
