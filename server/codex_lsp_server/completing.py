"""From a client's request to its answer: from the cache, from a job that runs, or from a new one.

:mod:`codex_lsp_server.scheduling` says how jobs live; :mod:`codex_lsp_server.prefetch` what is done
while nobody waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lsprotocol import types

from codex_lsp.cache import PREFIX_CHARS, CompletionCache, Hit, Typed, remainders
from codex_lsp.errors import CodexLspError
from codex_lsp.process.messages import EngineFacts
from codex_lsp.types import (
    Alternative,
    CompletionRequest,
    Rejection,
    RejectionReason,
    Trigger,
)
from codex_lsp_server.access import Refusal, nothing_refused, permission
from codex_lsp_server.answers import Answer, origin_of, reason_of
from codex_lsp_server.convert import Asked, at_odds, to_asked, to_item
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.jobs import (
    Jobs,
    ModelReady,
    Recall,
    Snippets,
    no_snippets,
    nothing_recalled,
)
from codex_lsp_server.pace import Rhythm, delay_s
from codex_lsp_server.performance import Origin, Performance, Recent
from codex_lsp_server.prefetch import LookAhead, Shown
from codex_lsp_server.scheduling import Made, Run, Slot, Turn
from codex_lsp_server.settings import Settings
from codex_lsp_server.streams import Notify
from codex_lsp_server.tracing import Entry, Tracing
from codex_lsp_server.worker import Worker

POLL_S = 0.03
"""How often a job is looked at that has to say more than what was typed: about once a token."""

STALE = Rejection(RejectionReason.STALE, "The document changed meanwhile.")
CANCELLED = Rejection(RejectionReason.CANCELLED, "The editor called the request off.")
CLOSED = Rejection(RejectionReason.STALE, "The document was closed meanwhile.")


class Completing:
    """Answers inline completion requests, the latest first. For the event loop's thread only.

    :param report: tells the user of a failure
    :param recall: finds lines seen elsewhere that the user may be writing again
    :param refusal: says which documents must not reach the model
    :param snippets: finds pieces of other files that the model may see
    """

    def __init__(
        self,
        host: ModelReady,
        worker: Worker,
        notify: Notify,
        report: Callable[[str], None],
        recall: Recall = nothing_recalled,
        refusal: Refusal = nothing_refused,
        snippets: Snippets = no_snippets,
    ) -> None:
        self._host = host
        self._refusal = refusal
        self._worker = worker
        self._report = report
        self._slot = Slot()
        self._cache: CompletionCache[Made] = CompletionCache()
        self._performance = Performance()
        self._tracing = Tracing()
        self._rhythm = Rhythm()
        self._jobs = Jobs(
            host, self._slot, self._cache, self._performance, notify, recall, snippets
        )
        self._ahead = LookAhead(self._slot, worker, self._cache, self._rhythm, self._jobs)
        self._jobs.on_end = self._ahead.ended
        self._follow_up = False
        self._cursors: dict[str, int] = {}

    @property
    def streaming(self) -> bool:
        """Whether the client understands ``codexLsp/partialCompletion``."""
        return self._jobs.streaming

    @streaming.setter
    def streaming(self, value: bool) -> None:
        self._jobs.streaming = value

    async def answer(
        self,
        document: OpenDocument | None,
        params: types.InlineCompletionParams,
        settings: Settings,
        preceding: str,
    ) -> Answer:
        """Complete; never raises but when the request itself is called off."""
        entry = self._tracing.begin(document, params)
        refused = permission(document, settings, self._refusal)
        if refused is None and document is not None:
            refused = at_odds(document, params)
        if refused is not None or document is None:
            entry.end(Answer(rejection=refused))
            return self._told(Answer(rejection=refused), None, entry)
        self.use(settings)
        # Nothing is awaited before this: the request is for the document as it is now.
        turn = self._slot.enter(to_asked(document, params, preceding))
        self._cursors[document.uri] = turn.asked.request.offset
        run: Run | None = None
        try:
            answer = self._from_cache(turn.asked, document)
            if answer is None:
                answer, run = await self._from_model(turn, document)
        except CodexLspError as error:
            self._report(f"codex-lsp: {error}")
            answer = Answer(rejection=Rejection(RejectionReason.ENGINE_FAILED, str(error)))
        except asyncio.CancelledError:
            self._called_off(turn, document, entry)
            raise
        finally:
            self._slot.leave(turn)
            self._follow_up = False
            self._ahead.rested(turn.asked.request)
        entry.end(answer, run, own=run is not None and run.request is turn.asked.request)
        return self._told(answer, run, entry)

    # ---- What is known already

    def _from_cache(self, asked: Asked, document: OpenDocument) -> Answer | None:
        if asked.request.trigger is Trigger.INVOKED:
            return None
        self._jobs.remember()
        run = self._slot.run
        hit = self._cache.find(asked.request)
        if hit is None:
            return None
        if run is not None and run.made is hit.note:
            if not self.streaming and not hit.typed.text:
                return None  # such a client is given whole answers; this one is on its way
            self._go_on(run, asked, hit)
        elif run is not None and not run.ahead and self._slot.continued_by(asked.request) is None:
            self._slot.stop()
        promoted = hit.alternatives[0].rank > 0
        origin = Origin.SIBLING if promoted else hit.note.origin
        return self._show(hit.note, hit.alternatives, origin, asked, document)

    def _go_on(self, run: Run, asked: Asked, hit: Hit[Made]) -> None:
        """Let the job go on whose text so far is the answer."""
        if self._may_grow(hit.alternatives[0], hit.typed):
            self._slot.adopt(hit.typed)
            self._jobs.stream(run, asked, hit.typed)
        else:
            self._slot.stop()

    @staticmethod
    def _may_grow(shown: Alternative, typed: Typed) -> bool:
        """Say whether more of a job's text may come to what is shown of it.

        There is no point in decoding more of what was not chosen. And more of what ends before a
        bracket that the editor closed could end behind it.
        """
        return shown.rank == 0 and shown.replaces >= len(typed.closers)

    # ---- What the model is asked for

    async def _from_model(self, turn: Turn, document: OpenDocument) -> tuple[Answer, Run | None]:
        request = turn.asked.request
        invoked = request.trigger is Trigger.INVOKED
        run = self._slot.run
        typed = None if invoked else self._slot.continued_by(request)
        if run is not None and typed is not None:
            answer = await self._from_running(turn, run, typed, document)
            if answer is not None:
                return answer, run
        # What runs is called off now, not only when this one may start; reading ahead as well.
        self._slot.stop()
        self._worker.supersede()
        if not invoked:
            await self._wait_for_next_key(turn)
        loading = asyncio.ensure_future(self._host.ready(by_hand=invoked))
        try:
            await turn.wait(loading)
        finally:
            loading.cancel()
        if turn.over is not None:
            return Answer(rejection=turn.over), None
        loaded = loading.result()
        if isinstance(loaded, Rejection):
            return Answer(rejection=loaded), None
        run = self._jobs.start(loaded, request, turn.asked.lead)
        return await self._from_new(turn, run, document), run

    async def _from_new(self, turn: Turn, run: Run, document: OpenDocument) -> Answer:
        await self._jobs.wait_for_answer(turn, run)
        if turn.over is not None:
            return Answer(rejection=turn.over)
        result = self._jobs.answer_of(run)
        if document.version != turn.asked.request.document.version:
            self._slot.leave_alone()
            return Answer(rejection=STALE)
        if isinstance(result, Rejection):
            return Answer(rejection=result)
        if not result.complete:
            self._jobs.stream(run, turn.asked, Typed())
        left = result.alternatives
        return self._show(run.made, left, Origin.MODEL, turn.asked, document)

    async def _from_running(
        self, turn: Turn, run: Run, typed: Typed, document: OpenDocument
    ) -> Answer | None:
        """Answer with what a job brings that began before the user typed on; None if nothing."""
        self._slot.adopt(typed)
        job = run.job
        whole = not self.streaming and not typed.text
        if whole:
            await self._jobs.wait_for_answer(turn, run)
        else:
            await turn.wait(job.first)
        while True:
            if turn.over is not None:
                return Answer(rejection=turn.over)
            outcome = job.done.result() if job.done.done() else None
            said = self._jobs.shown_of(run)
            left = () if said is None else remainders(said.alternatives, typed)
            if outcome is not None or left:
                break
            # All that it says so far has been typed, but it grows.
            await turn.wait(job.done, POLL_S)
        if document.version != turn.asked.request.document.version:
            self._slot.leave_alone()
            return Answer(rejection=STALE)
        if not left:
            # A reason counts for the text that the job was begun with, and for no other.
            return reason_of(outcome) if typed == Typed() else None
        if outcome is None and self._may_grow(left[0], typed):
            self._jobs.stream(run, turn.asked, typed)
        elif outcome is None:
            self._slot.stop()
        origin = Origin.PREFETCH if run.made.origin is Origin.PREFETCH else Origin.KEPT
        return self._show(run.made, left, origin, turn.asked, document)

    async def _wait_for_next_key(self, turn: Turn) -> None:
        if not self._jobs.settings.adaptive_debounce or self._follow_up:
            return
        since = self._rhythm.since_key_s(asyncio.get_running_loop().time())
        delay = delay_s(self._rhythm.interval_s, self._jobs.latency.expected_s, since)
        if delay:
            await turn.wait(timeout=delay)

    # ---- What the client is told

    def _show(
        self,
        made: Made,
        alternatives: Sequence[Alternative],
        origin: Origin,
        asked: Asked,
        document: OpenDocument,
    ) -> Answer:
        made.origin = Origin.CACHE
        first = alternatives[0]
        self._performance.shown(made.id, first.tokens)
        self._ahead.shown(Shown(asked.request, made, first.rank))
        items = [
            to_item(item, asked, document, made.id, index, origin_of(item, origin))
            for index, item in enumerate(alternatives)
        ]
        return Answer(items, None, origin_of(first, origin), alternatives, made.shape)

    def _told(self, answer: Answer, run: Run | None, entry: Entry) -> Answer:
        """Count the answer, and say how long it took."""
        if answer.rejection is not None:
            self._performance.rejected(answer.rejection.reason)
        elif answer.origin is not None:
            total = entry.trace.timing.total
            recent = Recent(answer.origin, total)
            if run is not None and answer.origin in (Origin.MODEL, Origin.RECALLED):
                self._note_engine_time(recent, run)
            elif run is not None:
                recent.engine = total
            self._performance.answered(recent)
        return replace(answer, took_ms=entry.trace.timing.total)

    def _note_engine_time(self, recent: Recent, run: Run) -> None:
        if not run.job.done.done():
            run.recent = recent if self.streaming else None
            recent.engine = recent.total
        else:
            outcome = run.job.done.result()
            recent.engine = outcome.first_ms if self.streaming else outcome.timing.total

    # ---- What else happens

    def use(self, settings: Settings) -> None:
        """Take the settings; completions made with others are not kept."""
        if settings != self._jobs.settings:
            self._jobs.settings = settings
            self._jobs.drop()
            self._cache.clear()
        self._ahead.enabled = settings.prefetch

    def changed(self, document: OpenDocument, key: bool) -> None:
        """Take note that a document has changed.

        :param key: by a key that the user pressed, as far as one can tell
        """
        if key:
            self._rhythm.key(asyncio.get_running_loop().time())
        if self._slot.run is not None:
            self._slot.changed(document.uri, document.source)
        self._ahead.touched()

    def turned_to(self, document: OpenDocument, settings: Settings, preceding: str) -> None:
        """Read a document ahead that the user has opened, or has come back to."""
        if permission(document, settings, self._refusal) is not None:
            return
        self.use(settings)
        snapshot = replace(document.snapshot(), preceding=preceding)
        length = len(snapshot.text)
        cursor = self._cursors.get(document.uri)
        if cursor is not None or length <= PREFIX_CHARS:
            # Where nobody has asked yet, the end of a short file is a fair guess.
            offset = length if cursor is None else min(cursor, length)
            self._ahead.rested(CompletionRequest(snapshot, offset))

    def accepted(self, completion: str, index: int) -> None:
        """Take note that an item was accepted: show no more of it, prepare for what follows.

        :param completion: its id
        """
        self._follow_up = True
        run = self._slot.run
        if run is not None and run.made.id == completion:
            self._jobs.accepted(run)
            self._slot.leave_alone()
        else:
            self._ahead.accepted(completion, index)

    def cancel_stream(self, completion: str) -> None:
        """Stop a completion that grows, if it is the latest one."""
        if self._slot.run is not None and self._slot.run.made.id == completion:
            self._slot.stop()

    def forget(self, uri: str) -> None:
        """Drop what was kept of a document that has been closed."""
        turn, run = self._slot.turn, self._slot.run
        if turn is not None and turn.asked.request.document.uri == uri:
            turn.end(CLOSED)
        if run is not None and run.request.document.uri == uri:
            self._jobs.drop()
        self._cache.drop(uri)
        self._cursors.pop(uri, None)
        self._ahead.forget(uri)

    def performance(self, engine: EngineFacts | None) -> dict[str, Any]:
        """Return the answer to ``codexLsp/performance``.

        :param engine: of the engine that runs; None while there is none
        """
        return self._performance.report(len(self._cache), self._worker.states, engine)

    def explain(self, params: object) -> dict[str, Any]:
        """Return the answer to ``codexLsp/explain``."""
        return self._tracing.report(params)

    def close(self) -> None:
        """Begin nothing any more."""
        self._ahead.close()
        self._jobs.drop()

    def _called_off(self, turn: Turn, document: OpenDocument, entry: Entry) -> None:
        """The client waits no longer. If it has typed on, it may come back for the rest."""
        run = self._slot.run
        own = run is not None and run.request is turn.asked.request
        entry.end(Answer(rejection=CANCELLED), run if own else None, own)
        self._performance.rejected(RejectionReason.CANCELLED)
        if self._slot.turn is not turn:
            return
        if document.version == turn.asked.request.document.version:
            self._slot.stop()
        else:
            self._slot.leave_alone()
