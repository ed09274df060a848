"""What the engine's process works on: one request at a time, and the latest wins."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from codex_lsp.context import build_context
from codex_lsp.errors import EngineCrashedError
from codex_lsp.options import CompleterOptions, EngineOptions
from codex_lsp.process.messages import (
    Cancel,
    Complete,
    Ended,
    EngineFacts,
    Failed,
    Grown,
    KeptStates,
    Load,
    Loaded,
    LoadFailed,
    Report,
    Typed,
    Warm,
    Warmed,
)
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Outcome,
    Rejection,
    RejectionReason,
    Shape,
    Trigger,
)
from codex_lsp_server.crashes import how_it_ended
from codex_lsp_server.engine_child import EngineChild

logger = logging.getLogger(__name__)

CANCEL_LIMIT_S = 30.0
"""How long a process may take to answer a request that was called off. It looks up after each
decoding step and after a prompt, so that one that takes longer hangs."""

NOT_RUNNING = "The engine's process is not running; ask again in a moment."


class Job:
    """One request at the engine's process. Its methods are for the event loop's thread.

    :ivar first: the completion as soon as the first lines are ranked, or the rejection
    :ivar done: how it ended
    :ivar latest: the completion as it stands
    :ivar shape: how much is to be completed; None where nothing is
    """

    def __init__(
        self,
        request: CompletionRequest,
        on_cancel: Callable[[], None] = lambda: None,
        on_typed: Callable[[str], None] = lambda text: None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.request = request
        self.first: asyncio.Future[Completion | Rejection] = loop.create_future()
        self.done: asyncio.Future[Outcome] = loop.create_future()
        self.latest: Completion | None = None
        self.shape: Shape | None = None
        self._cancelled = False
        self._on_cancel = on_cancel
        self._on_typed = on_typed

    def cancel(self) -> None:
        """Stop the decoding at its next step."""
        if not self._cancelled and not self.done.done():
            self._cancelled = True
            self._on_cancel()

    def typed(self, text: str) -> None:
        """Tell what has been typed at the cursor since the request, all of it.

        Samples that say something else are given up. When none is left, the job ends soon with the
        rejection ``SUPERSEDED``.
        """
        if not self._cancelled and not self.done.done():
            self._on_typed(text)

    def on_growth(self, completion: Completion) -> None:
        """Take the completion as it stands."""
        self.latest = completion
        if not self.first.done():
            self.first.set_result(completion)

    def on_end(self, outcome: Outcome) -> None:
        """Take the outcome."""
        if isinstance(outcome.result, Completion):
            self.latest = outcome.result
        if not self.first.done():
            self.first.set_result(outcome.result)
        if not self.done.done():
            self.done.set_result(outcome)

    def on_error(self, error: BaseException) -> None:
        """Take an error that the engine ended with."""
        for future in (self.first, self.done):
            if not future.done():
                future.set_exception(error)
                # Whoever awaits the other future hears of it; this one may have no listener.
                future.exception()


class Worker:
    """Has one process do one job at a time. A new one calls the running one off; none waits.

    For the event loop's thread only.

    :param start_child: starts a process
    :param child: one that has been started already; it becomes the first
    :ivar states: what the engine kept of prompts when it reported last
    :ivar on_crash: told, in a sentence, that a process with a model has ended by itself
    """

    def __init__(
        self, start_child: Callable[[], EngineChild], child: EngineChild | None = None
    ) -> None:
        self._start_child = start_child
        self._early = child
        self._child: EngineChild | None = None
        self._loading: asyncio.Future[EngineFacts] | None = None
        self._ids = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._current: Job | None = None
        self._hung = False
        self.states = KeptStates()
        self.on_crash: Callable[[str], None] = lambda cause: None

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, and a job would begin at once."""
        return not self._jobs

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._child is not None

    async def load(self, path: Path, options: EngineOptions) -> EngineFacts:
        """Have a model loaded, by a process that is started for it if there is none.

        :raises CodexLspError: it cannot be loaded
        :raises EngineCrashedError: the process has ended meanwhile
        """
        child = self._running_child()
        self._loading = asyncio.get_running_loop().create_future()
        child.send(Load(path, options))
        return await self._loading

    def start(self, request: CompletionRequest, options: CompleterOptions) -> Job:
        """Begin to complete ``request`` and return the job."""
        self.supersede()
        number, job = self._new_job(request)
        context = build_context(request, options.context)
        if isinstance(context, Rejection):
            job.on_end(Outcome(context))
        elif self._child is None:
            job.on_end(Outcome(Rejection(RejectionReason.ENGINE_FAILED, NOT_RUNNING)))
        else:
            job.shape = context.shape
            self._jobs[number] = self._current = job
            self._child.send(Complete(number, context, options))
        return job

    def warm(self, request: CompletionRequest, options: CompleterOptions) -> None:
        """Read ahead what a request near the cursor will need; dropped unless all is idle."""
        if not self.idle or self._child is None:
            return
        # Where nothing is to be suggested now, something may be once more has been typed.
        by_hand = replace(request, trigger=Trigger.INVOKED)
        context = build_context(by_hand, options.context)
        if not isinstance(context, Rejection):
            number, job = self._new_job(request)
            self._jobs[number] = self._current = job
            self._child.send(Warm(number, context, options))

    def supersede(self) -> None:
        """Call off what is under way."""
        if self._current is not None:
            self._current.cancel()
            self._current = None

    async def close(self) -> None:
        """Call everything off and have the process leave. A later :meth:`load` starts another."""
        self.supersede()
        child, self._child, self._early = self._child or self._early, None, None
        self._loading = None
        if child is not None:
            await child.close()
        self._end_all("The engine was stopped.", RejectionReason.SUPERSEDED)

    def _new_job(self, request: CompletionRequest) -> tuple[int, Job]:
        number = next(self._ids)
        return number, Job(
            request, lambda: self._cancel(number), lambda text: self._typed(number, text)
        )

    def _running_child(self) -> EngineChild:
        if self._child is None:
            child = self._early or self._start_child()
            child.listen(self._take, lambda code: self._child_ended(child, code))
            self._child, self._early = child, None
            self._hung = False
        return self._child

    def _cancel(self, number: int) -> None:
        child = self._child
        if child is None:
            return
        child.send(Cancel(number))
        loop = asyncio.get_running_loop()
        loop.call_later(CANCEL_LIMIT_S, self._expect_answered, child, number)

    def _expect_answered(self, child: EngineChild, number: int) -> None:
        if child is self._child and number in self._jobs:
            self._hung = True
            child.kill()

    def _typed(self, number: int, text: str) -> None:
        if self._child is not None:
            self._child.send(Typed(number, text))

    def _take(self, report: Report) -> None:
        """Take a report of the process."""
        if isinstance(report, Ended | Warmed):
            self.states = report.states
        if isinstance(report, Loaded | LoadFailed):
            self._take_loaded(report)
        elif isinstance(report, Grown):
            if report.id in self._jobs:
                self._jobs[report.id].on_growth(report.completion)
        elif (job := self._jobs.pop(report.id, None)) is not None:
            if job is self._current:
                self._current = None
            self._end(job, report)

    def _end(self, job: Job, report: Ended | Failed | Warmed) -> None:
        if isinstance(report, Ended):
            job.on_end(report.outcome)
        elif isinstance(report, Failed):
            # To warm may fail, too: that shows again when somebody waits for an answer.
            job.on_error(report.error)

    def _take_loaded(self, report: Loaded | LoadFailed) -> None:
        loading, self._loading = self._loading, None
        if loading is None or loading.done():
            return
        if isinstance(report, Loaded):
            loading.set_result(report.facts)
        else:
            loading.set_exception(report.error)

    def _child_ended(self, child: EngineChild, code: int) -> None:
        if child is not self._child:
            return  # it was told to leave
        self._child = None
        cause = how_it_ended(code)
        if self._hung:
            cause = (
                f"The engine's process did not answer for {CANCEL_LIMIT_S:g} seconds and was ended"
            )
        logger.warning("%s.", cause)
        self._end_all(f"{cause}.", RejectionReason.ENGINE_FAILED)
        loading, self._loading = self._loading, None
        if loading is None:
            self.on_crash(cause)
        elif not loading.done():
            loading.set_exception(EngineCrashedError(cause))

    def _end_all(self, detail: str, reason: RejectionReason) -> None:
        jobs, self._jobs = self._jobs, {}
        self._current = None
        for job in jobs.values():
            job.on_end(Outcome(Rejection(reason, detail)))
