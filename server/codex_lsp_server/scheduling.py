"""Who the model works for: one job that runs, one request that waits, and the latest wins.

A request that comes makes the one that waits outdated, which is answered at once. The job that runs
is not simply called off: its samples may still say what the user has typed meanwhile. So it is told
what was typed, gives up the samples that disagree, and lives as long as one is left and somebody
may want it::

            start                 first lines, shown                    ended
    (none) ───────→ AWAITED ─────────────────────────────→ GROWING ──────────→ (none)
                     │   ↑                                    │
       called off, or│   │a request that                      │accepted
       answered stale│   │continues it                        │
                     ↓   │                                    │
                    LEFT ALONE ←──────────────────────────────┘
                     │         ←── a prefetch begins here, without a time limit
     time is up, or  │
     typed otherwise ↓
                    stopped: the engine ends it before its next step

A client may call a request off *before* it sends the one that continues it, as VS Code does, so a
job that nobody waits for is left alone for :data:`GRACE_S`, provided that the document has changed,
and in no other way than by typing what the samples may say.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from codex_lsp.cache import Place, Typed, typed_into, typed_since
from codex_lsp.types import Completion, CompletionRequest, Rejection, RejectionReason, Shape
from codex_lsp_server.convert import Asked
from codex_lsp_server.performance import Origin, Recent
from codex_lsp_server.streams import Stream
from codex_lsp_server.worker import Job

GRACE_S = 0.5
"""How long a job that nobody waits for is left alone: longer than clients wait before they ask."""

NEWER = Rejection(RejectionReason.SUPERSEDED, "A newer request came.")


@dataclass(slots=True)
class Made:
    """What is known of a completion besides its text.

    :ivar id: names it to the client
    :ivar origin: how the next answer from it comes about
    :ivar shape: how much was to be completed
    """

    id: str
    origin: Origin
    shape: Shape | None = None


class Run:
    """A job, and who it is for.

    :ivar request: as it would be made again; the job's own may hold more, such as recalled lines
    :ivar lead: text of the suggest widget that the request takes for accepted
    :ivar ahead: nobody has asked for it
    :ivar recent: the times of the answer it gave; the engine's are known when it ends
    :ivar wanted: False once what it brings is not to be kept
    """

    def __init__(
        self, made: Made, request: CompletionRequest, job: Job, lead: str = "", ahead: bool = False
    ) -> None:
        self.made = made
        self.request = request
        self.place = Place.of(request)
        self.job = job
        self.lead = lead
        self.ahead = ahead
        self.stream: Stream | None = None
        self.recent: Recent | None = None
        self.wanted = True

    def whole_lines(self) -> Completion | None:
        """Return what the job says so far, without the line that it is at."""
        latest = self.job.latest
        if latest is None or latest.complete:
            return latest
        first = self.job.first.result()
        if not isinstance(first, Completion):
            return None
        text = latest.text[: max(0, latest.text.rfind("\n"))].rstrip()
        if len(text) <= len(first.text):
            return first
        winner = replace(latest.alternatives[0], text=text)
        return replace(latest, text=text, alternatives=(winner, *latest.alternatives[1:]))


class Turn:
    """A request that waits for its answer."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._over: asyncio.Future[Rejection] = asyncio.get_running_loop().create_future()

    @property
    def over(self) -> Rejection | None:
        """Why nobody wants the answer any more; None while somebody does."""
        return self._over.result() if self._over.done() else None

    def end(self, reason: Rejection) -> None:
        """Let it wait no longer."""
        if not self._over.done():
            self._over.set_result(reason)

    async def wait(
        self, future: asyncio.Future[Any] | None = None, timeout: float | None = None
    ) -> None:
        """Wait until ``future`` is done, the turn is over, or the time is up."""
        futures: set[asyncio.Future[Any]] = {self._over}
        if future is not None:
            futures.add(future)
        await asyncio.wait(futures, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)


class Slot:
    """The job that runs and the request that waits. For the event loop's thread only."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.turn: Turn | None = None
        self._grace: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing runs and nobody waits."""
        return self.run is None and self.turn is None

    def enter(self, asked: Asked) -> Turn:
        """Let a request wait; the one before is outdated."""
        if self.turn is not None:
            self.turn.end(NEWER)
        self.turn = Turn(asked)
        return self.turn

    def leave(self, turn: Turn) -> None:
        """Forget a request that has been answered."""
        if self.turn is turn:
            self.turn = None

    def put(self, run: Run) -> None:
        """Take a job that has been started."""
        self.stop()
        self.run = run

    def continued_by(self, request: CompletionRequest) -> Typed | None:
        """Return what was typed since the job was begun, if its samples may answer ``request``."""
        if self.run is None:
            return None
        length = request.offset - self.run.request.offset
        return typed_since(self.run.place, request, length)

    def adopt(self, typed: Typed) -> None:
        """Somebody waits for the job again, who has typed on."""
        self._end_grace()
        if self.run is not None:
            self.run.ahead = False
            self.run.job.typed(typed.text)

    def changed(self, uri: str, text: str) -> None:
        """Take a document's new text: it goes on from what the job began with, or it ends the job.

        Nothing can be said of a job for a text that the document does not have yet: one made ahead,
        or with an item of the suggest widget accepted.
        """
        run = self.run
        if run is None or run.ahead or run.lead or run.request.document.uri != uri:
            return
        typed = typed_into(run.request, text)
        if typed is None:
            self.stop()
        else:
            run.job.typed(typed)

    def leave_alone(self) -> None:
        """Nobody waits for the job any more, but somebody may soon."""
        if self.run is not None:
            self._end_grace()
            self._grace = asyncio.get_running_loop().call_later(GRACE_S, self.stop)

    def stop(self) -> None:
        """Call the job off."""
        self._end_grace()
        if self.run is not None:
            self.run.job.cancel()
            self.run = None

    def ended(self, run: Run) -> None:
        """Take note that a job has ended."""
        if self.run is run:
            self._end_grace()
            self.run = None

    def _end_grace(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None
