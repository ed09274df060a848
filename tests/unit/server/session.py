"""A session with the protocol object itself: JSON in, JSON out, no process and no threads."""

from __future__ import annotations

import json
from typing import Any

from codex_lsp_server.pygls_mends import MendedServer


class Session:
    """An initialized server whose answers are kept in ``sent``."""

    def __init__(self, *encodings: str, initialize: bool = True) -> None:
        self.server = MendedServer("test", "1")
        self.protocol = self.server.protocol
        self.sent: list[Any] = []
        self.protocol.set_writer(self)
        if initialize:
            self.initialize(*encodings)

    def initialize(self, *encodings: str) -> Any:
        general = {"positionEncodings": list(encodings)} if encodings else {}
        params = {"processId": None, "rootUri": None, "capabilities": {"general": general}}
        self.receive({"id": 0, "method": "initialize", "params": params})
        return self.sent.pop()["result"]["capabilities"]

    def receive(self, message: dict[str, Any]) -> None:
        """Hand a message to the server."""
        self.protocol.handle_body(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def notify(self, method: str, params: Any) -> None:
        self.receive({"method": method, "params": params})

    def open(self, uri: str, text: str, version: int = 1) -> None:
        item = {"uri": uri, "languageId": "python", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, changes: list[Any]) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def text(self, uri: str) -> str | None:
        document = self.server.documents.get_open_document(uri)
        return None if document is None else document.source

    def write(self, data: bytes) -> None:
        """The protocol's writer is the session itself."""
        headers, _, body = data.partition(b"\r\n\r\n")
        assert headers == b"Content-Length: %d" % len(body)
        self.sent.append(json.loads(body))

    def close(self) -> None:
        """Nothing to close."""
