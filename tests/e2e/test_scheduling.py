"""What the real server does while a user types on: the least that is needed."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

from tests.e2e.conftest import Editor, Start
from tests.e2e.test_server import ADD, FIBONACCI, accept_argument, texts


def origins(items: list[types.InlineCompletionItem]) -> set[str]:
    return {accept_argument(item)["origin"] for item in items}


async def likely_key(editor: Editor) -> str:
    """Return the key that the model expects at the end of the example."""
    uri = editor.open(FIBONACCI, uri="file:///t/other.py")
    return texts(await editor.complete(uri, 2, 4))[0][0]


async def test_what_was_typed_through_costs_the_model_nothing(start: Start) -> None:
    # The answer is waited for to its end: what the model does behind it is no part of the typing.
    editor = await start({"maxLatencyMs": None})
    uri = editor.open(ADD)
    assert origins(await editor.complete(uri, 1, 11)) == {"model"}
    before = await editor.performance()
    for column, key in enumerate("a + ", start=11):
        editor.type(uri, 1, column, key)
        items = await editor.complete(uri, 1, column + 1)
        assert texts(items)[0] == "a + b"[column - 10 :]
        assert origins(items) == {"cache"}
    # And back again.
    editor.replace(uri, 1, 12, 15, "")
    assert texts(await editor.complete(uri, 1, 12))[0] == " + b"
    after = await editor.performance()
    work = {**before["work"], "shownTokens": after["work"]["shownTokens"]}
    assert after["work"] == work
    assert after["answers"] == {"model": 1, "cache": 5}
    assert after["requests"] == 6


async def test_the_best_sibling_takes_the_place_of_what_was_typed_away(start: Start) -> None:
    editor = await start({"temperature": 1.5, "samples": 8})
    uri = editor.open("import os\n\nfor name in ")
    # Asked by hand all samples come to their end, not only the first ones.
    found = texts(await editor.complete(uri, 2, 12, invoked=True))
    rank = next(index for index, text in enumerate(found) if text[0] != found[0][0])
    first = next(text for text in found if text[0] == found[rank][0])
    editor.type(uri, 2, 12, first[0])
    items = await editor.complete(uri, 2, 13)
    assert texts(items)[0] == first[1:]
    assert origins(items) == {"sibling"}
    assert (await editor.performance())["answers"] == {"model": 1, "sibling": 1}


async def test_a_job_goes_on_while_the_user_types_what_it_says(start: Start) -> None:
    editor = await start()
    key = await likely_key(editor)
    uri = editor.open(FIBONACCI)
    older = asyncio.ensure_future(editor.complete(uri, 2, 4))
    await editor.performance()  # once this is answered the job has begun
    editor.type(uri, 2, 4, key)
    items = await editor.complete(uri, 2, 5)
    assert origins(items) == {"kept"}
    assert await older == []
    counts = await editor.performance()
    assert counts["answers"] == {"model": 1, "kept": 1}
    assert counts["rejections"] == {"superseded": 1}


async def test_a_cancelled_request_leaves_its_job_to_the_next_one(start: Start) -> None:
    editor = await start()
    key = await likely_key(editor)
    uri = editor.open(FIBONACCI)
    older = editor.client.protocol.send_request(
        types.TEXT_DOCUMENT_INLINE_COMPLETION, editor.params(uri, 2, 4), msg_id="7"
    )
    await editor.performance()
    # In the order in which VS Code does it.
    editor.type(uri, 2, 4, key)
    editor.client.cancel_request(types.CancelParams(id="7"))
    items = await editor.complete(uri, 2, 5)
    assert origins(items) == {"kept"}
    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wrap_future(older)
    counts = await editor.performance()
    assert counts["answers"] == {"model": 1, "kept": 1}
    assert counts["rejections"] == {"cancelled": 1}


async def test_what_follows_an_accepted_item_is_there_already(start: Start) -> None:
    editor = await start({"prefetch": True})
    uri = editor.open(ADD)
    item = (await editor.complete(uri, 1, 11))[0]
    text = texts([item])[0]
    while (await editor.performance())["cache"]["entries"] < 2:
        await asyncio.sleep(0.01)
    before = await editor.performance()
    editor.type(uri, 1, 11, text)
    editor.type(uri, 1, 11 + len(text), "\n    ")
    await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command="codexLsp.accept", arguments=[accept_argument(item)])
    )
    items = await editor.complete(uri, 2, 4)
    assert origins(items) == {"prefetch"}
    after = await editor.performance()
    assert after["work"]["decodedTokens"] == before["work"]["decodedTokens"]


async def test_the_counters_hold_no_source_code(start: Start) -> None:
    editor = await start()
    uri = editor.open(ADD, uri="file:///t/secret_name.py")
    # By hand it is waited for to the end, however long this machine takes.
    await editor.complete(uri, 1, 11, invoked=True)
    counts = await editor.performance()
    assert set(counts) == {
        "requests",
        "answers",
        "rejections",
        "work",
        "cache",
        "engine",
        "recent",
    }
    assert "secret_name" not in str(counts)
    assert "a + b" not in str(counts)
    (recent,) = counts["recent"]
    assert recent["origin"] == "model"
    assert 0 < recent["engineMs"] < recent["totalMs"]
