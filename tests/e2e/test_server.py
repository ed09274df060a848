"""What an editor gets from the real server with the real model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled
from pytest_lsp import LanguageClient

from codex_lsp_models.manifest import DEFAULT
from tests.e2e.conftest import Start

ADD = "def add(a, b):\n    return "
FIBONACCI = 'def fibonacci(n):\n    """Return the nth Fibonacci number."""\n    '


def texts(items: list[types.InlineCompletionItem]) -> list[str]:
    assert all(isinstance(item.insert_text, str) for item in items)
    return [str(item.insert_text) for item in items]


def accept_argument(item: types.InlineCompletionItem) -> dict[str, Any]:
    """Return what the client sends back when the item is accepted."""
    assert item.command is not None and item.command.arguments is not None
    (argument,) = item.command.arguments
    assert isinstance(argument, dict)
    return argument


async def test_a_line_is_completed(start: Start) -> None:
    editor = await start()
    items = await editor.complete(editor.open(ADD), 1, 11)
    assert texts(items)[0] == "a + b"
    at = types.Position(1, 11)
    assert items[0].range == types.Range(at, at)
    command = items[0].command
    assert command is not None and command.arguments is not None
    assert command.command == "codexLsp.accept"


async def test_lines_are_ranked_by_log_probability_and_all_different(start: Start) -> None:
    editor = await start({"temperature": 1.5, "samples": 8})
    uri = editor.open("import os\n\nfor name in ")
    # Asked by hand all samples come to their end, not only the first ones.
    items = await editor.complete(uri, 2, 12, invoked=True)
    assert len(items) >= 3
    assert len(set(texts(items))) == len(items)
    # What is known to be insecure comes last, and at this temperature something may be.
    ranks = [(bool(one["findings"]), -one["logprob"]) for one in map(accept_argument, items)]
    assert ranks == sorted(ranks)


async def test_a_block_comes_whole_to_a_client_that_cannot_show_it_grow(start: Start) -> None:
    editor = await start({"maxLatencyMs": None})
    items = await editor.complete(editor.open(FIBONACCI), 2, 4)
    assert len(texts(items)[0].splitlines()) > 1
    assert editor.partials == []


async def test_line_endings_are_those_of_the_document(start: Start) -> None:
    editor = await start({"maxLatencyMs": None})
    items = await editor.complete(editor.open(FIBONACCI.replace("\n", "\r\n")), 2, 4)
    text = texts(items)[0]
    assert "\r\n" in text
    assert "\n" not in text.replace("\r\n", "")


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
async def test_positions_count_what_was_agreed_on(start: Start, encoding: str, width: int) -> None:
    editor = await start(encodings=[encoding])
    chosen = editor.client.capabilities
    assert chosen is not None
    uri = editor.open('x = "😀" + na', uri="file:///t/b.py")
    # Behind the n there is the middle of a word, behind the a its end.
    end = len('x = "" + na') + width
    assert await editor.complete(uri, 0, end - 1) == []
    items = await editor.complete(uri, 0, end)
    assert items[0].range == types.Range(types.Position(0, end), types.Position(0, end))


async def test_an_auto_closed_bracket_is_replaced_or_left(start: Start) -> None:
    editor = await start()
    text = (
        "import json\n\ndef load(path):\n    with open(path) as file:\n        return json.load()\n"
    )
    items = await editor.complete(editor.open(text), 4, 25)
    assert texts(items)[0] == "file"


async def test_selected_suggestions_are_the_beginning_of_what_is_inserted(start: Start) -> None:
    editor = await start()
    text = "import json\n\ndef dump(value):\n    return json.d"
    span = types.Range(types.Position(3, 16), types.Position(3, 17))
    selected = types.SelectedCompletionInfo(range=span, text="dumps")
    items = await editor.complete(editor.open(text), 3, 17, selected_completion_info=selected)
    assert texts(items)[0].startswith("dumps(value")
    assert items[0].range == span


async def test_a_cell_goes_on_from_the_cells_above(start: Start) -> None:
    editor = await start()
    cells = ["total_price = 3\ntotal_price += 1", "# A note", "print(total_"]
    kinds = [
        types.NotebookCellKind.Code,
        types.NotebookCellKind.Markup,
        types.NotebookCellKind.Code,
    ]
    uris = [f"vscode-notebook-cell:/t/n.ipynb#{index}" for index in range(3)]
    editor.client.notebook_document_did_open(
        types.DidOpenNotebookDocumentParams(
            notebook_document=types.NotebookDocument(
                uri="file:///t/n.ipynb",
                notebook_type="jupyter-notebook",
                version=1,
                cells=[
                    types.NotebookCell(kind, uri) for kind, uri in zip(kinds, uris, strict=True)
                ],
            ),
            cell_text_documents=[
                types.TextDocumentItem(uri, "python", 1, text)
                for uri, text in zip(uris, cells, strict=True)
            ],
        )
    )
    items = await editor.complete(uris[2], 0, len(cells[2]))
    assert texts(items)[0].startswith("price")


async def test_untitled_documents_and_documents_that_are_not_open(start: Start) -> None:
    editor = await start()
    assert await editor.complete("untitled:Untitled-9", 0, 0) == []
    uri = editor.open(ADD, uri="untitled:Untitled-1")
    assert texts(await editor.complete(uri, 1, 11))[0] == "a + b"


async def test_nothing_is_an_empty_list(start: Start) -> None:
    editor = await start()
    uri = editor.open("", uri="file:///t/empty.py")
    result = await editor.client.text_document_inline_completion_async(editor.params(uri, 0, 0))
    assert isinstance(result, types.InlineCompletionList)
    assert list(result.items) == []


async def test_settings_change_while_the_server_runs(start: Start) -> None:
    editor = await start()
    uri = editor.open(ADD)
    push = editor.client.workspace_did_change_configuration
    push(types.DidChangeConfigurationParams({"codexLsp": {"enable": False}}))
    assert await editor.complete(uri, 1, 11) == []
    push(types.DidChangeConfigurationParams({"codexLsp": {"disabledLanguages": ["python"]}}))
    assert await editor.complete(uri, 1, 11) == []
    push(types.DidChangeConfigurationParams({"codexLsp": {"samples": 1, "temperature": 0}}))
    assert texts(await editor.complete(uri, 1, 11))[0] == "a + b"


async def test_a_wrong_setting_is_told_and_the_rest_counts(start: Start) -> None:
    editor = await start({"samples": "many", "enable": False, "colour": "red"})
    assert await editor.complete(editor.open(ADD), 1, 11) == []
    assert await editor.messages(2) == [
        "codex-lsp: The setting codexLsp.samples has to be a whole number, not a string; "
        "none is used instead.",
        "codex-lsp: There is no setting codexLsp.colour; it is ignored.",
    ]


async def test_settings_are_pulled_where_the_client_keeps_them(start: Start) -> None:
    def keep(client: LanguageClient) -> None:
        client.set_configuration({"enable": False}, section="codexLsp")

    editor = await start(prepare=keep)
    uri = editor.open(ADD)
    # The answer to this question comes after the settings: the client answers in order.
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    while await editor.complete(uri, 1, 11):
        await asyncio.sleep(0)
    editor.client.set_configuration(
        {"enable": True, "seed": 1, "profile": "eager"}, section="codexLsp"
    )
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    while not (items := await editor.complete(uri, 1, 11)):
        await asyncio.sleep(0)
    assert texts(items)[0] == "a + b"


async def test_a_called_off_request_is_answered_as_such_and_the_next_one_works(
    start: Start,
) -> None:
    editor = await start()
    uri = editor.open(FIBONACCI)
    await editor.complete(uri, 2, 4, invoked=True)
    running = editor.client.protocol.send_request(
        types.TEXT_DOCUMENT_INLINE_COMPLETION, editor.params(uri, 2, 4, invoked=True), msg_id="7"
    )
    editor.client.cancel_request(types.CancelParams(id="7"))
    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wrap_future(running)
    assert await editor.complete(uri, 2, 4, invoked=True)


async def test_a_newer_request_takes_the_older_ones_place(start: Start) -> None:
    editor = await start()
    uri = editor.open(FIBONACCI)
    older = asyncio.ensure_future(editor.complete(uri, 2, 4))
    await asyncio.sleep(0)
    editor.type(uri, 2, 4, "x")
    newer = asyncio.ensure_future(editor.complete(uri, 2, 5))
    assert await older == []
    assert await newer


async def test_an_answer_for_a_document_that_has_changed_is_dropped(start: Start) -> None:
    editor = await start()
    uri = editor.open(FIBONACCI)
    asked = asyncio.ensure_future(editor.complete(uri, 2, 4))
    await asyncio.sleep(0)
    editor.type(uri, 0, 0, "# changed\n")
    assert await asked == []


async def test_closing_a_document_ends_its_completion(start: Start) -> None:
    editor = await start()
    uri = editor.open(FIBONACCI)
    asked = asyncio.ensure_future(editor.complete(uri, 2, 4))
    await asyncio.sleep(0)
    editor.client.text_document_did_close(
        types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
    )
    assert await asked == []


async def test_a_completion_grows(start: Start) -> None:
    editor = await start({"partialCompletion": True})
    uri = editor.open(FIBONACCI)
    first = texts(await editor.complete(uri, 2, 4))[0]
    assert "\n" not in first
    partials = await editor.partials_until(lambda seen: bool(seen) and seen[-1].done)
    assert [item.seq for item in partials] == list(range(1, len(partials) + 1))
    assert [item.done for item in partials] == [False] * (len(partials) - 1) + [True]
    assert {item.uri for item in partials} == {uri}
    assert {(item.version, item.index) for item in partials} == {(1, 0)}
    grown = [first, *(item.insertText for item in partials)]
    for shorter, longer in zip(grown, grown[1:-1], strict=False):
        assert longer.startswith(shorter)
    assert len(grown[-1].splitlines()) > 1
    assert all(text == text.rstrip() for text in grown)


async def test_a_growing_completion_stops_when_the_client_says_so(start: Start) -> None:
    editor = await start({"partialCompletion": True, "maxTokens": 1000, "maxLines": 200})
    uri = editor.open(FIBONACCI)
    items = await editor.complete(uri, 2, 4)
    stream = accept_argument(items[0])["id"]
    editor.client.protocol.notify("codexLsp/cancelPartial", {"id": stream})
    partials = await editor.partials_until(lambda seen: bool(seen) and seen[-1].done)
    assert {item.id for item in partials} == {stream}
    # What has been accepted needs to grow no more either.
    items = await editor.complete(uri, 2, 4, invoked=True)
    accepted = accept_argument(items[0])
    await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command="codexLsp.accept", arguments=[accepted])
    )
    await editor.partials_until(lambda seen: seen[-1].done and seen[-1].id == accepted["id"])


async def test_typing_what_it_says_moves_a_growing_completion_along(start: Start) -> None:
    editor = await start({"partialCompletion": True})
    uri = editor.open(FIBONACCI)
    first = texts(await editor.complete(uri, 2, 4))[0]
    version = editor.type(uri, 2, 4, first[:2])
    rest = texts(await editor.complete(uri, 2, 6))[0]
    assert rest.startswith(first[2:])
    partials = await editor.partials_until(lambda seen: bool(seen) and seen[-1].done)
    moved = [item for item in partials if item.version == version]
    assert moved
    assert {(item.position.line, item.position.character) for item in moved} == {(2, 6)}
    assert moved[-1].insertText.startswith(first[2:])


async def test_typed_through_text_is_answered_by_what_is_left(start: Start) -> None:
    editor = await start()
    uri = editor.open(ADD)
    before = await editor.complete(uri, 1, 11)
    editor.type(uri, 1, 11, "a ")
    after = await editor.complete(uri, 1, 13)
    assert texts(after)[0] == "+ b"
    # The same completion: the model was not asked again.
    assert accept_argument(after[0])["id"] == accept_argument(before[0])["id"]


async def test_loading_shows_progress_and_early_requests_wait(start: Start) -> None:
    editor = await start()
    assert texts(await editor.complete(editor.open(ADD), 1, 11))[0] == "a + b"
    (reports,) = editor.client.progress_reports.values()
    assert [type(report).__name__ for report in reports] == [
        "WorkDoneProgressBegin",
        "WorkDoneProgressEnd",
    ]


@pytest.mark.timeout(400)
async def test_a_missing_model_is_offered_and_got(start: Start, tmp_path: Path) -> None:
    asked: list[str] = []

    def say_yes(client: LanguageClient) -> None:
        @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        def answer(params: types.ShowMessageRequestParams) -> types.MessageActionItem:
            asked.append(params.message)
            assert params.actions is not None
            return params.actions[0]

    editor = await start(home=tmp_path, prepare=say_yes)
    uri = editor.open(ADD)
    while not (items := await editor.complete(uri, 1, 11)):
        await asyncio.sleep(0.1)
    assert texts(items)[0] == "a + b"
    assert asked == [
        f"codex-lsp: The default model ({DEFAULT}) is not installed yet. "
        "Getting it downloads 93 MB, once."
    ]


async def test_a_missing_model_is_named_to_a_client_that_cannot_be_asked(
    start: Start, tmp_path: Path
) -> None:
    editor = await start(home=tmp_path, capabilities="neovim@v0.6.1")
    assert await editor.complete(editor.open(ADD), 1, 11) == []
    assert await editor.messages(1) == [
        f"codex-lsp: The default model ({DEFAULT}) is not installed yet; "
        "`codex-lsp models pull` gets it (93 MB)."
    ]


async def test_a_model_that_is_not_there_is_an_error_in_one_sentence(start: Start) -> None:
    editor = await start({"model": "nonsense"})
    assert await editor.complete(editor.open(ADD), 1, 11) == []
    assert await editor.messages(1) == [
        "codex-lsp: The model 'nonsense' is not installed; `codex-lsp models pull nonsense` gets "
        "it if it is one that codex-lsp knows."
    ]


async def test_another_model_is_loaded_when_the_setting_changes(
    start: Start, tmp_path: Path
) -> None:
    editor = await start({"model": "nonsense"})
    uri = editor.open(ADD)
    assert await editor.complete(uri, 1, 11) == []
    editor.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"codexLsp": {"seed": 1, "profile": "eager"}})
    )
    assert texts(await editor.complete(uri, 1, 11))[0] == "a + b"
