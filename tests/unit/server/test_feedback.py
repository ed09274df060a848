"""What editors tell of suggestions, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types

from codex_lsp_server.feedback import Feedback, Suggestion, column_of_text


def item(text: str, stream: str = "1", index: int = 0) -> dict[str, Any]:
    """An item as a client sends it back."""
    argument = {"id": stream, "index": index, "meanLogprob": -0.5}
    command = {"title": "Accept", "command": "codexLsp.accept", "arguments": [argument]}
    return {"insertText": text, "command": command}


def answered(text: str, stream: str = "1", index: int = 0) -> types.InlineCompletionItem:
    """An item as the server makes it."""
    command = types.Command(
        title="Accept", command="codexLsp.accept", arguments=[{"id": stream, "index": index}]
    )
    return types.InlineCompletionItem(insert_text=text, command=command)


class Told:
    """Feedback that notes what it hands on."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []
        self.heard: list[tuple[str, Any]] = []
        self.feedback = Feedback(self.cancelled.append)
        for name in ("shown", "accepted", "partly_accepted", "focus"):
            getattr(self.feedback, f"on_{name}").append(
                lambda what, name=name: self.heard.append((name, what))
            )


def test_each_piece_of_news_is_handed_on() -> None:
    told = Told()
    told.feedback.shown({"item": item("abc")})
    told.feedback.partly_accepted({"item": item("abc"), "acceptedLength": 1})
    told.feedback.accepted({"id": "1", "index": 2})
    told.feedback.focused({"textDocument": {"uri": "file:///a.py"}})
    told.feedback.focused({})
    assert told.heard == [
        ("shown", Suggestion("1", 0, "abc")),
        ("partly_accepted", Suggestion("1", 0, "abc", "a")),
        ("accepted", Suggestion("1", 2)),
        ("focus", "file:///a.py"),
        ("focus", None),
    ]


def test_accepting_the_first_item_or_a_part_of_it_cancels_nothing() -> None:
    told = Told()
    told.feedback.partly_accepted({"item": item("abc"), "acceptedLength": 1})
    told.feedback.accepted({"id": "1", "index": 0})
    assert told.cancelled == []


def test_a_part_of_a_sibling_ends_the_growth_of_the_first() -> None:
    told = Told()
    told.feedback.partly_accepted({"item": item("abc", "4", 2), "acceptedLength": 1})
    assert told.cancelled == ["4"]


def test_the_rest_of_a_partly_accepted_sibling_comes_first() -> None:
    told = Told()
    items = [answered("d"), answered("c", index=1)]
    assert told.feedback.order(items) == items
    told.feedback.partly_accepted({"item": item("abc", index=1), "acceptedLength": 2})
    assert told.feedback.order(items) == [items[1], items[0]]
    # Another completion's items stay as they are ranked.
    others = [answered("d", "2"), answered("c", "2", 1)]
    assert told.feedback.order(others) == others


def test_after_some_more_typing_it_still_does() -> None:
    told = Told()
    told.feedback.partly_accepted({"item": item("abcdef", index=1), "acceptedLength": 2})
    items = [answered("x"), answered("ef", index=1)]
    assert told.feedback.order(items) == [items[1], items[0]]


def test_an_item_accepted_as_a_whole_is_preferred_no_more() -> None:
    told = Told()
    told.feedback.partly_accepted({"item": item("abc", index=1), "acceptedLength": 2})
    told.feedback.accepted({"id": "1", "index": 1})
    items = [answered("d"), answered("c", index=1)]
    assert told.feedback.order(items) == items


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        {},
        {"item": None},
        {"item": {"insertText": "x"}},
        {"item": {"command": {"arguments": []}}},
        {"item": {"command": {"arguments": ["some id"]}}},
        {"item": {"command": {"arguments": [{"id": 7}]}}},
    ],
)
def test_what_is_no_item_of_ours_is_passed_over(params: object) -> None:
    told = Told()
    told.feedback.shown(params)
    told.feedback.partly_accepted(params)
    told.feedback.accepted(params)
    assert (told.heard, told.cancelled) == ([], [])


@pytest.mark.parametrize(
    ("text", "units", "column"),
    [("abc", 2, 2), ("abc", 9, 3), ("a😀\nb", 3, 2), ("a😀\nb", 4, 3), ("a\r\nä", 4, 4)],
)
def test_lengths_count_utf_16_over_line_ends(text: str, units: int, column: int) -> None:
    assert column_of_text(text, units) == column
