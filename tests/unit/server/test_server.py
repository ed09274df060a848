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
