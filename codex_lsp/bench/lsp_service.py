"""The real server as a typist's editor sees it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codex_lsp.bench.rpc import METHOD_NOT_FOUND, REQUEST_CANCELLED, Connection, Received
from codex_lsp.bench.service import CANCELLED, Growth, Item, Reply
from codex_lsp.errors import BenchError

SERVER = (sys.executable, "-m", "codex_lsp", "serve", "--stdio")
PERFORMANCE_METHOD = "codexLsp/performance"
PARTIAL_METHOD = "codexLsp/partialCompletion"
AUTOMATIC = 2
"""``InlineCompletionTriggerKind.Automatic``."""
_CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {"inlineCompletion": {}},
    "window": {"workDoneProgress": True},
}


class LspService:
    """A server process with one document open. For one thread.

    :param options: settings, sent as initialization options
    :param growing: whether to say that suggestions may grow on screen, as the project's own
        plug-ins do
    :param folder: the project that the editor has open; None for none
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        growing: bool = True,
        command: Sequence[str] = SERVER,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Start the server and say hello.

        :raises BenchError: it does not start
        """
        self.connection = Connection(command, environment)
        # What a benchmark does is none of the user's statistics; and how fast suggestions come is
        # measured of all of them, those included that the user's profile would leave out.
        given = {"statistics": False, "profile": "eager", **options}
        given |= {"partialCompletion": True} if growing else {}
        hello = self.connection.call(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "capabilities": _CAPABILITIES,
                "initializationOptions": given,
                "workspaceFolders": None
                if folder is None
                else [{"uri": folder.as_uri(), "name": folder.name}],
            },
        )
        self.initialized_at = hello.at
        if "error" in hello.message:
            raise BenchError(f"The server cannot start: {hello.message['error']['message']}.")
        self.connection.notify("initialized", {})
        self._documents = 0
        self._uri = ""
        self._line = 0
        self._character = 0
        self._version = 0
        self._commands: dict[str, Mapping[str, Any]] = {}
        self._has_counters = True

    @property
    def version(self) -> int:
        """The document's version."""
        return self._version

    def open(self, text: str, offset: int, language: str) -> None:
        """Open a new document with the cursor at ``offset``."""
        self._documents += 1
        self._uri = f"file:///bench/{self._documents}"
        self._version = 1
        self._line, self._character = _position(text, offset)
        self._commands.clear()
        item = {"uri": self._uri, "languageId": language, "version": 1, "text": text}
        self.connection.notify("textDocument/didOpen", {"textDocument": item})

    def place(self, text: str, offset: int) -> None:
        """Move the cursor to ``offset`` of the document, whose text is ``text``."""
        self._line, self._character = _position(text, offset)

    def insert(self, text: str) -> None:
        """Insert at the cursor, and move it behind the text."""
        self._version += 1
        at = self._cursor()
        change = {"range": {"start": at, "end": at}, "text": text}
        self.connection.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": self._uri, "version": self._version},
                "contentChanges": [change],
            },
        )
        lines, units = _position(text, len(text))
        self._line += lines
        self._character = units if lines else self._character + units

    def ask(self) -> int:
        """Ask as an editor does while its user types."""
        return self.connection.request(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": self._uri},
                "position": self._cursor(),
                "context": {"triggerKind": AUTOMATIC},
            },
        )

    def cancel(self, request: int) -> None:
        """Call a request off."""
        self.connection.notify("$/cancelRequest", {"id": request})

    def news(self, timeout_s: float) -> Reply | Growth | None:
        """Return the next answer or growth; other messages are passed over."""
        received = self.connection.receive(timeout_s)
        if received is None:
            return None
        if received.message.get("method") == PARTIAL_METHOD:
            params = received.message["params"]
            return Growth(received.at, params["id"], params["version"], params["insertText"])
        if "id" in received.message and "method" not in received.message:
            return self._reply(received)
        return self.news(0.0)

    def accepted(self, item: Item) -> None:
        """Run the item's command, as an editor does when its user accepts it."""
        command = self._commands.get(item.stream)
        if command is not None:
            params = {"command": command["command"], "arguments": command["arguments"]}
            self.connection.request("workspace/executeCommand", params)

    def close_document(self) -> None:
        """Close the document."""
        self.connection.notify("textDocument/didClose", {"textDocument": {"uri": self._uri}})

    def performance(self) -> Mapping[str, Any] | None:
        """Return the server's counters; None when it has none."""
        if not self._has_counters:
            return None
        answer = self.connection.call(PERFORMANCE_METHOD, None).message
        if answer.get("error", {}).get("code") == METHOD_NOT_FOUND:
            self._has_counters = False
            return None
        if "error" in answer:
            raise BenchError(f"{PERFORMANCE_METHOD} failed: {answer['error']['message']}.")
        counters: Mapping[str, Any] = answer["result"]
        return counters

    def close(self) -> None:
        """End the server."""
        self.connection.close()

    def _cursor(self) -> dict[str, int]:
        return {"line": self._line, "character": self._character}

    def _reply(self, received: Received) -> Reply:
        message = received.message
        number = int(message["id"])
        if "error" in message:
            error = message["error"]
            text = CANCELLED if error["code"] == REQUEST_CANCELLED else str(error["message"])
            return Reply(received.at, number, error=text)
        result = message.get("result")
        if not isinstance(result, Mapping):
            return Reply(received.at, number)
        items = tuple(_item(raw) for raw in result["items"])
        if items and result["items"][0].get("command"):
            # Only the first is ever on screen.
            self._commands[items[0].stream] = result["items"][0]["command"]
        return Reply(received.at, number, items)


def _item(raw: Mapping[str, Any]) -> Item:
    command = raw.get("command") or {}
    (argument,) = command.get("arguments") or [{}]
    span = raw.get("range") or {}
    return Item(
        raw["insertText"],
        argument.get("origin", "model"),
        argument.get("id", ""),
        span.get("start") != span.get("end"),
    )


def _position(text: str, offset: int) -> tuple[int, int]:
    """Return line and UTF-16 units of ``offset``."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset), len(text[start:offset].encode("utf-16-le")) // 2
