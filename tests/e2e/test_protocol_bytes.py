"""Bytes against a real process: what a client can do to the server, and what it may not.

The tests of :class:`TestAnyServer` ask for nothing but the protocol, so they hold for every command
that ``server_command`` gives. The others need the handlers of ``mini_server.py``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.model_dir import ModelDir
from tests.e2e.conftest import SERVER
from tests.e2e.raw_client import DEADLINE_S, RawClient, frame, notification

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


@pytest.fixture(scope="module", params=[MINI_SERVER, SERVER], ids=["mini", "real"])
def server_command(request: pytest.FixtureRequest, model: ModelDir) -> list[str]:
    command: list[str] = request.param
    return command


@pytest.fixture
def client(server_command: list[str]) -> Iterator[RawClient]:
    with RawClient(server_command) as client:
        yield client


@pytest.fixture(scope="class")
def session(server_command: list[str]) -> Iterator[RawClient]:
    """One session that many tests share, for none of them may end or harm it."""
    with RawClient(server_command) as client:
        client.initialize()
        yield client
        assert client.stop() == 0
        assert client.garbage == b""
        assert "Traceback" not in client.stderr
        assert MARKER not in client.stderr


@pytest.fixture(scope="class")
def mini_session() -> Iterator[RawClient]:
    """The same with the mini server."""
    with RawClient(MINI_SERVER) as client:
        client.initialize()
        client.open(URI, f"{MARKER} = 1\n")
        yield client
        assert client.stop() == 0
        assert client.garbage == b""
        assert client.stderr == ""


@pytest.fixture
def mini() -> Iterator[RawClient]:
    with RawClient(MINI_SERVER) as client:
        client.initialize()
        client.open(URI, f"{MARKER} = 1\n")
        yield client


@pytest.fixture
def talkative() -> Iterator[RawClient]:
    """Like ``mini``, at the most talkative log level."""
    with RawClient([*MINI_SERVER, "DEBUG"]) as client:
        client.initialize()
        client.open(URI, f"{MARKER} = 1\n")
        yield client


def error_code(answer: Any) -> int:
    assert set(answer) == {"jsonrpc", "id", "error"}, answer
    assert set(answer["error"]) == {"code", "message"}
    return int(answer["error"]["code"])


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


class TestInFlight:
    def start(self, client: RawClient) -> int:
        msg_id = client.request("textDocument/inlineCompletion", POSITION)
        client.notified("test/started")
        return msg_id

    def test_cancel(self, mini_session: RawClient) -> None:
        msg_id = self.start(mini_session)
        mini_session.notify("$/cancelRequest", {"id": msg_id})
        assert error_code(mini_session.reply(msg_id)) == -32800
        # Twice, and for requests that never were.
        for gone in (msg_id, 777, "abc"):
            mini_session.notify("$/cancelRequest", {"id": gone})

    def test_cancel_in_the_same_write(self, mini_session: RawClient) -> None:
        request = mini_session.make_request("textDocument/inlineCompletion", POSITION)
        mini_session.send(request, notification("$/cancelRequest", {"id": request["id"]}))
        assert error_code(mini_session.reply(request["id"])) == -32800

    def test_cancel_reaches_a_command(self, mini_session: RawClient) -> None:
        msg_id = mini_session.request("workspace/executeCommand", {"command": "test.slow"})
        mini_session.notified("test/started")
        mini_session.notify("$/cancelRequest", {"id": msg_id})
        mini_session.notified("test/ended")
        assert error_code(mini_session.reply(msg_id)) == -32800

    def test_unknown_command(self, mini_session: RawClient) -> None:
        answer = mini_session.call("workspace/executeCommand", {"command": "nope"})
        assert error_code(answer) == -32602

    def test_exit_after_shutdown_is_quiet(self, mini: RawClient) -> None:
        self.start(mini)
        mini.send(mini.make_request("shutdown"), notification("exit"))
        assert mini.exit_code() == 0
        assert mini.stderr == ""

    def test_exit_without_shutdown_is_quiet(self, mini: RawClient) -> None:
        for _ in range(3):
            self.start(mini)
        mini.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
        mini.notified("test/started")
        mini.notify("exit")
        assert mini.exit_code() == 1
        assert mini.stderr == ""

    def test_shutdown_answers_them_first(self, mini: RawClient) -> None:
        ids = [self.start(mini) for _ in range(3)]
        last = mini.request("shutdown")
        answers = [mini.receive() for _ in range(4)]
        assert [answer["id"] for answer in answers] == [*ids, last]
        assert [error_code(answer) for answer in answers[:3]] == [-32800] * 3
        assert answers[3] == {"jsonrpc": "2.0", "id": last, "result": None}
        mini.notify("exit")
        assert mini.exit_code() == 0
        assert mini.stderr == ""

    def test_a_handler_that_will_not_end(self, mini: RawClient) -> None:
        mini.request("test/stubborn", {})
        mini.notified("test/started")
        assert mini.stop() == 0
        assert mini.stderr == ""

    def test_an_id_in_use(self, mini: RawClient) -> None:
        msg_id = self.start(mini)
        mini.send({"jsonrpc": "2.0", "id": msg_id, "method": "shutdown"})
        assert error_code(mini.reply(msg_id)) == -32600

    def test_an_answer_with_the_id_of_the_clients_own_request(
        self, mini_session: RawClient
    ) -> None:
        msg_id = self.start(mini_session)
        mini_session.send({"jsonrpc": "2.0", "id": msg_id, "result": 1})
        mini_session.notify("$/cancelRequest", {"id": msg_id})
        assert error_code(mini_session.reply(msg_id)) == -32800

    def test_a_request_sees_the_document_as_it_was_sent(self, mini: RawClient) -> None:
        change = {"text": "other"}
        later = {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [change]}
        mini.send(
            mini.make_request("textDocument/inlineCompletion", POSITION),
            notification("textDocument/didChange", later),
        )
        assert mini.notified("test/started")["params"] == {"version": 1}
        assert mini.call("test/text", {"uri": URI})["result"] == [2, "other"]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
    def test_a_signal(self, mini: RawClient) -> None:
        self.start(mini)
        mini.process.send_signal(signal.SIGTERM)
        assert mini.exit_code() == 1
        assert mini.stderr == ""


class TestQuiet:
    def test_a_failing_handler(self, talkative: RawClient) -> None:
        for method in ("test/fail", "test/failSoon"):
            answer = talkative.call(method, {"uri": URI})
            assert error_code(answer) == -32603
            assert MARKER not in json.dumps(answer)
        assert talkative.stop() == 0
        assert "ValueError (" in talkative.stderr
        assert "mini_server.py:" in talkative.stderr
        assert MARKER not in talkative.stderr
        assert "Traceback" not in talkative.stderr

    def test_a_failing_notification_and_a_lost_task(self, talkative: RawClient) -> None:
        talkative.notify("test/failQuietly", {"uri": URI})
        talkative.call("test/failLater", {"uri": URI})
        assert talkative.stop() == 0
        assert "test/failQuietly failed: ValueError" in talkative.stderr
        assert "nobody waited for: ValueError" in talkative.stderr
        assert MARKER not in talkative.stderr

    def test_an_error_meant_for_the_user(self, mini_session: RawClient) -> None:
        answer = mini_session.call("test/refuse", {})
        assert answer["error"] == {
            "code": -32803,
            "message": "There is no such place in the document.",
        }

    def test_a_result_that_json_cannot_carry(self, talkative: RawClient) -> None:
        assert error_code(talkative.call("test/unsendable", {"uri": URI})) == -32603
        assert talkative.stop() == 0
        assert MARKER not in talkative.stderr

    def test_malformed_messages(self, talkative: RawClient) -> None:
        document = {"uri": URI, "languageId": 5, "version": MARKER, "text": MARKER}
        talkative.notify("textDocument/didOpen", {"textDocument": document})
        talkative.call("textDocument/inlineCompletion", {"textDocument": MARKER})
        talkative.call(MARKER + " = 1\n", {"text": MARKER})
        talkative.send(f'{{"text": "{MARKER}'.encode())
        talkative.send([MARKER])
        talkative.send_bytes(MARKER.encode() + b"\r\n\r\n")
        talkative.send({"jsonrpc": "2.0", "id": 99, "result": MARKER})
        talkative.send({"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": MARKER}})
        assert talkative.call("test/text", {"uri": URI})["result"] == [1, f"{MARKER} = 1\n"]
        assert talkative.stop() == 0
        assert talkative.stderr != ""
        assert MARKER not in talkative.stderr

    def test_documents_and_answers(self, talkative: RawClient) -> None:
        change = {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": MARKER}]}
        talkative.notify("textDocument/didChange", change)
        talkative.notify(
            "textDocument/didChange",
            {**change, "textDocument": {"uri": f"untitled:{MARKER}", "version": 2}},
        )
        assert talkative.call("test/text", {"uri": URI})["result"] == [2, MARKER]
        assert talkative.stop() == 0
        assert MARKER not in talkative.stderr

    def test_stray_output_does_not_touch_the_protocol(self, mini: RawClient) -> None:
        assert mini.call("test/print", {})["result"] == "printed"
        assert mini.stop() == 0
        assert mini.garbage == b""
        assert "stray print" in mini.stderr
        assert "from a child" in mini.stderr
        assert "EOFError" in mini.stderr  # the child found nothing to read

    def test_lone_surrogates_survive(self, mini_session: RawClient) -> None:
        body = b'{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":'
        mini_session.send(body + b'"untitled:s","languageId":"","version":1,"text":"a\\ud800b"}}}')
        assert mini_session.call("test/text", {"uri": "untitled:s"})["result"] == [1, "a\ud800b"]


class TestServerRequests:
    @pytest.mark.parametrize(
        ("kind", "reply", "expected"),
        [
            ("settings", {"result": [{"a": {"jsonrpc": 1}}]}, {"answer": [{"a": {"jsonrpc": 1}}]}),
            ("settings", {"result": [None]}, {"answer": [None]}),
            ("settings", {"result": None}, "JsonRpcException"),
            ("settings", {"result": 5}, "JsonRpcException"),
            ("settings", {"error": {"code": -32601, "message": "no"}}, "JsonRpcException"),
            ("settings", {"error": 5}, "JsonRpcException"),
            ("message", {"result": None}, {"answer": None}),
            ("message", {"result": 7}, "JsonRpcException"),
            ("message", {"result": {"nothing": 1}}, "JsonRpcException"),
        ],
    )
    def test_answers_of_any_kind(
        self, mini_session: RawClient, kind: str, reply: Any, expected: Any
    ) -> None:
        msg_id = mini_session.request("test/ask", kind)
        method = "workspace/configuration" if kind == "settings" else "window/showMessageRequest"
        asked = mini_session.notified(method)
        mini_session.send({"jsonrpc": "2.0", "id": asked["id"], **reply})
        result = mini_session.reply(msg_id)["result"]
        if isinstance(expected, str):
            assert result["error"] == expected
        else:
            assert result == expected
        # A second answer to the same request is of no use, and no harm.
        mini_session.send({"jsonrpc": "2.0", "id": asked["id"], **reply})

    def test_the_client_leaves_without_an_answer(self, mini: RawClient) -> None:
        mini.request("test/ask", "settings")
        mini.notified("workspace/configuration")
        mini.close_input()
        assert mini.exit_code() == 1
        assert mini.stderr == ""


class TestClosing:
    @pytest.mark.parametrize("way", ["exit", "end of input"])
    def test_the_hook_is_awaited(self, way: str) -> None:
        with RawClient(MINI_SERVER, {"MINI_CLOSE": "say"}) as client:
            client.initialize()
            if way == "exit":
                client.notify("exit")
            else:
                client.close_input()
            assert client.exit_code() == 1
            assert client.stderr == "closed\n"

    def test_a_hook_that_hangs(self) -> None:
        with RawClient(MINI_SERVER, {"MINI_CLOSE": "hang"}) as client:
            client.initialize()
            assert client.stop() == 0
            assert "did not stop within 2 seconds" in client.stderr

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
    def test_a_client_that_does_not_read(self) -> None:
        """The pipe is full and nobody reads: a signal ends the server all the same."""
        read_end, write_end = os.pipe()
        process = subprocess.Popen(
            MINI_SERVER, stdin=subprocess.PIPE, stdout=write_end, stderr=subprocess.PIPE
        )
        os.close(write_end)
        try:
            assert process.stdin is not None and process.stderr is not None
            process.stdin.write(frame(FIRST))
            unknown = frame({"jsonrpc": "2.0", "id": 2, "method": "foo"})
            process.stdin.write(unknown * 20_000)
            process.stdin.flush()
            process.send_signal(signal.SIGTERM)
            assert process.wait(DEADLINE_S) == 1
            assert process.stderr.read() == b""
        finally:
            process.kill()
            process.stdin.close()
            process.stderr.close()
            os.close(read_end)

    def test_a_client_that_closes_our_output(self) -> None:
        read_end, write_end = os.pipe()
        process = subprocess.Popen(
            MINI_SERVER, stdin=subprocess.PIPE, stdout=write_end, stderr=subprocess.PIPE
        )
        os.close(write_end)
        os.close(read_end)
        try:
            assert process.stdin is not None and process.stderr is not None
            process.stdin.write(frame(FIRST))
            process.stdin.flush()
            # Input stays open: the broken output alone ends the server.
            assert process.wait(DEADLINE_S) == 1
            assert process.stderr.read() == b""
        finally:
            process.kill()
            process.stdin.close()
            process.stderr.close()
