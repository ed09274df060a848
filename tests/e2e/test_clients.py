"""The server as real editors meet it: with what each says of itself, recorded from it."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.e2e.conftest import Start, recorded_capabilities

ADD = "def add(a, b):\n    return "
FACE = 'x = "😀" + na'

END = {"utf-8": 15, "utf-16": 13, "utf-32": 12}
"""The end of that line, by what is counted."""

CLIENTS = {
    "visual-studio-code@v1.65.2": "utf-16",
    "neovim_v0.12": "utf-8",
    "neovim@v0.11.0": "utf-8",
    "neovim@v0.10.0": "utf-16",
    "emacs_lsp_mode_v10.0": "utf-32",
    "emacs_eglot_v1.9": "utf-16",
    "helix_v25.01": "utf-8",
    "sublime_text_lsp_v2": "utf-16",
}


@pytest.mark.parametrize("client", CLIENTS)
async def test_ghost_text_and_the_list(start: Start, client: str) -> None:
    encoding = CLIENTS[client]
    editor = await start({"completionItems": True}, capabilities=client)
    assert editor.server.position_encoding == encoding
    # Offered to each, for some can show it and do not say so.
    assert editor.server.inline_completion_provider is not None
    assert editor.server.completion_provider is not None

    items = await editor.complete(editor.open(ADD), 1, 11)
    assert items[0].insert_text == "a + b"

    uri = editor.open(FACE, uri="file:///t/b.py")
    end = END[encoding]
    found = await editor.client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(0, end))
    )
    assert isinstance(found, types.CompletionList)
    best = found.items[0]
    assert isinstance(best.text_edit, types.TextEdit)
    assert best.text_edit.new_text.startswith("na")
    assert best.text_edit.range == types.Range(types.Position(0, end - 2), types.Position(0, end))
    can = recorded_capabilities(client).text_document
    assert can is not None and can.completion is not None
    item = can.completion.completion_item
    assert (best.label_details is not None) is bool(item and item.label_details_support)
    assert (await editor.client.completion_item_resolve_async(best)).documentation is not None
