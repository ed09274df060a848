"""Begins jobs for the model, and keeps what comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from codex_lsp.cache import CompletionCache, Typed
from codex_lsp.options import TokenBudget
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Outcome,
    Recalled,
    Rejection,
    Snippet,
    Trigger,
)
from codex_lsp_server.convert import Asked
from codex_lsp_server.host import Loaded
from codex_lsp_server.pace import Latency
from codex_lsp_server.performance import Origin, Performance
from codex_lsp_server.scheduling import Made, Run, Slot, Turn
from codex_lsp_server.settings import Settings
from codex_lsp_server.streams import Notify, Stream

Recall = Callable[[CompletionRequest], tuple[Recalled, ...]]
"""Gives the lines seen elsewhere that may be gone on with: ``CompletionRequest.recalled``."""

Snippets = Callable[[CompletionRequest, TokenBudget, bool], tuple[Snippet, ...]]
"""Gives ``CompletionRequest.snippets``; the flag says that the document is only read ahead."""


def no_snippets(
    request: CompletionRequest, budget: TokenBudget, ahead: bool
) -> tuple[Snippet, ...]:
    """Give none."""
    return ()


def nothing_recalled(request: CompletionRequest) -> tuple[Recalled, ...]:
    """Recall nothing."""
    return ()


class ModelReady(Protocol):
    """What gives the model, such as :class:`~codex_lsp_server.host.ModelHost`."""

    async def ready(self, by_hand: bool = False) -> Loaded | Rejection:
        """Return the model, waiting a while for it; an engine given up is tried again by hand."""
        ...


class Jobs:
    """Begins jobs. For the event loop's thread only.

    :ivar settings: those in force
    :ivar latency: how long jobs take
    :ivar streaming: the client understands ``codexLsp/partialCompletion``
    :ivar on_end: told how each job ended; None after an error, of which whoever waits is told
    """

    def __init__(
        self,
        host: ModelReady,
        slot: Slot,
        cache: CompletionCache[Made],
        performance: Performance,
        notify: Notify,
        recall: Recall,
        snippets: Snippets = no_snippets,
    ) -> None:
        self._host = host
        self._slot = slot
        self._cache = cache
        self._performance = performance
        self._notify = notify
        self._recall = recall
        self._snippets = snippets
        self._count = 0
        self.settings = Settings()
        self.latency = Latency()
        self.streaming = False
        self.on_end: Callable[[Run, Outcome | None], None] = lambda run, outcome: None

    def start(
        self, loaded: Loaded, request: CompletionRequest, lead: str = "", ahead: bool = False
    ) -> Run:
        """Begin to complete ``request``; what runs is called off.

        :param lead: text of the suggest widget that the request takes for accepted
        :param ahead: nobody has asked for it
        """
        options = loaded.options(self.settings)
        known = replace(
            request,
            recalled=self._recall(request),
            snippets=self._snippets(request, options.budget, False),
        )
        job = loaded.start(known, options)
        # Of a job that was asked for, the first answer is no later one: this is for all others.
        origin = Origin.PREFETCH if ahead else Origin.KEPT
        made = Made(self._next_id(), origin, job.shape)
        run = Run(made, request, job, lead, ahead)
        self._slot.put(run)
        job.done.add_done_callback(partial(self._ended, run))
        return run

    async def wait_for_answer(self, turn: Turn, run: Run) -> None:
        """Wait for the first line, or for all of it where the client cannot show it grow.

        Such a client is not kept waiting for the rest for longer than the settings say; who asks by
        hand is.
        """
        if not self.streaming:
            invoked = turn.asked.request.trigger is Trigger.INVOKED
            limit = None if invoked else self.settings.max_latency_ms
            await turn.wait(run.job.done, None if limit is None else limit / 1000)
        if turn.over is None:
            await turn.wait(run.job.first)

    def answer_of(self, run: Run) -> Completion | Rejection:
        """Return what a job says by now; whole lines only where the client cannot show it grow."""
        if not self.streaming and run.job.done.done():
            return run.job.done.result().result
        first = run.job.first.result()
        if self.streaming or isinstance(first, Rejection):
            return first
        return run.whole_lines() or first

    def remember(self) -> None:
        """Put what the running job says so far into the cache."""
        run = self._slot.run
        completion = None if run is None else self.shown_of(run)
        if run is not None and completion is not None:
            self._cache.put(run.place, completion, run.made)

    def shown_of(self, run: Run) -> Completion | None:
        """Return what can be shown of a job: half a line only where the client sees it grow."""
        return run.job.latest if self.streaming else run.whole_lines()

    def accepted(self, run: Run) -> None:
        """Show no more of a job; what it still brings is another completion to the client."""
        if run.stream is not None:
            run.stream.end()
            run.stream = None
        run.made.id = self._next_id()

    def stream(self, run: Run, asked: Asked, typed: Typed) -> None:
        """Let a job's text grow on screen, if the client can show that.

        :param asked: the request that is answered with the text so far
        """
        if not self.streaming:
            return
        if run.stream is None:
            run.stream = Stream(run.made.id, run.job, asked, typed, self._notify)
        else:
            run.stream.move(asked, typed)

    def drop(self) -> None:
        """Call the running job off, and keep nothing of it."""
        if self._slot.run is not None:
            self._slot.run.wanted = False
        self._slot.stop()

    async def start_ahead(self, request: CompletionRequest) -> Run | None:
        """Begin to complete for nobody; None when there is no model, or somebody waits by now."""
        loaded = await self._host.ready()
        if isinstance(loaded, Rejection) or self._slot.turn is not None:
            return None
        return self.start(loaded, request, ahead=True)

    async def warm(self, request: CompletionRequest) -> None:
        """Read ahead what ``request`` needs, unless something else is to be done by now."""
        loaded = await self._host.ready()
        if isinstance(loaded, Loaded) and self._slot.idle:
            options = loaded.options(self.settings)
            snippets = self._snippets(request, options.budget, True)
            loaded.warm(replace(request, snippets=snippets), options)

    def _next_id(self) -> str:
        self._count += 1
        return f"{self._count}"

    def _ended(self, run: Run, done: asyncio.Future[Outcome]) -> None:
        self._slot.ended(run)
        outcome = None if done.cancelled() or done.exception() is not None else done.result()
        if outcome is not None:
            self._take(run, outcome)
        self.on_end(run, outcome)

    def _take(self, run: Run, outcome: Outcome) -> None:
        """Keep what a job brought, and what it took."""
        self._performance.worked(outcome.work)
        if outcome.first_ms and outcome.work.decoded:  # not a line that was only recalled
            self.latency.add(outcome.first_ms / 1000, outcome.work.kept > 0)
        if run.recent is not None:
            run.recent.engine = outcome.first_ms
        completion = run.whole_lines()
        if completion is not None and run.wanted:
            self._cache.put(run.place, completion, run.made)
            if run.stream is not None:
                self._performance.shown(run.made.id, completion.tokens)
