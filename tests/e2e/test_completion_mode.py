"""Completions as a list, from the real server with the real model."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types

from tests.e2e.conftest import Editor, Start

ADD = "def add(a, b):\n    return "
ON = {"completionItems": True}


async def ask(editor: Editor, uri: str, line: int, character: int) -> types.CompletionList:
    """Ask for a list as clients do at a key pressed."""
    kind = types.CompletionTriggerKind.Invoked
    found = await editor.client.text_document_completion_async(
        types.CompletionParams(
            types.TextDocumentIdentifier(uri),
            types.Position(line, character),
            types.CompletionContext(kind),
        )
    )
    assert isinstance(found, types.CompletionList)
    return found


def edit_of(item: types.CompletionItem) -> types.TextEdit:
    assert isinstance(item.text_edit, types.TextEdit)
    return item.text_edit


def stream_of(item: types.CompletionItem) -> str:
    assert item.command is not None and item.command.arguments is not None
    (argument,) = item.command.arguments
    assert isinstance(argument, dict)
    return str(argument["id"])


async def test_a_list_is_offered_only_where_it_is_switched_on(start: Start) -> None:
    assert (await start()).server.completion_provider is None
    offered = (await start(ON)).server.completion_provider
    assert offered is not None
    assert offered.resolve_provider is True
    assert offered.trigger_characters is not None and "." in offered.trigger_characters


async def test_candidates_are_ranked_and_say_how_sure_they_are(start: Start) -> None:
    editor = await start(
        {**ON, "temperature": 1.5, "samples": 8, "patience": None, "maxLatencyMs": None}
    )
    found = await ask(editor, editor.open("import os\n\nfor name in "), 2, 12)
    assert len(found.items) >= 3
    assert found.is_incomplete
    assert [item.sort_text for item in found.items] == [
        f"{rank:04d}" for rank in range(len(found.items))
    ]
    shares = [int(str(item.detail).split()[1]) for item in found.items]
    assert shares == sorted(shares, reverse=True)


async def test_the_word_before_the_cursor_is_replaced_and_the_rest_reused(start: Start) -> None:
    editor = await start(ON)
    uri = editor.open(ADD)
    first = (await ask(editor, uri, 1, 11)).items[0]
    assert edit_of(first).new_text == "a + b"
    editor.type(uri, 1, 11, "a")
    second = (await ask(editor, uri, 1, 12)).items[0]
    assert edit_of(second) == types.TextEdit(
        types.Range(types.Position(1, 11), types.Position(1, 12)), "a + b"
    )
    assert second.filter_text == "a + b"
    # The same completion: the model was not asked again.
    assert stream_of(second) == stream_of(first)


@pytest.mark.parametrize(("encoding", "start_at"), [("utf-8", 11), ("utf-16", 9), ("utf-32", 8)])
async def test_edits_count_what_was_agreed_on(start: Start, encoding: str, start_at: int) -> None:
    editor = await start(ON, encodings=[encoding])
    uri = editor.open('x = "😀" + na')
    found = await ask(editor, uri, 0, start_at + 4)
    assert edit_of(found.items[0]).new_text.startswith("na")
    assert edit_of(found.items[0]).range == types.Range(
        types.Position(0, start_at + 2), types.Position(0, start_at + 4)
    )


async def test_resolving_shows_the_whole_candidate(start: Start) -> None:
    editor = await start({**ON, "maxLatencyMs": None})
    text = 'def fibonacci(n):\n    """Return the nth Fibonacci number."""\n    '
    item = (await ask(editor, editor.open(text), 2, 4)).items[0]
    assert item.documentation is None
    resolved = await editor.client.completion_item_resolve_async(item)
    assert isinstance(resolved.documentation, types.MarkupContent)
    assert resolved.documentation.value == f"```python\n{edit_of(item).new_text}\n```"
    assert len(edit_of(item).new_text.splitlines()) > 1
    assert item.label.endswith(" …")


async def test_nothing_is_an_empty_list(start: Start) -> None:
    editor = await start({**ON, "disabledLanguages": ["markdown"]})
    found = await ask(editor, editor.open("# A", language="markdown"), 0, 3)
    assert (list(found.items), found.is_incomplete) == ([], False)
    found = await ask(editor, editor.open("print", uri="file:///t/b.py"), 0, 3)
    assert (list(found.items), found.is_incomplete) == ([], True)


async def test_it_is_switched_on_and_off_while_the_server_runs(start: Start) -> None:
    editor = await start()
    push = editor.client.workspace_did_change_configuration
    uri = editor.open(ADD)
    push(
        types.DidChangeConfigurationParams(
            {"codexLsp": {"completionItems": True, "seed": 1, "profile": "eager"}}
        )
    )
    await editor.until(lambda: types.TEXT_DOCUMENT_COMPLETION in editor.registered)
    assert edit_of((await ask(editor, uri, 1, 11)).items[0]).new_text == "a + b"
    push(types.DidChangeConfigurationParams({"codexLsp": {"seed": 1, "profile": "eager"}}))
    await editor.until(lambda: types.TEXT_DOCUMENT_COMPLETION not in editor.registered)
    assert list((await ask(editor, uri, 1, 11)).items) == []


async def test_what_is_typed_meanwhile_takes_the_older_requests_place(start: Start) -> None:
    editor = await start(ON)
    uri = editor.open(ADD)
    older = asyncio.ensure_future(ask(editor, uri, 1, 11))
    await asyncio.sleep(0)
    editor.type(uri, 1, 11, "x")
    newer = await ask(editor, uri, 1, 12)
    assert list((await older).items) == []
    assert newer.items
