"""Keeps a trace of each of the last requests: ``codexLsp/explain``. In memory only."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from lsprotocol import types

from codex_lsp.trace import Trace, as_object
from codex_lsp.types import Alternative, Considered, Outcome, Rejection, Timing, Trigger
from codex_lsp_server.answers import Answer
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.performance import Origin
from codex_lsp_server.scheduling import Run

EXPLAIN_METHOD = "codexLsp/explain"
KEPT = 200

_SENTENCES: Mapping[Origin, str] = {
    Origin.MODEL: "The model was asked; the best candidate is shown.",
    Origin.RECALLED: "A line that stands elsewhere is likelier than what the model wrote.",
    Origin.KEPT: "An earlier request's samples agree with what was typed since.",
    Origin.CACHE: "What was typed agrees with an earlier completion; the rest of it is shown.",
    Origin.SIBLING: "What was typed has left the first candidate; another one agrees with it.",
    Origin.PREFETCH: "It had been made ahead.",
}


class Entry:
    """One request while it lives, and its trace.

    :ivar trace: as far as it is known
    """

    def __init__(self, trace: Trace, clock: Callable[[], float]) -> None:
        self.trace = trace
        self._clock = clock
        self._began = clock()

    @property
    def elapsed_ms(self) -> float:
        """How long ago the request came."""
        return (self._clock() - self._began) * 1000

    def end(self, answer: Answer, run: Run | None = None, own: bool = False) -> None:
        """Take the answer.

        :param run: the job that it came from
        :param own: the job was begun for this request: what it took, and what it brings later, is
            part of the trace
        """
        rejection = answer.rejection
        sentence = "" if answer.origin is None else _SENTENCES[answer.origin]
        self.trace = replace(
            self.trace,
            shape=answer.shape if run is None else run.job.shape,
            rejection=rejection,
            sentence=sentence if rejection is None else _sentence(rejection),
            timing=Timing(total=self.elapsed_ms),
            cached=rejection is None and not own,
            candidates=tuple(map(_considered, answer.alternatives)),
        )
        if run is not None and own:
            run.job.done.add_done_callback(self._take)
            if run.job.done.done():
                self._take(run.job.done)

    def _take(self, done: asyncio.Future[Outcome]) -> None:
        if not done.cancelled() and done.exception() is None:
            self.trace = self.trace.with_outcome(done.result())


class Tracing:
    """The last requests, in a ring. For the event loop's thread only.

    :param clock: monotonic seconds
    :param now: the time of day, as seconds since 1970
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        now: Callable[[], float] = time.time,
        kept: int = KEPT,
    ) -> None:
        self._clock = clock
        self._now = now
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._count = 0

    def begin(self, document: OpenDocument | None, params: types.InlineCompletionParams) -> Entry:
        """Take a request."""
        self._count += 1
        invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        trace = Trace(
            id=self._count,
            at=datetime.fromtimestamp(self._now(), timezone.utc).isoformat(timespec="milliseconds"),
            uri=params.text_document.uri,
            version=0 if document is None else document.version,
            line=params.position.line,
            character=params.position.character,
            language="" if document is None else document.language_id,
            trigger=Trigger.INVOKED if invoked else Trigger.AUTOMATIC,
        )
        entry = Entry(trace, self._clock)
        self._entries.append(entry)
        return entry

    def report(self, params: object) -> dict[str, Any]:
        """Return the answer to ``codexLsp/explain``; params that do not fit count as left out."""
        given = params if isinstance(params, Mapping) else {}
        uri, last = given.get("uri"), given.get("last", 1)
        if not isinstance(last, int) or isinstance(last, bool):
            last = 1
        traces = [entry.trace for entry in reversed(self._entries)]
        if isinstance(uri, str):
            traces = [trace for trace in traces if trace.uri == uri]
        return {"traces": [as_object(trace) for trace in traces[: max(last, 0)]]}


def _sentence(rejection: Rejection) -> str:
    return rejection.detail or f"There is no suggestion: {rejection.reason.value}."


def _considered(item: Alternative) -> Considered:
    """Return what is known of a candidate whose own trace is an earlier one."""
    return Considered(
        text=item.text,
        mean_logprob=item.mean_logprob,
        tokens=item.tokens,
        source=item.source,
        rank=item.rank,
        confidence=item.confidence,
        agreement=item.agreement,
        findings=item.findings,
    )
