"""The server leaves when it is told to, whatever it is about to do."""

from __future__ import annotations

import sys
from pathlib import Path

from codex_lsp_server.host import GET_IT
from tests.e2e.raw_client import DEADLINE_S, RawClient

NEVER_DONE = """
import sys, threading
from codex_lsp_server.host import ModelSource
from codex_lsp_server.pygls_mends import serve_stdio
from codex_lsp_server.server import build_server

def pull(report):
    report("as long as it takes", 1)
    threading.Event().wait()

server = build_server(ModelSource("absent", pull))
sys.exit(serve_stdio(server, server.close))
"""


def test_a_model_that_is_being_made_does_not_hold_the_server_up(tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path)}
    with RawClient([sys.executable, "-c", NEVER_DONE], env) as client:
        client.initialize(
            capabilities={"window": {"workDoneProgress": True, "showMessage": {}}},
        )
        question = client.notified("window/showMessageRequest")
        client.send({"jsonrpc": "2.0", "id": question["id"], "result": {"title": GET_IT}})
        created = client.notified("window/workDoneProgress/create")
        client.send({"jsonrpc": "2.0", "id": created["id"], "result": None})
        while client.notified("$/progress")["params"]["value"].get("percentage") != 1:
            pass
        client.call("shutdown")
        client.notify("exit")
        assert client.process.wait(DEADLINE_S) == 0
