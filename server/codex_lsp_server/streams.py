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
from dataclasses import replace
from typing import Any

from codex_lsp.types import Alternative, Completion, Trigger
from codex_lsp_server.convert import Asked
from codex_lsp_server.worker import Job

PARTIAL_METHOD = "codexLsp/partialCompletion"
CANCEL_METHOD = "codexLsp/cancelPartial"

FIRST_DELAY_S = 0.06
"""Clients show the answer first: a notification that overtakes it would be lost."""
INTERVAL_S = 0.1
"""Faster growth than this is not seen, but costs the client a redraw."""

Notify = Callable[[str, dict[str, Any]], None]


def rebase(asked: Asked, base: Asked, completion: Completion) -> tuple[Alternative, ...]:
    """Return what is left at ``asked``'s position of the candidates made for ``base``.

    They keep their ranks: when the best no longer agrees with what was typed, the best of its
    siblings that does comes first. Empty when the document is another one, when anything but typing
    at the cursor happened to it, or when no candidate says what was typed.
    """
    old, new = base.request, asked.request
    if old.document.uri != new.document.uri or asked.lead or base.lead:
        return ()
    if new.trigger is Trigger.INVOKED or new.offset < old.offset:
        return ()
    before, after = old.document.text, new.document.text
    typed = after[old.offset : new.offset]
    if len(after) - len(before) != len(typed):
        return ()
    if after[: old.offset] != before[: old.offset] or after[new.offset :] != before[old.offset :]:
        return ()
    return tuple(
        replace(item, text=item.text[len(typed) :])
        for item in completion.alternatives
        if item.text.startswith(typed) and item.text[len(typed) :].strip()
    )


class Stream:
    """One growing completion. Its methods are for the event loop's thread."""

    def __init__(self, stream_id: str, job: Job, asked: Asked, notify: Notify) -> None:
        self.id = stream_id
        self.job = job
        self.base = asked
        self._asked = asked
        self._notify = notify
        self._seq = 0
        self._sent = ""
        self._task: asyncio.Task[None] | None = None

    @property
    def growing(self) -> bool:
        """Whether more text may come."""
        return not self.job.done.done()

    def start(self) -> None:
        """Begin to notify; the answer that holds the first line is sent by now, or about to be."""
        self._sent = self._text()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def move(self, asked: Asked) -> None:
        """Go on from where the user has typed to; the answer to ``asked`` holds the text so far."""
        self._asked = asked
        self._sent = self._text()

    def cancel(self) -> None:
        """Stop the decoding; the last notification follows."""
        if self.growing:
            self.job.cancel()

    def _text(self) -> str:
        latest = self.job.latest
        typed = self._asked.request.offset - self.base.request.offset
        return "" if latest is None else self._asked.lead + latest.text[typed:]

    async def _run(self) -> None:
        try:
            await asyncio.sleep(FIRST_DELAY_S)
            while self.growing:
                if self._text() != self._sent:
                    self._send(done=False)
                await asyncio.wait({self.job.done}, timeout=INTERVAL_S)
        finally:
            self._send(done=True)

    def _send(self, done: bool) -> None:
        self._sent = self._text()
        self._seq += 1
        document = self._asked.request.document
        self._notify(
            PARTIAL_METHOD,
            {
                "id": self.id,
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
