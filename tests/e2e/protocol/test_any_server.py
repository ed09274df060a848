"""Nothing but the protocol is asked for, so this holds for every command of ``server_command``."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.protocol.bytes import (
    FIRST,
    INITIALIZE,
    MARKER,
    POSITION,
    URI,
    error_code,
)
from tests.e2e.raw_client import DEADLINE_S, RawClient, frame, notification


class TestAnyServer:
    def test_a_session_ends_with_code_0_and_says_nothing(self, client: RawClient) -> None:
        client.initialize()
        assert client.stop() == 0
        assert client.stderr == ""
        assert client.garbage == b""

    def test_exit_without_shutdown_is_code_1(self, client: RawClient) -> None:
        client.initialize()
        client.notify("exit")
        assert client.exit_code() == 1
        assert client.stderr == ""

    def test_exit_before_initialize(self, client: RawClient) -> None:
        client.notify("exit", {})
        assert client.exit_code() == 1

    def test_input_closed_at_once(self, client: RawClient) -> None:
        client.close_input()
        assert client.exit_code() == 1
        assert client.stderr == ""

    @pytest.mark.parametrize(
        "rest", [b"Content-Le", b"Content-Length: 50\r\n", b'Content-Length: 50\r\n\r\n{"jso']
    )
    def test_input_ends_in_the_middle(self, client: RawClient, rest: bytes) -> None:
        client.initialize()
        client.send_bytes(rest)
        client.close_input()
        assert client.exit_code() == 1
        assert client.stderr == ""

    def test_input_ends_after_shutdown(self, client: RawClient) -> None:
        client.initialize()
        client.call("shutdown")
        client.close_input()
        assert client.exit_code() == 0

    @pytest.mark.parametrize(
        "bad",
        [
            b"nonsense\r\n\r\n",
            b"Content-Type: x\r\n\r\n{}",
            b"Content-Length: -5\r\n\r\n{}",
            b"Content-Length: abc\r\n\r\n{}",
            b"Content-Length:\r\n\r\n{}",
            b"Content-Length: 99999999999\r\n\r\n{}",
            b"Content-Length: 999999999999999999999999999999\r\n\r\n{}",
            b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            b"X-Long: " + b"x" * 300_000 + b"\r\n\r\n{}",
            b"".join(b"X-%d: y\r\n" % number for number in range(9000)) + b"\r\n{}",
            b"Content-Length: " + b" " * 20_000 + b"2\r\n\r\n{}",
            b"\x00\xff\xfe\n",
        ],
    )
    def test_malformed_header_is_answered_and_passed_over(
        self, session: RawClient, bad: bytes
    ) -> None:
        session.send_bytes(bad)
        request = session.make_request("foo")
        session.send(request)
        assert error_code(session.reply(None)) == -32700
        assert error_code(session.reply(request["id"])) == -32601

    @pytest.mark.parametrize(
        "header",
        [
            b"content-length: %d\r\n\r\n",
            b"CONTENT-LENGTH:%d\r\n\r\n",
            b"Content-Length : %d\n\n",
            b"Content-Type: a/b; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
            b"Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\n\r\n",
            b"\r\n\n\r\nContent-Length: %d\r\n\r\n",
        ],
    )
    def test_headers_that_are_only_unusual(self, session: RawClient, header: bytes) -> None:
        request = session.make_request("foo")
        body = json.dumps(request).encode()
        session.send_bytes(header % len(body) + body)
        assert error_code(session.reply(request["id"])) == -32601

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"nonsense", b"\xff\xfe\xfd", b'{"a": "\xff"}', b"[" * 100_000]
    )
    def test_a_body_that_is_no_json(self, session: RawClient, body: bytes) -> None:
        session.send(body)
        assert error_code(session.reply(None)) == -32700

    @pytest.mark.parametrize(
        ("message", "msg_id"),
        [
            ([], None),
            (5, None),
            (None, None),
            ("shutdown", None),
            ({}, None),
            ({"jsonrpc": "2.0", "id": 9}, 9),
            ({"jsonrpc": "1.0", "id": "a", "method": "shutdown"}, "a"),
            ({"id": 9, "method": "shutdown"}, 9),
            ({"jsonrpc": "2.0", "id": None, "method": "shutdown"}, None),
            ({"jsonrpc": "2.0", "id": 1.5, "method": "shutdown"}, None),
            ({"jsonrpc": "2.0", "id": True, "method": "shutdown"}, None),
            ({"jsonrpc": "2.0", "id": 9, "method": ["shutdown"]}, 9),
            ({"jsonrpc": "2.0", "id": 9, "method": "textDocument/didOpen"}, 9),
        ],
    )
    def test_json_that_is_no_request(self, session: RawClient, message: Any, msg_id: Any) -> None:
        session.send(json.dumps(message).encode())
        assert error_code(session.reply(msg_id)) == -32600

    @pytest.mark.parametrize(
        "params",
        [
            None,
            5,
            [],
            {},
            {**POSITION, "context": {"triggerKind": 0}},
            {**POSITION, "position": {"line": -1, "character": 0}},
            {**POSITION, "textDocument": MARKER},
        ],
    )
    def test_params_that_do_not_fit(self, session: RawClient, params: Any) -> None:
        assert error_code(session.call("textDocument/inlineCompletion", params)) == -32602

    def test_malformed_initialize_can_be_repeated(self, client: RawClient) -> None:
        assert error_code(client.call("initialize", {"capabilities": 5})) == -32602
        client.initialize()
        assert client.stop() == 0

    def test_malformed_notifications_are_ignored(self, session: RawClient) -> None:
        session.notify("textDocument/didOpen", {"textDocument": MARKER})
        session.notify("textDocument/didChange", {"contentChanges": [{"text": MARKER}]})
        session.notify("textDocument/hover", {"text": MARKER})
        session.notify("shutdown")
        session.notify("$/cancelRequest", MARKER)
        assert error_code(session.call("foo")) == -32601

    def test_unknown_methods(self, client: RawClient) -> None:
        client.initialize()
        for method in ("foo", "textDocument/moniker", "$/foo", "window/showMessage"):
            assert error_code(client.call(method, {"text": MARKER})) == -32601
            client.notify(method, {"text": MARKER})
        client.notify("$/setTrace", {"value": "verbose"})
        client.notify("$/logTrace", {"message": MARKER})
        assert client.stop() == 0
        assert client.stderr == ""

    def test_requests_before_initialize(self, client: RawClient) -> None:
        client.open(URI, MARKER)
        assert error_code(client.call("textDocument/inlineCompletion", POSITION)) == -32002
        assert error_code(client.call("shutdown")) == -32002
        client.initialize()
        assert error_code(client.call("initialize", INITIALIZE)) == -32600
        assert client.stop() == 0

    def test_requests_after_shutdown(self, client: RawClient) -> None:
        client.initialize()
        assert client.call("shutdown")["result"] is None
        assert error_code(client.call("textDocument/inlineCompletion", POSITION)) == -32600
        assert error_code(client.call("shutdown")) == -32600
        client.notify("exit")
        assert client.exit_code() == 0

    def test_shutdown_and_exit_with_params(self, client: RawClient) -> None:
        client.initialize()
        assert client.call("shutdown", {})["result"] is None
        client.notify("exit", [])
        assert client.exit_code() == 0

    def test_byte_by_byte(self, client: RawClient) -> None:
        messages: list[object] = [
            client.make_request("initialize", INITIALIZE),
            notification("initialized", {}),
            client.make_request("shutdown"),
            notification("exit"),
        ]
        for byte in b"".join(map(frame, messages)):
            client.send_bytes(bytes([byte]))
        assert "capabilities" in client.reply(1)["result"]
        assert client.exit_code() == 0

    def test_a_whole_session_in_one_write(self, client: RawClient) -> None:
        unknown = [client.make_request("foo") for _ in range(300)]
        client.send(
            client.make_request("initialize", INITIALIZE),
            notification("initialized", {}),
            *unknown,
            client.make_request("shutdown"),
            notification("exit"),
        )
        assert client.exit_code() == 0
        answered = []
        while (message := client.receive()) is not None:
            if "method" not in message:
                answered.append(message["id"])
        assert answered == [301, *range(1, 301), 302]

    def test_input_from_a_file(self, server_command: list[str], tmp_path: Path) -> None:
        session = tmp_path / "session"
        session.write_bytes(frame(FIRST))
        with session.open("rb") as stream:
            done = subprocess.run(
                server_command, stdin=stream, capture_output=True, timeout=DEADLINE_S, check=False
            )
        assert done.returncode == 1
        assert done.stdout.startswith(b"Content-Length: ")
        assert done.stderr == b""

    def test_a_large_message_is_counted_in_bytes(self, session: RawClient) -> None:
        session.open(URI, "é😀\u2028" * 100_000)
        assert error_code(session.call("foo")) == -32601

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_signals_end_it(self, client: RawClient, number: signal.Signals) -> None:
        client.initialize()
        client.process.send_signal(number)
        assert client.exit_code() == 1
        assert client.stderr == ""

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell's redirections")
    @pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
    def test_started_without_streams(self, server_command: list[str], closed: str) -> None:
        done = subprocess.run(
            ["sh", "-c", f'exec "$@" {closed}', "sh", *server_command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
        )
        assert done.returncode == 1
