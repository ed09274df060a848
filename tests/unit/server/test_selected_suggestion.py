"""Beside the suggest widget only what goes on from its selected item is completed."""

from __future__ import annotations

import pytest
from lsprotocol import types

from codex_lsp.types import Rejection, RejectionReason
from codex_lsp_server.convert import at_odds, to_asked
from codex_lsp_server.documents import OpenDocument

AUTOMATIC = types.InlineCompletionTriggerKind.Automatic
INVOKED = types.InlineCompletionTriggerKind.Invoked


def params(
    start: int, cursor: int, selected: str | None, kind: types.InlineCompletionTriggerKind
) -> types.InlineCompletionParams:
    position = types.Position(0, cursor)
    info = (
        None
        if selected is None
        else types.SelectedCompletionInfo(
            range=types.Range(types.Position(0, start), position), text=selected
        )
    )
    return types.InlineCompletionParams(
        context=types.InlineCompletionContext(trigger_kind=kind, selected_completion_info=info),
        text_document=types.TextDocumentIdentifier(uri="file:///a.py"),
        position=position,
    )


@pytest.mark.parametrize(
    ("typed", "selected", "kind", "fits"),
    [
        ("du", "dumps", AUTOMATIC, True),
        ("Du", "dumps", AUTOMATIC, True),
        ("", "dumps", AUTOMATIC, True),
        ("item", "getItem", AUTOMATIC, False),
        ("item", "getItem", INVOKED, True),
        ("item", None, AUTOMATIC, True),
    ],
)
def test_a_selected_item_has_to_begin_with_what_was_typed(
    typed: str, selected: str | None, kind: types.InlineCompletionTriggerKind, fits: bool
) -> None:
    document = OpenDocument("file:///a.py", f"x.{typed}", version=1, language_id="python")
    found = at_odds(document, params(2, 2 + len(typed), selected, kind))
    if fits:
        assert found is None
    else:
        assert isinstance(found, Rejection)
        assert found.reason is RejectionReason.SUGGESTION_OPEN


def test_the_request_is_for_the_document_with_the_selected_item_in_it() -> None:
    document = OpenDocument("file:///a.py", "x.du", version=1, language_id="python")
    asked = to_asked(document, params(2, 4, "dumps", AUTOMATIC))
    assert (asked.request.document.text, asked.request.offset) == ("x.dumps", 7)
    assert asked.lead == "dumps"
