"""A client of the base protocol: a server process, and messages over its pipes.

It is as small as a client can be, so that what it measures is the server: one thread reads, and
stamps each message with the time at which its last byte was there.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from codex_lsp.errors import BenchError

CALL_LIMIT_S = 120.0
"""How long an answer is waited for: a bound for failure, not an expectation."""
_EXIT_LIMIT_S = 20.0
METHOD_NOT_FOUND = -32601
REQUEST_CANCELLED = -32800


@dataclass(frozen=True, slots=True)
class Received:
    """A message, and when its last byte was there by :func:`time.perf_counter`."""

    at: float
    message: Mapping[str, Any]


class Connection:
    """A server process. Its methods are for one thread.

    :ivar started_at: when the process was asked for, by :func:`time.perf_counter`
    :ivar failures: texts of the error messages that the server had shown to its user
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start ``command``.

        :raises BenchError: there is no such program
        """
        self._stderr = tempfile.TemporaryFile()
        self.started_at = time.perf_counter()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env={**os.environ, **(environment or {})},
            )
        except OSError as error:
            self._stderr.close()
            raise BenchError(f"{command[0]} cannot be started: {error.strerror}.") from error
        self._ids = itertools.count(1)
        self._inbox: queue.Queue[Received | None] = queue.Queue()
        self._later: list[Received] = []
        self._sending = threading.Lock()
        self.failures: list[str] = []
        self._reader = threading.Thread(target=self._read, name="bench-reader", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def notify(self, method: str, params: object) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: object) -> int:
        """Send a request and return its id."""
        number = next(self._ids)
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number

    def call(self, method: str, params: object) -> Received:
        """Send a request and wait for its answer; other messages are kept for :meth:`receive`."""
        number = self.request(method, params)
        deadline = time.perf_counter() + CALL_LIMIT_S
        while True:
            received = self._next(deadline - time.perf_counter())
            if received is None:
                raise BenchError(f"The server did not answer {method} in {CALL_LIMIT_S:g} s.")
            if received.message.get("id") == number and "method" not in received.message:
                return received
            self._later.append(received)

    def receive(self, timeout_s: float) -> Received | None:
        """Return the next message, None when there is none within ``timeout_s``.

        :raises BenchError: the server has ended
        """
        if self._later:
            return self._later.pop(0)
        return self._next(timeout_s)

    def close(self) -> None:
        """End the session as the protocol wants it, or the process where that fails."""
        with contextlib.suppress(BenchError):
            self.call("shutdown", None)
            self.notify("exit", None)
        with contextlib.suppress(OSError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(_EXIT_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_EXIT_LIMIT_S)
        _pipe(self._process.stdout).close()
        self._stderr.close()

    def _next(self, timeout_s: float) -> Received | None:
        try:
            received = self._inbox.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        if received is None:
            self._inbox.put(None)
            raise BenchError(f"The server has ended: {self._last_words()}")
        return received

    def _last_words(self) -> str:
        code = self._process.poll()
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        told = self.failures[-1] if self.failures else ""
        return told or (lines[-1] if lines else f"it said nothing and its exit code is {code}.")

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps(message).encode()
        try:
            with self._sending:
                pipe = _pipe(self._process.stdin)
                pipe.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                pipe.flush()
        except (OSError, ValueError) as error:
            raise BenchError(f"The server has ended: {self._last_words()}") from error

    def _read(self) -> None:
        stream = _pipe(self._process.stdout)
        with contextlib.suppress(OSError, ValueError):
            while (message := _read_message(stream)) is not None:
                received = Received(time.perf_counter(), message)
                if "method" in message and "id" in message:
                    self._agree(message)
                elif message.get("method") == "window/showMessage":
                    self._hear(message["params"])
                else:
                    self._inbox.put(received)
        self._inbox.put(None)

    def _agree(self, request: Mapping[str, Any]) -> None:
        """Answer what the server asks: nothing is refused, and nothing is known."""
        result = [None] if request["method"] == "workspace/configuration" else None
        with contextlib.suppress(BenchError):
            self._send({"jsonrpc": "2.0", "id": request["id"], "result": result})

    def _hear(self, params: Mapping[str, Any]) -> None:
        if params.get("type") == 1:
            self.failures.append(str(params.get("message")))


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "the process was started with pipes"
    return stream


def _read_message(stream: IO[bytes]) -> Mapping[str, Any] | None:
    """Read one message; None at the end of the stream."""
    length = 0
    while (line := stream.readline()).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if not length:
        return None
    body: Mapping[str, Any] = json.loads(stream.read(length))
    return body
