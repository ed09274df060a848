"""The server as a whole in this process, with a written model: what its parts make together."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from codex_lsp import model_dir
from codex_lsp.model_dir import ModelDir
from codex_lsp.statistics import store
from codex_lsp_server import server as server_module
from codex_lsp_server import ui
from codex_lsp_server.host import ModelSource
from codex_lsp_server.server import CodexLanguageServer, build_server
from tests.unit.engine_thread import Engines
from tests.unit.fake_engine import FakeEngine, description
from tests.unit.server.asking import until

NOTEBOOK, CELL = "file:///n.ipynb", "vscode-notebook-cell:/n.ipynb#W0"


class Client:
    """Speaks to the server in JSON."""

    def __init__(self, server: CodexLanguageServer) -> None:
        self.server = server
        self.sent: list[Any] = []
        self._ids = 0
        server.protocol.set_writer(self)

    def write(self, data: bytes) -> None:
        """The server's writer is the client itself."""
        self.sent.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def close(self) -> None:
        """Nothing to close."""

    def notify(self, method: str, params: Any) -> None:
        self._receive({"method": method, "params": params})

    async def ask(self, method: str, params: Any) -> Any:
        self._ids += 1
        number = self._ids
        self._receive({"id": number, "method": method, "params": params})
        await until(lambda: any(message.get("id") == number for message in self.sent))
        return next(m["result"] for m in self.sent if m.get("id") == number)

    async def start(self, **options: Any) -> None:
        given = {"processId": None, "rootUri": None, "capabilities": {}}
        await self.ask("initialize", {**given, "initializationOptions": options})
        self.notify("initialized", {})

    async def answer(self, method: str, result: Any) -> None:
        """Answer the server's next request of that method."""
        self._receive({"id": await self._asked(method), "result": result})

    async def refuse(self, method: str) -> None:
        """Answer the server's next request of that method with an error."""
        error = {"code": -32601, "message": "no"}
        self._receive({"id": await self._asked(method), "error": error})

    async def _asked(self, method: str) -> Any:
        await until(lambda: any(message.get("method") == method for message in self.sent))
        request = next(message for message in self.sent if message.get("method") == method)
        self.sent.remove(request)
        return request["id"]

    def statuses(self) -> list[Any]:
        """All that was told of the status."""
        return [m["params"] for m in self.sent if m.get("method") == "didChangeStatus"]

    def change_cell(self, version: int, *changes: Any) -> None:
        text = {"document": {"uri": CELL, "version": version}, "changes": list(changes)}
        self.notify(
            "notebookDocument/didChange",
            {
                "notebookDocument": {"uri": NOTEBOOK, "version": version},
                "change": {"cells": {"textContent": [text]}},
            },
        )

    def _receive(self, message: dict[str, Any]) -> None:
        self.server.protocol.handle_body(json.dumps({"jsonrpc": "2.0", **message}).encode())


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Client]:
    engines = Engines(FakeEngine(*[[("a + b\n", -1.0)]] * 4))
    monkeypatch.setattr(server_module, "start_engine", engines.start)
    monkeypatch.setattr(model_dir, "find", lambda name: ModelDir(Path("nowhere"), description()))
    monkeypatch.setenv(store.SWITCH, str(tmp_path / "statistics.sqlite3"))
    monkeypatch.setenv("CODEX_LSP_TUNING", "off")
    client = Client(build_server(ModelSource("fake")))
    yield client
    await client.server.close()


def inserted(line: int, character: int, text: str) -> dict[str, Any]:
    place = {"line": line, "character": character}
    return {"range": {"start": place, "end": place}, "text": text}


def open_notebook(client: Client) -> None:
    cell = {"kind": 2, "document": CELL}
    client.notify(
        "notebookDocument/didOpen",
        {
            "notebookDocument": {
                "uri": NOTEBOOK,
                "notebookType": "jupyter-notebook",
                "version": 1,
                "cells": [cell],
            },
            "cellTextDocuments": [
                {"uri": CELL, "languageId": "python", "version": 1, "text": "x = \n"}
            ],
        },
    )


async def test_what_becomes_of_a_suggestion_in_a_notebook_is_followed(client: Client) -> None:
    await client.start(samples=1, profile="eager")
    open_notebook(client)
    answer = await client.ask(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": CELL},
            "position": {"line": 0, "character": 4},
            "context": {"triggerKind": 1},
        },
    )
    [item] = answer["items"]
    assert item["insertText"] == "a + b"
    client.change_cell(2, inserted(0, 4, "a + b"))
    command = {key: item["command"][key] for key in ("command", "arguments")}
    await client.ask("workspace/executeCommand", command)
    client.change_cell(3, inserted(0, 0, "import os\n\n"))
    client.change_cell(4)
    document = client.server.documents.get_open_document(CELL)
    assert document is not None
    assert (document.version, document.source) == (4, "import os\n\nx = a + b\n")
    client.notify(
        "notebookDocument/didClose",
        {"notebookDocument": {"uri": NOTEBOOK}, "cellTextDocuments": [{"uri": CELL}]},
    )
    totals = (await client.ask("codexLsp/statistics", {}))["totals"]
    assert (totals["accepted"], totals["keptAfter10min"]) == (1, 1)


async def test_a_cell_that_is_taken_away_is_forgotten(client: Client) -> None:
    await client.start(samples=1, profile="eager")
    open_notebook(client)
    await client.ask(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": CELL},
            "position": {"line": 0, "character": 4},
            "context": {"triggerKind": 1},
        },
    )
    assert (await client.ask("codexLsp/performance", None))["cache"]["entries"] == 1
    structure = {"array": {"start": 0, "deleteCount": 1}, "didClose": [{"uri": CELL}]}
    client.notify(
        "notebookDocument/didChange",
        {
            "notebookDocument": {"uri": NOTEBOOK, "version": 2},
            "change": {"cells": {"structure": structure}},
        },
    )
    assert (await client.ask("codexLsp/performance", None))["cache"]["entries"] == 0


async def test_the_status_says_that_completions_are_off_whatever_is_at_hand(
    client: Client,
) -> None:
    off = {"kind": "Inactive", "busy": False, "message": "Completions are switched off."}
    await client.start(statusNotification=True, enable=False)
    await until(lambda: off in client.statuses())
    client.notify("textDocument/didFocus", {})
    client.notify("textDocument/didFocus", {"textDocument": {"uri": "output:log"}})
    await client.ask("codexLsp/performance", None)
    assert client.statuses()[-1] == off


async def test_the_status_is_of_the_document_at_hand_when_settings_change(client: Client) -> None:
    await client.start(statusNotification=True)
    item = {"uri": "file:///a.md", "languageId": "markdown", "version": 1, "text": ""}
    client.notify("textDocument/didOpen", {"textDocument": item})
    client.notify("textDocument/didFocus", {"textDocument": {"uri": "file:///a.md"}})
    settings = {"codexLsp": {"disabledLanguages": ["markdown"]}}
    client.notify("workspace/didChangeConfiguration", {"settings": settings})
    message = "Completions are switched off in markdown documents."
    await until(
        lambda: {"kind": "Inactive", "busy": False, "message": message} in client.statuses()
    )


async def test_the_command_line_wins_over_the_clients_settings() -> None:
    log = logging.getLogger("codex_lsp_server")
    before = log.level
    fixed = {"log_level": "info", "model": "named"}
    client = Client(build_server(ModelSource("fake"), fixed))
    try:
        await client.start(logLevel="error", model="other", samples=2)
        await until(lambda: log.level == logging.INFO)
        settings = client.server.configuration.settings
        assert (settings.model, settings.samples) == ("named", 2)
    finally:
        await client.server.close()
        log.setLevel(before)


@pytest.mark.parametrize("arguments", [None, [], [{"id": "1", "index": 0}], [{"id": "1"}, 2]])
async def test_acceptances_are_taken_whatever_comes_with_them(
    client: Client, arguments: list[Any] | None
) -> None:
    await client.start()
    params = {"command": "codexLsp.accept", "arguments": arguments}
    if arguments is None:
        del params["arguments"]
    assert await client.ask("workspace/executeCommand", params) is None


async def test_settings_that_are_taken_away_are_those_of_the_beginning(client: Client) -> None:
    capabilities = {"workspace": {"configuration": True}}
    given = {"processId": None, "rootUri": None, "capabilities": capabilities}
    await client.ask("initialize", {**given, "initializationOptions": {"samples": 3}})
    client.notify("initialized", {})

    def in_force() -> tuple[bool, int | None]:
        settings = client.server.configuration.settings
        return settings.enable, settings.samples

    for answer, expected in [
        ({"enable": False}, (False, None)),
        ({}, (True, 3)),
        ({"enable": False, "samples": 2}, (False, 2)),
        (None, (True, 3)),
    ]:
        await client.answer("workspace/configuration", [answer])
        await until(lambda expected=expected: in_force() == expected)
        client.notify("workspace/didChangeConfiguration", {"settings": None})
    await client.refuse("workspace/configuration")
    client.notify("workspace/didChangeConfiguration", {"settings": {"codexLsp": {"samples": 5}}})
    await until(lambda: in_force() == (True, 5))
    # What is pushed while it asks is newer than the answer that there is nothing.
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.notify("workspace/didChangeConfiguration", {"settings": {"codexLsp": {"samples": 6}}})
    await client.answer("workspace/configuration", [None])
    await client.ask("codexLsp/performance", None)
    assert in_force() == (True, 6)


@pytest.mark.parametrize(
    "change",
    [
        {**inserted(0, 4, "a"), "rangeLength": -1},
        {"range": None, "text": "x = a\n"},
    ],
)
async def test_what_clients_get_wrong_changes_cells_all_the_same(
    client: Client, change: dict[str, Any]
) -> None:
    await client.start()
    open_notebook(client)
    client.change_cell(2, change)
    assert cell_text(client) == "x = a\n"


async def test_a_cells_decoration_does_not_matter(client: Client) -> None:
    await client.start()
    open_notebook(client)
    cell = {"kind": 2, "document": CELL, "metadata": None, "executionSummary": {"success": True}}
    text = {"document": {"uri": CELL, "version": 2}, "changes": [inserted(0, 4, "a")]}
    client.notify(
        "notebookDocument/didChange",
        {
            "notebookDocument": {"uri": NOTEBOOK, "version": 2},
            "change": {"cells": {"data": [cell], "textContent": [text]}},
        },
    )
    assert cell_text(client) == "x = a\n"


async def test_a_cell_with_a_change_that_cannot_be_read_is_not_known_any_more(
    client: Client,
) -> None:
    await client.start()
    open_notebook(client)
    client.change_cell(2, {"range": "all of it", "text": "y"})
    assert cell_text(client) is None


def cell_text(client: Client) -> str | None:
    document = client.server.documents.get_open_document(CELL)
    return None if document is None else document.source


async def test_a_client_that_makes_no_room_for_progress_gets_completions(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui, "_CREATE_LIMIT_S", 0.05)
    capabilities = {"window": {"workDoneProgress": True}}
    given = {"processId": None, "rootUri": None, "capabilities": capabilities}
    options = {"samples": 1, "profile": "eager"}
    await client.ask("initialize", {**given, "initializationOptions": options})
    client.notify("initialized", {})
    open_notebook(client)
    place = {"textDocument": {"uri": CELL}, "position": {"line": 0, "character": 4}}
    request = {**place, "context": {"triggerKind": 1}}
    answer = await client.ask("textDocument/inlineCompletion", request)
    assert [item["insertText"] for item in answer["items"]] == ["a + b"]
    # It comes too late, and harms nothing.
    await client.answer("window/workDoneProgress/create", None)
    again = await client.ask("textDocument/inlineCompletion", request)
    assert [item["insertText"] for item in again["items"]] == ["a + b"]
