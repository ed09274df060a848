"""One thread that owns the engine, and the one request it works on: the latest wins."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from codex_lsp.completer import Completer
from codex_lsp.engine.base import Cancellation
from codex_lsp.errors import EngineError, GenerationCancelled
from codex_lsp.options import CompleterOptions
from codex_lsp.typed import TypedText
from codex_lsp.types import Completion, CompletionRequest, Outcome, Rejection, RejectionReason

T = TypeVar("T")


class Job:
    """One request on the worker. Its methods are for the event loop's thread.

    :ivar first: the completion as soon as the first lines are ranked, or the rejection
    :ivar done: how it ended
    """

    def __init__(self, request: CompletionRequest) -> None:
        loop = asyncio.get_running_loop()
        self.request = request
        self.cancellation = Cancellation()
        self.typed_text = TypedText()
        self.first: asyncio.Future[Completion | Rejection] = loop.create_future()
        self.done: asyncio.Future[Outcome] = loop.create_future()
        self.latest: Completion | None = None

    def cancel(self) -> None:
        """Stop the decoding at its next step."""
        self.cancellation.cancel()

    def typed(self, text: str) -> None:
        """Tell what has been typed at the cursor since the request, all of it.

        Samples that say something else are given up. When none is left, the job ends soon with the
        rejection ``SUPERSEDED``.
        """
        self.typed_text.text = text

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
    """Runs one job at a time. A new one calls the running one off; none waits for its turn."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="codex-lsp-engine")
        self._current: Job | None = None
        self._busy: Future[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, and a job would begin at once."""
        return self._busy is None or self._busy.done()

    def start(
        self, completer: Completer, request: CompletionRequest, options: CompleterOptions
    ) -> Job:
        """Begin to complete ``request`` and return the job."""
        self.supersede()
        job = Job(request)
        self._current = job
        loop = asyncio.get_running_loop()

        def grown(completion: Completion) -> None:
            loop.call_soon_threadsafe(job.on_growth, completion)

        def work() -> None:
            try:
                outcome = completer.complete(
                    request, options, job.cancellation, grown, job.typed_text
                )
            except GenerationCancelled:
                outcome = Outcome(Rejection(RejectionReason.SUPERSEDED, "A newer request came."))
            except Exception as error:  # reported to whoever awaits the job
                loop.call_soon_threadsafe(job.on_error, error)
                return
            loop.call_soon_threadsafe(job.on_end, outcome)

        self._busy = self._executor.submit(work)
        return job

    def warm(
        self, completer: Completer, request: CompletionRequest, options: CompleterOptions
    ) -> None:
        """Read ahead what a request near the cursor will need; dropped unless all is idle."""
        if not self.idle:
            return
        job = Job(request)
        self._current = job

        def work() -> None:
            # A failure shows again, and is told, when somebody waits for an answer.
            with contextlib.suppress(GenerationCancelled, EngineError):
                completer.warm(request, options, job.cancellation)

        self._busy = self._executor.submit(work)

    def supersede(self) -> None:
        """Call the running job off."""
        if self._current is not None:
            self._current.cancel()
            self._current = None

    async def run(self, function: Callable[[], T]) -> T:
        """Run ``function`` on the worker's thread, behind what is under way there."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function)

    async def close(self, last: Callable[[], None]) -> None:
        """Call everything off, run ``last`` on the thread, and let the thread end."""
        self.supersede()
        await self.run(last)
        self._executor.shutdown(wait=False, cancel_futures=True)
