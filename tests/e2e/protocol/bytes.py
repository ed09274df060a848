"""What the tests of the protocol say to a server, and which server has handlers of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

MINI_SERVER = [sys.executable, str(Path(__file__).with_name("mini_server.py"))]
URI = "untitled:Untitled-1"
MARKER = "xyzzy_marker_41"
POSITION = {
    "textDocument": {"uri": URI},
    "position": {"line": 0, "character": 0},
    "context": {"triggerKind": 1},
}
INITIALIZE = {"processId": None, "rootUri": None, "capabilities": {}}
FIRST = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}


def error_code(answer: Any) -> int:
    assert set(answer) == {"jsonrpc", "id", "error"}, answer
    assert set(answer["error"]) == {"code", "message"}
    return int(answer["error"]["code"])
