"""The form that candidates take in a list, in every position encoding."""

from __future__ import annotations

import pytest
from lsprotocol import types

from codex_lsp.types import Rejection, RejectionReason
from codex_lsp_server.answers import Answer
from codex_lsp_server.completion_mode import (
    ItemSupport,
    documentation,
    resolve,
    to_inline,
    to_list,
)
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.positions import Encoding

LAZY = ItemSupport(label_details=True, markup=types.MarkupKind.Markdown, resolves=True)
EAGER = ItemSupport(markup=types.MarkupKind.PlainText)


def document(text: str, encoding: Encoding = "utf-16") -> OpenDocument:
    return OpenDocument("file:///a.py", text, version=1, language_id="python", encoding=encoding)


def answer(place: OpenDocument, *texts: str, replaces: int = 0) -> Answer:
    """Candidates for the document's end, or for before its last ``replaces`` characters."""
    start = place.position_at(len(place.source) - replaces)
    span = types.Range(start, place.position_at(len(place.source)))
    return Answer(
        items=[
            types.InlineCompletionItem(
                insert_text=text,
                range=span,
                command=types.Command(
                    title="Accept",
                    command="codexLsp.accept",
                    arguments=[{"id": "1", "index": index, "confidence": 0.61 - 0.24 * index}],
                ),
            )
            for index, text in enumerate(texts)
        ]
    )


def only(found: types.CompletionList) -> types.CompletionItem:
    (item,) = found.items
    return item


def edit_of(item: types.CompletionItem) -> types.TextEdit:
    assert isinstance(item.text_edit, types.TextEdit)
    return item.text_edit


def test_an_item_replaces_the_word_before_the_cursor() -> None:
    place = document("total = pri")
    item = only(to_list(answer(place, "ce * count"), place, LAZY))
    assert edit_of(item) == types.TextEdit(
        types.Range(types.Position(0, 8), types.Position(0, 11)), "price * count"
    )
    assert (item.label, item.filter_text) == ("price * count", "price * count")


@pytest.mark.parametrize(
    ("encoding", "start", "end"), [("utf-8", 9, 14), ("utf-16", 7, 11), ("utf-32", 6, 10)]
)
def test_the_word_is_measured_in_the_units_agreed_on(
    encoding: Encoding, start: int, end: int
) -> None:
    # The face takes four bytes or two units, the letter with dots two bytes.
    place = document('"😀" + grün', encoding)
    item = only(to_list(answer(place, "e"), place, LAZY))
    assert edit_of(item).new_text == "grüne"
    assert edit_of(item).range == types.Range(types.Position(0, start), types.Position(0, end))


def test_the_edit_reaches_past_the_cursor_where_the_candidate_replaces_a_bracket() -> None:
    place = document("print(na)")
    item = only(to_list(answer(place, "me)", replaces=1), place, LAZY))
    assert edit_of(item) == types.TextEdit(
        types.Range(types.Position(0, 6), types.Position(0, 9)), "name)"
    )


def test_items_sort_by_rank_and_show_their_confidence() -> None:
    place = document("x = ")
    found = to_list(answer(place, "a", "b"), place, LAZY)
    assert [item.sort_text for item in found.items] == ["0000", "0001"]
    shown = [item.label_details and item.label_details.description for item in found.items]
    assert shown == ["codex-lsp 61 %", "codex-lsp 37 %"]
    assert [item.detail for item in found.items] == [None, None]
    assert [item.detail for item in to_list(answer(place, "a"), place, EAGER).items] == [
        "codex-lsp 61 %"
    ]
    assert found.is_incomplete


def test_many_lines_are_labelled_by_the_first_and_inserted_as_they_are() -> None:
    place = document("def f():\n    ")
    text = "if n:\n        return n"
    item = only(to_list(answer(place, text), place, LAZY))
    assert item.label == "if n: …"
    assert item.filter_text == "if n:"
    assert edit_of(item).new_text == text
    assert item.insert_text_mode == types.InsertTextMode.AsIs
    assert item.insert_text_format == types.InsertTextFormat.PlainText


def test_a_client_that_indents_by_itself_gets_lines_without_the_cursors_indentation() -> None:
    place = document("def f():\n    ")
    adjusting = ItemSupport(adjusts_indentation=True)
    item = only(to_list(answer(place, "if n:\n        return n\n    x"), place, adjusting))
    assert edit_of(item).new_text == "if n:\n    return n\nx"
    assert item.insert_text_mode is None


def test_a_text_that_begins_with_a_line_end_has_a_label_and_something_to_filter_by() -> None:
    place = document("def f():")
    item = only(to_list(answer(place, "\n    return 1"), place, LAZY))
    assert (item.label, item.filter_text) == ("return 1", "return 1")


def test_a_long_label_is_cut() -> None:
    place = document("x = ")
    item = only(to_list(answer(place, "a" * 80), place, LAZY))
    assert item.label == "a" * 59 + "…"


def test_documentation_comes_when_asked_for_or_at_once() -> None:
    place = document("x = ")
    lazy = only(to_list(answer(place, "a\nb"), place, LAZY))
    assert lazy.documentation is None
    assert resolve(lazy, LAZY).documentation == types.MarkupContent(
        types.MarkupKind.Markdown, "```python\na\nb\n```"
    )
    assert only(to_list(answer(place, "a"), place, EAGER)).documentation == types.MarkupContent(
        types.MarkupKind.PlainText, "a"
    )
    assert only(to_list(answer(place, "a"), place, ItemSupport())).documentation == "a"


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    shown = documentation("```\ncode\n```", "markdown", LAZY)
    assert isinstance(shown, types.MarkupContent)
    assert shown.value == "````markdown\n```\ncode\n```\n````"


def test_what_is_no_item_of_ours_is_resolved_to_itself() -> None:
    foreign = types.CompletionItem(label="x", data=7)
    assert resolve(foreign, LAZY) == types.CompletionItem(label="x", data=7)


@pytest.mark.parametrize(
    ("reason", "incomplete"),
    [
        (RejectionReason.EMPTY, True),
        (RejectionReason.MODEL_LOADING, True),
        (RejectionReason.SUPERSEDED, True),
        (RejectionReason.DISABLED, False),
        (RejectionReason.SECRET_FILE, False),
    ],
)
def test_an_empty_list_says_whether_to_ask_again(reason: RejectionReason, incomplete: bool) -> None:
    found = to_list(Answer(rejection=Rejection(reason)), document("x"), LAZY)
    assert (list(found.items), found.is_incomplete) == ([], incomplete)


def test_a_place_outside_of_the_text_is_put_inside() -> None:
    place = document("ab\ncd")
    asked = to_inline(
        types.CompletionParams(types.TextDocumentIdentifier("file:///a.py"), types.Position(9, 9)),
        place,
    )
    assert asked.position == types.Position(1, 2)
    assert asked.context.trigger_kind == types.InlineCompletionTriggerKind.Automatic


def test_support_is_read_from_the_capabilities() -> None:
    assert ItemSupport.of(types.ClientCapabilities()) == ItemSupport()
    item = types.ClientCompletionItemOptions(
        documentation_format=[types.MarkupKind.PlainText],
        label_details_support=True,
        resolve_support=types.ClientCompletionItemResolveOptions(properties=["detail"]),
    )
    can = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(
            completion=types.CompletionClientCapabilities(completion_item=item)
        )
    )
    assert ItemSupport.of(can) == ItemSupport(label_details=True, markup=types.MarkupKind.PlainText)


@pytest.mark.parametrize(
    ("known", "adjusts"),
    [
        (None, True),
        ([types.InsertTextMode.AdjustIndentation], True),
        (list(types.InsertTextMode), False),
    ],
)
def test_whether_it_indents_by_itself(
    known: list[types.InsertTextMode] | None, adjusts: bool
) -> None:
    modes = known and types.ClientCompletionItemInsertTextModeOptions(value_set=known)
    can = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(
            completion=types.CompletionClientCapabilities(
                completion_item=types.ClientCompletionItemOptions(insert_text_mode_support=modes),
                insert_text_mode=types.InsertTextMode.AdjustIndentation,
            )
        )
    )
    assert ItemSupport.of(can).adjusts_indentation is adjusts


def insecure(place: OpenDocument) -> Answer:
    (item,) = answer(place, "eval(a)").items
    assert item.command is not None
    (facts,) = item.command.arguments or ()
    facts["findings"] = ["eval", "unverified_tls"]
    return Answer([item])


def test_an_insecure_candidate_is_marked_in_the_list_and_explained() -> None:
    place = document("x = ")
    lazy = only(to_list(insecure(place), place, LAZY))
    assert lazy.label_details is not None
    assert lazy.label_details.description == "codex-lsp 61 %, insecure"
    assert resolve(lazy, LAZY).documentation == types.MarkupContent(
        types.MarkupKind.Markdown,
        "Insecure: Text is run as code.\n\n"
        "Insecure: The server's certificate is not verified.\n\n"
        "```python\neval(a)\n```",
    )
    eager = only(to_list(insecure(place), place, EAGER))
    assert eager.detail == "codex-lsp 61 %, insecure"


@pytest.mark.parametrize("findings", [None, "eval", ["nothing", 3], {"eval": 1}])
def test_findings_that_a_client_has_made_up_are_left_out(findings: object) -> None:
    edit = types.TextEdit(types.Range(types.Position(0, 4), types.Position(0, 4)), "a")
    item = types.CompletionItem("a", text_edit=edit, data={"findings": findings})
    assert resolve(item, ItemSupport()).documentation == "a"
