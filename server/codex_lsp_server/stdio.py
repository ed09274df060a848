"""Messages over standard input and output: framing, the two threads, and the main loop.

It takes the place of pygls's ``start_io``, for these defects of pygls 2.1.1:

- a header in other letter case, with other line ends or with a bad length is skipped without a
  word, so what follows is read as headers and the client waits for ever;
- its reader thread keeps a lock on ``sys.stdin.buffer`` while it waits, on which the interpreter
  hangs or aborts at exit;
- a stray ``print``, or a native library's, writes into the protocol's stream;
- it writes from the event loop, so a client that does not read stops the loop, signals included;
- ``exit`` raises ``SystemExit`` in a callback: with requests in flight that recurses in error
  reporting and can hang.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import re
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from codex_lsp.process.streams import take_standard_streams
from codex_lsp_server.quiet import describe_exception, log_loop_error

MAX_BODY_BYTES = 256 * 1024 * 1024
MAX_HEADER_BYTES = 8 * 1024
READ_BYTES = 64 * 1024
FLUSH_LIMIT_S = 2.0
"""How long the last messages may take to leave when the server ends."""

logger = logging.getLogger(__name__)

# The bounds keep a match short, so that it is always a header line that can be read.
_LENGTH_LINE = re.compile(
    rb"content-length[ \t]{0,8}:[ \t]{0,8}[0-9]{1,11}[ \t]{0,8}\r?\n", re.IGNORECASE
)
_LONGEST_LENGTH_LINE = 64


class BadFrame:
    """What the parser yields instead of a body when headers cannot be read."""


class FrameParser:
    r"""Cuts a stream of bytes into message bodies.

    Header names in any letter case and order, lines that end with ``\n`` only, and blank lines
    before the headers are accepted. Headers without one good ``Content-Length`` yield a
    :class:`BadFrame`. Then input is skipped up to the next line that gives a length. Such a line
    cannot stand in a JSON string, where line ends are escaped.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skipping = False
        self._start_headers()

    def feed(self, data: bytes) -> Iterator[bytes | BadFrame]:
        """Take bytes, yield what they complete. Consume it to the end before the next call."""
        self._buffer += data
        while True:
            if self._skipping and not self._find_headers():
                return
            if self._body_bytes is None:
                bad = self._read_header_line()
                if bad is None:
                    return
                if bad:
                    self._skipping = True
                    self._start_headers()
                    yield BadFrame()
            elif len(self._buffer) < self._body_bytes:
                return
            else:
                body = bytes(self._buffer[: self._body_bytes])
                del self._buffer[: self._body_bytes]
                self._start_headers()
                yield body

    def _start_headers(self) -> None:
        self._header_bytes = 0
        self._any_header = False
        self._length: int | None = None
        self._body_bytes: int | None = None

    def _find_headers(self) -> bool:
        """Drop bytes up to the next length line; False if there is none yet."""
        match = _LENGTH_LINE.search(self._buffer)
        if match is None:
            del self._buffer[:-_LONGEST_LENGTH_LINE]  # the line may have begun
            return False
        del self._buffer[: match.start()]
        self._skipping = False
        return True

    def _read_header_line(self) -> bool | None:
        """Take one header line. None: there is no whole line yet. True: it is bad."""
        end = self._buffer.find(b"\n")
        length = len(self._buffer) if end < 0 else end
        if self._header_bytes + length > MAX_HEADER_BYTES:
            return True
        if end < 0:
            return None
        line = bytes(self._buffer[:end]).strip()
        del self._buffer[: end + 1]
        if not line:
            self._body_bytes = self._length
            return self._length is None and self._any_header
        self._any_header = True
        self._header_bytes += end
        name, colon, value = line.partition(b":")
        if name.strip().lower() != b"content-length":
            return not colon
        value = value.strip()
        length = int(value) if value.isdigit() and len(value) < 12 else MAX_BODY_BYTES + 1
        if length > MAX_BODY_BYTES or self._length not in (None, length):
            return True
        self._length = length
        return False


class Writer:
    """Writes whole messages to a file descriptor, from a thread of its own.

    :param on_broken: called from that thread, once, when nobody reads any more
    :param name: the thread's
    """

    def __init__(
        self, fd: int, on_broken: Callable[[], None], name: str = "codex-lsp-stdout"
    ) -> None:
        self._fd = fd
        self._on_broken = on_broken
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Queue one message. Never blocks; any thread may call it."""
        self._queue.put(data)

    def close(self) -> None:
        """Write what is queued, for at most :data:`FLUSH_LIMIT_S`."""
        self._queue.put(None)
        self._thread.join(FLUSH_LIMIT_S)

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            left = memoryview(data)
            try:
                while left:
                    left = left[os.write(self._fd, left) :]
            except OSError:
                self._on_broken()
                return


class StdioProtocol(Protocol):
    """What the loop needs of a protocol."""

    on_exit: Callable[[], None] | None

    @property
    def exit_code(self) -> int:
        """0 if the client asked to shut down, else 1."""

    def set_writer(self, writer: Writer) -> None:
        """Give it the way to the client."""

    def handle_body(self, body: bytes) -> None:
        """Handle one message. Must not raise."""

    def handle_bad_frame(self) -> None:
        """Tell the client that headers could not be read."""

    async def close(self) -> None:
        """Cancel what is in flight; send nothing from now on."""


class StdioServer(Protocol):
    """A server, for its protocol."""

    @property
    def protocol(self) -> StdioProtocol:
        """The protocol of the one connection."""


CloseHook = Callable[[], Awaitable[None]]


def serve_stdio(
    server: StdioServer, on_close: CloseHook | None = None, close_limit_s: float = 5.0
) -> int:
    """Serve one client on standard input and output until it leaves. Returns the exit code.

    From here on the file descriptors 0 and 1 are not the client's: 0 reads nothing and 1 goes to
    standard error, so that neither a stray ``print`` nor a child process can touch the protocol.

    A handler runs up to its first ``await`` before the next message is looked at. So what it reads
    of a document before that is the state in which the client sent the request.

    :param on_close: awaited at the end, for at most ``close_limit_s`` seconds
    :returns: 0 if the client asked for shutdown first, else 1
    """
    try:
        read_fd, write_fd = take_standard_streams()
    except OSError:
        return 1  # Started without an input or output: there is no client.
    return serve_descriptors(server, read_fd, write_fd, on_close, close_limit_s)


def serve_descriptors(
    server: StdioServer,
    read_fd: int,
    write_fd: int,
    on_close: CloseHook | None = None,
    close_limit_s: float = 5.0,
) -> int:
    """Like :func:`serve_stdio`, on two given file descriptors. They are not closed."""
    protocol = server.protocol
    loop = asyncio.new_event_loop()
    main = loop.create_task(_serve(protocol, read_fd, write_fd, on_close, close_limit_s))
    try:
        loop.run_until_complete(main)
    except (KeyboardInterrupt, SystemExit):
        # A signal where no handler could be set, or a handler that called sys.exit.
        if not main.done() and protocol.on_exit is not None:
            protocol.on_exit()
            loop.run_until_complete(main)
    finally:
        # asyncio.run would wait here for threads of the default executor, without a limit.
        loop.close()
    return protocol.exit_code


async def _serve(
    protocol: StdioProtocol,
    read_fd: int,
    write_fd: int,
    on_close: CloseHook | None,
    close_limit_s: float,
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_loop_error)
    inbox: asyncio.Queue[bytes | BadFrame | None] = asyncio.Queue()
    stopping = threading.Event()

    def stop() -> None:
        stopping.set()
        inbox.put_nowait(None)

    def stop_from_thread(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(stop)

    def take(frames: Sequence[bytes | BadFrame | None]) -> None:
        for frame in frames:
            inbox.put_nowait(frame)

    def deliver(frames: Sequence[bytes | BadFrame | None]) -> None:
        loop.call_soon_threadsafe(take, frames)

    writer = Writer(write_fd, on_broken=stop_from_thread)
    protocol.set_writer(writer)
    protocol.on_exit = stop
    _on_signals(loop, stop, stop_from_thread)
    threading.Thread(
        target=_read, args=(read_fd, deliver), name="codex-lsp-stdin", daemon=True
    ).start()
    try:
        while (frame := await inbox.get()) is not None and not stopping.is_set():
            if isinstance(frame, BadFrame):
                protocol.handle_bad_frame()
            else:
                protocol.handle_body(frame)
            # The handler's task runs to its first await before the next message changes anything.
            await asyncio.sleep(0)
    finally:
        await protocol.close()
        if on_close is not None:
            await _limited(asyncio.ensure_future(on_close()), close_limit_s)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=close_limit_s)
        writer.close()


async def _limited(task: asyncio.Future[None], limit_s: float) -> None:
    # Not asyncio.wait_for: that waits without a limit for a task that ignores its cancellation.
    await asyncio.wait({task}, timeout=limit_s)
    if not task.done():
        task.cancel()
        logger.warning("The engine did not stop within %g seconds.", limit_s)
    elif not task.cancelled() and (error := task.exception()) is not None:
        logger.error("The engine did not stop cleanly: %s.", describe_exception(error))


def _read(fd: int, deliver: Callable[[Sequence[bytes | BadFrame | None]], None]) -> None:
    """The reader thread: hands over frames until the input ends.

    All frames of one read at once: to wake the loop for each would fill the pipe that wakes it,
    and signals come by the same pipe.
    """
    parser = FrameParser()
    # RuntimeError: the loop is closed, the server has ended. OSError: as good as an end of file.
    with contextlib.suppress(RuntimeError):
        with contextlib.suppress(OSError):
            while data := os.read(fd, READ_BYTES):
                if frames := list(parser.feed(data)):
                    deliver(frames)
        deliver([None])


def _on_signals(
    loop: asyncio.AbstractEventLoop, stop: Callable[[], None], stop_anywhere: Callable[..., None]
) -> None:
    """SIGINT and SIGTERM end the loop. Windows' loops take no handlers, hence the second way."""
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except (NotImplementedError, RuntimeError, ValueError):
            with contextlib.suppress(ValueError):  # not the main thread: signals are not ours
                signal.signal(number, stop_anywhere)
