"""From a client's request to its answer: who may ask, what is reused, what is streamed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from lsprotocol import types

from codex_lsp.errors import CodexLspError
from codex_lsp.types import (
    Alternative,
    Completion,
    CompletionRequest,
    Recalled,
    Rejection,
    RejectionReason,
    Trigger,
)
from codex_lsp_server.convert import Asked, to_asked, to_item
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.host import Loaded
from codex_lsp_server.settings import Settings
from codex_lsp_server.streams import Notify, Stream, rebase
from codex_lsp_server.worker import Job, Worker


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client is told: items in rank order, or the reason why there are none."""

    items: Sequence[types.InlineCompletionItem] = ()
    rejection: Rejection | None = None


class ModelReady(Protocol):
    """What gives the model, such as :class:`~codex_lsp_server.host.ModelHost`."""

    async def ready(self, by_hand: bool = False) -> Loaded | Rejection:
        """Return the model, waiting a while for it; an engine given up is tried again by hand."""
        ...


def permission(document: OpenDocument | None, settings: Settings) -> Rejection | None:
    """Return why no completion may be given in ``document``; None when it may."""
    if document is None:
        return Rejection(
            RejectionReason.UNKNOWN_DOCUMENT, "The editor has not opened this document here."
        )
    if not settings.enable:
        return Rejection(RejectionReason.DISABLED, "Completions are switched off.")
    if document.language_id in settings.disabled_languages:
        return Rejection(
            RejectionReason.DISABLED,
            f"Completions are switched off in {document.language_id} documents.",
        )
    return None


Recall = Callable[[CompletionRequest], tuple[Recalled, ...]]
"""Finds lines seen elsewhere that the user may be writing again."""


def nothing_recalled(request: CompletionRequest) -> tuple[Recalled, ...]:
    """Recall nothing."""
    return ()


class Completing:
    """Answers inline completion requests, one at a time. For the event loop's thread only.

    :param report: tells the user of a failure
    :param recall: finds lines seen elsewhere that the user may be writing again
    :ivar streaming: the client understands ``codexLsp/partialCompletion``
    """

    def __init__(
        self,
        host: ModelReady,
        worker: Worker,
        notify: Notify,
        report: Callable[[str], None],
        recall: Recall = nothing_recalled,
    ) -> None:
        self._host = host
        self._worker = worker
        self._notify = notify
        self._report = report
        self._recall = recall
        self._awaited: Asked | None = None
        self._latest: Stream | None = None
        self._count = 0
        self.streaming = False

    async def answer(
        self,
        document: OpenDocument | None,
        params: types.InlineCompletionParams,
        settings: Settings,
        preceding: str,
    ) -> Answer:
        """Complete; never raises but when the request itself is called off."""
        refused = permission(document, settings)
        if refused is not None or document is None:
            return Answer(rejection=refused)
        # Nothing is awaited before this: the request is for the document as it is now.
        asked = to_asked(document, params, preceding)
        reused = self._reuse(asked, document)
        if reused is not None:
            return reused
        # The one before is called off now, not only when this one may start.
        self._worker.supersede()
        self._awaited = asked
        loaded = await self._host.ready(asked.request.trigger is Trigger.INVOKED)
        if isinstance(loaded, Rejection):
            return Answer(rejection=loaded)
        if self._awaited is not asked:
            return Answer(rejection=Rejection(RejectionReason.SUPERSEDED, "A newer request came."))
        options = loaded.options(settings)
        request = replace(asked.request, recalled=self._recall(asked.request))
        job = loaded.start(request, options)
        self._count += 1
        stream = Stream(f"{self._count}", job, asked, self._notify)
        self._latest = stream
        try:
            result = await self._result(job)
        except CodexLspError as error:
            self._report(f"codex-lsp: {error}")
            return Answer(rejection=Rejection(RejectionReason.ENGINE_FAILED, str(error)))
        except BaseException:
            # The client called the request off: nobody waits for the rest.
            job.cancel()
            raise
        if isinstance(result, Rejection):
            return Answer(rejection=result)
        if self._latest is not stream or document.version != asked.request.document.version:
            # Closed or changed meanwhile: an answer for it as it was must not be shown.
            stream.cancel()
            return Answer(
                rejection=Rejection(RejectionReason.STALE, "The document changed meanwhile.")
            )
        if not result.complete:
            stream.start()
        return Answer(items=self._items(result.alternatives, asked, document, stream.id))

    async def _result(self, job: Job) -> Completion | Rejection:
        if self.streaming:
            return await job.first
        return (await job.done).result

    def _reuse(self, asked: Asked, document: OpenDocument) -> Answer | None:
        """Answer from the latest completion when the user has typed what it says."""
        stream = self._latest
        if stream is None or stream.job.latest is None:
            return None
        if not self.streaming and stream.growing:
            return None
        left = rebase(asked, stream.base, stream.job.latest)
        if not left:
            return None
        if left[0].rank > 0:
            # The winner is out, so there is no point in decoding more of it.
            stream.cancel()
        elif stream.growing:
            stream.move(asked)
        return Answer(items=self._items(left, asked, document, stream.id))

    def _items(
        self,
        alternatives: Sequence[Alternative],
        asked: Asked,
        document: OpenDocument,
        stream_id: str,
    ) -> list[types.InlineCompletionItem]:
        return [
            to_item(item, asked, document, stream_id, index)
            for index, item in enumerate(alternatives)
        ]

    def cancel_stream(self, stream_id: str) -> None:
        """Stop the stream of that id, if it is the latest one."""
        if self._latest is not None and self._latest.id == stream_id:
            self._latest.cancel()

    def forget(self, uri: str) -> None:
        """Drop what was kept of a document that has been closed."""
        if self._awaited is not None and self._awaited.request.document.uri == uri:
            self._awaited = None
        if self._latest is not None and self._latest.base.request.document.uri == uri:
            self._latest.cancel()
            self._latest = None
