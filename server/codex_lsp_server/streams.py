"""Ghost text that grows: the winner's text sent to the client while it is being decoded.

The answer to a request holds the best first line. Until the block is whole the text so far follows
in notifications, ``codexLsp/partialCompletion``; ``insertText`` is cumulative, ``seq`` counts up,
and the last one, always sent, has ``done``.

When the user types what the stream says, the client's next request is answered from it at once, and
the stream goes on from the new position (it is *rebased*).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from codex_lsp.cache import Typed
from codex_lsp_server.convert import Asked
from codex_lsp_server.worker import Job

PARTIAL_METHOD = "codexLsp/partialCompletion"
CANCEL_METHOD = "codexLsp/cancelPartial"

FIRST_DELAY_S = 0.06
"""Clients show the answer first: a notification that overtakes it would be lost."""
INTERVAL_S = 0.1
"""Faster growth than this is not seen, but costs the client a redraw."""

Notify = Callable[[str, dict[str, Any]], None]


class Stream:
    """One growing completion on screen. Its methods are for the event loop's thread.

    :param asked: the request that has been answered with the text so far
    :param typed: what had been typed by then since the job was begun
    """

    def __init__(self, stream_id: str, job: Job, asked: Asked, typed: Typed, notify: Notify):
        self._id = stream_id
        self._job = job
        self._asked = asked
        self._typed = typed
        self._notify = notify
        self._seq = 0
        self._sent = self._text()
        self._ended = False
        self._task = asyncio.get_running_loop().create_task(self._run())

    def move(self, asked: Asked, typed: Typed) -> None:
        """Go on from where the user has typed to; the answer to ``asked`` holds the text so far."""
        self._asked = asked
        self._typed = typed
        self._sent = self._text()

    def end(self) -> None:
        """Show no more of it, and say so."""
        if not self._ended:
            self._ended = True
            self._task.cancel()
            self._send(done=True)

    def _text(self) -> str:
        latest = self._job.latest
        return "" if latest is None else self._asked.lead + latest.text[len(self._typed.text) :]

    async def _run(self) -> None:
        await asyncio.sleep(FIRST_DELAY_S)
        while not self._job.done.done():
            if self._text() != self._sent:
                self._send(done=False)
            await asyncio.wait({self._job.done}, timeout=INTERVAL_S)
        self._ended = True
        self._send(done=True)

    def _send(self, done: bool) -> None:
        self._sent = self._text()
        self._seq += 1
        document = self._asked.request.document
        self._notify(
            PARTIAL_METHOD,
            {
                "id": self._id,
                "uri": document.uri,
                "version": document.version,
                "position": {
                    "line": self._asked.end.line,
                    "character": self._asked.end.character,
                },
                "index": 0,
                "seq": self._seq,
                "insertText": self._sent,
                "done": done,
            },
        )
