"""A client of bytes: it starts a server process and shows exactly what the process says.

Every wait has a deadline that is a bound for failure: nothing is slept for.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

DEADLINE_S = 30.0


def frame(message: object) -> bytes:
    """A message as bytes. A str or bytes is taken as the body as it is."""
    body = message if isinstance(message, bytes) else str(message).encode()
    if not isinstance(message, str | bytes):
        body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class RawClient:
    """A server process with pipes on its three streams."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            bufsize=0,
        )
        self._ids = itertools.count(1)
        self._inbox: queue.Queue[Any] = queue.Queue()
        self._kept: list[Any] = []
        self._stderr = bytearray()
        self.garbage = bytearray()
        self._threads = [
            threading.Thread(target=self._read_stdout, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> RawClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE_S)
        for thread in self._threads:
            thread.join(DEADLINE_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()

    def send_bytes(self, data: bytes) -> None:
        """Write bytes as they are."""
        assert self.process.stdin is not None
        left = memoryview(data)
        while left:
            left = left[self.process.stdin.write(left) :]

    def send(self, *messages: object) -> None:
        """Write messages, all in one piece."""
        self.send_bytes(b"".join(frame(message) for message in messages))

    def make_request(self, method: str, params: object = None) -> dict[str, Any]:
        """A request with a fresh id."""
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    def request(self, method: str, params: object = None) -> int:
        """Send a request; returns its id."""
        message = self.make_request(method, params)
        self.send(message)
        return int(message["id"])

    def notify(self, method: str, params: object = None) -> None:
        """Send a notification."""
        self.send(notification(method, params))

    def receive(self) -> Any:
        """The next message; None at the end of the output."""
        if self._kept:
            return self._kept.pop(0)
        return self._inbox.get(timeout=DEADLINE_S)

    def reply(self, msg_id: int | str | None) -> Any:
        """The answer with that id. Other messages are kept for later."""
        return self._wait_for(lambda m: "method" not in m and "id" in m and m["id"] == msg_id)

    def notified(self, method: str) -> Any:
        """The next notification or request of that method."""
        return self._wait_for(lambda m: m.get("method") == method)

    def _wait_for(self, wanted: Any) -> Any:
        for index, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(index)
        deadline = time.monotonic() + DEADLINE_S
        while True:
            message = self._inbox.get(timeout=max(deadline - time.monotonic(), 0.001))
            assert message is not None, f"the server has left: {self._stderr.decode()}"
            if wanted(message):
                return message
            self._kept.append(message)

    def call(self, method: str, params: object = None) -> Any:
        """Send a request and return its answer."""
        return self.reply(self.request(method, params))

    def initialize(self, **params: Any) -> Any:
        """Begin the session; returns the server's capabilities.

        Unless other options are given, what the model is unsure of is shown too.
        """
        options = {"profile": "eager", **params.pop("initializationOptions", {})}
        given = {"processId": None, "rootUri": None, "capabilities": {}, **params}
        given["initializationOptions"] = options
        result = self.call("initialize", given)["result"]
        self.notify("initialized", {})
        return result["capabilities"]

    def open(self, uri: str, text: str, language: str = "python") -> None:
        """Open a document, version 1."""
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def close_input(self) -> None:
        """No more input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def exit_code(self) -> int:
        """Wait for the end of the process and of its streams."""
        code = self.process.wait(DEADLINE_S)
        for thread in self._threads:
            thread.join(DEADLINE_S)
            assert not thread.is_alive()
        return code

    def stop(self) -> int:
        """End the session as the protocol wants it."""
        answer = self.call("shutdown")
        assert "result" in answer and answer["result"] is None, answer
        self.notify("exit")
        return self.exit_code()

    @property
    def stderr(self) -> str:
        """What has been written to standard error so far."""
        return self._stderr.decode(errors="replace")

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        while data := self.process.stderr.read(65536):
            self._stderr += data

    def _read_stdout(self) -> None:
        """Read frames, strictly. What is no frame goes to ``garbage``."""
        assert self.process.stdout is not None
        stream = os.fdopen(os.dup(self.process.stdout.fileno()), "rb")
        try:
            while line := stream.readline():
                name, _, value = line.partition(b": ")
                if name != b"Content-Length" or stream.readline() != b"\r\n":
                    self.garbage += line + stream.read()
                    break
                self._inbox.put(json.loads(stream.read(int(value))))
        finally:
            self._inbox.put(None)
            stream.close()


def notification(method: str, params: object = None) -> dict[str, Any]:
    """A notification."""
    return {"jsonrpc": "2.0", "method": method, "params": params}
