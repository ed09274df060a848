"""What needs the handlers of ``mini_server.py``: requests in flight, silence, and the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.protocol.bytes import (
    FIRST,
    MARKER,
    MINI_SERVER,
    POSITION,
    URI,
    error_code,
)
from tests.e2e.raw_client import DEADLINE_S, RawClient, frame, notification


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
