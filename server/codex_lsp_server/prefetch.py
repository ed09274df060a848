"""What is done while nobody waits: the likely next completion is made, the document read ahead.

After a completion has been shown, the next request is most likely the one for the document with the
first item accepted; when the model has nothing to add there, the one for the line below. Both are
made ahead, once for each item that is shown, and kept in the cache. Then the document is read up to
the cursor, if the state that the engine keeps has fallen behind.

Anything that a user does comes first: work begins after a pause in the typing, a request that
comes calls it off, and one that comes for the very state that is being prepared takes it over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from codex_lsp.cache import CompletionCache
from codex_lsp.context.window import indent_unit, line_ending
from codex_lsp.languages import canonical_language
from codex_lsp.syntax.openers import opens_block
from codex_lsp.types import (
    Alternative,
    CompletionRequest,
    Outcome,
    Rejection,
    RejectionReason,
    Trigger,
)
from codex_lsp_server.jobs import Jobs
from codex_lsp_server.pace import Rhythm, pause_s
from codex_lsp_server.scheduling import Made, Run, Slot
from codex_lsp_server.worker import Worker

PREFETCH_PAUSE_S = 0.1
PREFETCH_PAUSE_INTERVALS = 1.5
"""A prefetch reads little, so that it is soon called off: a short pause in the typing will do."""
WARM_PAUSE_S = 0.4
WARM_PAUSE_INTERVALS = 3.0
"""To read a document takes up to half a second, which nothing can interrupt."""
_NEAR_CHARS = 4096
_LINE_IS_WHOLE = frozenset(
    {RejectionReason.EMPTY, RejectionReason.STATEMENT_ENDS, RejectionReason.COMMENT}
)
"""Why nothing is to follow on the line, so that the next one will be begun."""


def after_accepting(request: CompletionRequest, item: Alternative) -> CompletionRequest:
    """Return the request that follows when ``item`` is accepted."""
    text, end = request.document.text, request.offset + item.replaces
    document = replace(
        request.document, text=text[: request.offset] + item.text + text[end:], version=-1
    )
    return CompletionRequest(document, request.offset + len(item.text), Trigger.AUTOMATIC)


def after_enter(request: CompletionRequest) -> CompletionRequest | None:
    """Return the request on the line below, indented as editors do it; None inside a line."""
    text, offset = request.document.text, request.offset
    near = text[max(0, offset - _NEAR_CHARS) : offset]
    line = near[max(near.rfind("\n"), near.rfind("\r")) + 1 :]
    behind = text[offset : offset + 1]
    if not line.strip() or behind not in ("", "\n", "\r"):
        return None
    indent = line[: len(line) - len(line.lstrip())]
    if opens_block(line, canonical_language(request.document.language)):
        indent += indent_unit(near)
    added = line_ending(text) + indent
    document = replace(request.document, text=text[:offset] + added + text[offset:], version=-1)
    return CompletionRequest(document, offset + len(added), Trigger.AUTOMATIC)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on screen: the answer to ``request``, from the completion ``made``.

    :ivar rank: that of the first item
    """

    request: CompletionRequest
    made: Made
    rank: int


class LookAhead:
    """Does it when nobody waits. For the event loop's thread only.

    :ivar enabled: whether to prefetch; the document is read ahead always
    """

    def __init__(
        self,
        slot: Slot,
        worker: Worker,
        cache: CompletionCache[Made],
        rhythm: Rhythm,
        jobs: Jobs,
    ) -> None:
        self._slot = slot
        self._worker = worker
        self._cache = cache
        self._rhythm = rhythm
        self._jobs = jobs
        self.enabled = False
        self._shown: Shown | None = None
        self._prepared_for: tuple[str, int] | None = None
        self._below: CompletionRequest | None = None
        self._run: Run | None = None
        self._unread: CompletionRequest | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def shown(self, shown: Shown) -> None:
        """An answer is on screen: its first item may be accepted."""
        self._shown = shown
        self._below = None
        self.rested(shown.request)

    def accepted(self, completion: str, index: int) -> None:
        """An item was accepted: the client will ask for what follows, so begin at once.

        :param completion: its id
        """
        request = self._follow_up(completion, index)
        if request is None or not self.enabled or self._slot.turn is not None:
            return
        if self._cache.find(request) is None and self._slot.continued_by(request) is None:
            self._begin(self._prefetch(request))

    def rested(self, request: CompletionRequest) -> None:
        """The cursor is there now: the document up to there may have to be read."""
        self._unread = request
        self.touched()

    def touched(self) -> None:
        """Something happened: wait for a pause."""
        self._end_timer()
        least, intervals = PREFETCH_PAUSE_S, PREFETCH_PAUSE_INTERVALS
        pause = pause_s(self._rhythm.interval_s, intervals, least)
        self._timer = asyncio.get_running_loop().call_later(pause, self._pause)

    def ended(self, run: Run, outcome: Outcome | None) -> None:
        """A job has ended."""
        if run is self._run:
            self._run = None
            result = None if outcome is None else outcome.result
            if isinstance(result, Rejection) and result.reason in _LINE_IS_WHOLE:
                self._below = after_enter(run.request)
        self.touched()

    def forget(self, uri: str) -> None:
        """Drop what is kept of a document that has been closed."""
        if self._shown is not None and self._shown.request.document.uri == uri:
            self._shown = None
        if self._below is not None and self._below.document.uri == uri:
            self._below = None
        if self._unread is not None and self._unread.document.uri == uri:
            self._unread = None

    def close(self) -> None:
        """Begin nothing any more."""
        self.enabled = False
        self._unread = None
        self._end_timer()
        if self._task is not None:
            self._task.cancel()

    def _pause(self) -> None:
        """The user has paused."""
        self._timer = None
        if not self._slot.idle or (self._task is not None and not self._task.done()):
            return  # the end of what is under way comes back here
        if not self._worker.idle:
            self.touched()  # it is still reading, or at the last step of what was called off
            return
        request = self._likely_next() if self.enabled else None
        if request is not None:
            self._begin(self._prefetch(request))
        elif self._unread is not None:
            self._read_ahead(self._unread)

    def _read_ahead(self, request: CompletionRequest) -> None:
        loop = asyncio.get_running_loop()
        pause = pause_s(self._rhythm.interval_s, WARM_PAUSE_INTERVALS, WARM_PAUSE_S)
        left = pause - self._rhythm.since_key_s(loop.time())
        if left > 0:
            self._timer = loop.call_later(left, self._pause)
            return
        self._unread = None
        self._begin(self._jobs.warm(request))

    def _likely_next(self) -> CompletionRequest | None:
        """Return what to prepare: once after each item that is shown, and then the line below."""
        below, self._below = self._below, None
        shown = self._shown
        if below is not None:
            request: CompletionRequest | None = below
        elif shown is None or self._prepared_for == (shown.made.id, shown.rank):
            return None
        else:
            self._prepared_for = (shown.made.id, shown.rank)
            request = self._follow_up(shown.made.id, 0)
        return None if request is None or self._cache.find(request) is not None else request

    def _follow_up(self, completion: str, index: int) -> CompletionRequest | None:
        """Return the request that follows when an item on screen is accepted."""
        shown = self._shown
        if shown is None or shown.made.id != completion:
            return None
        # From the cache, not as it was shown: it may have grown since.
        hit = self._cache.find(shown.request)
        if hit is None or hit.note is not shown.made or index >= len(hit.alternatives):
            return None
        return after_accepting(shown.request, hit.alternatives[index])

    async def _prefetch(self, request: CompletionRequest) -> None:
        self._run = await self._jobs.start_ahead(request)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(work)
        self._task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        # Reading ahead, or a prefetch that could not begin, may not be all there is to do.
        if not task.cancelled() and task is self._task and self._run is None:
            self.touched()

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
