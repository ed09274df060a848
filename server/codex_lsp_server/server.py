"""The language server: features, settings and lifecycle wired together. No logic of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lsprotocol import types

from codex_lsp import __version__
from codex_lsp.statistics.store import Store
from codex_lsp.statistics.store import default_path as statistics_path
from codex_lsp.types import Rejection, RejectionReason
from codex_lsp_server.access import DocumentAccess, permission
from codex_lsp_server.answers import Answer
from codex_lsp_server.calibrating import Calibration
from codex_lsp_server.completing import CANCELLED, Completing
from codex_lsp_server.completion_mode import CompletionMode
from codex_lsp_server.configuration import Configuration
from codex_lsp_server.convert import ACCEPT_COMMAND
from codex_lsp_server.engine_child import EngineChild, start_engine
from codex_lsp_server.feedback import (
    FOCUS_METHOD,
    PARTLY_ACCEPTED_METHOD,
    SHOWN_METHOD,
    Feedback,
)
from codex_lsp_server.host import ModelHost, ModelSource
from codex_lsp_server.notebooks import preceding_cells
from codex_lsp_server.pace import is_key
from codex_lsp_server.performance import PERFORMANCE_METHOD
from codex_lsp_server.pygls_mends import MendedServer
from codex_lsp_server.recalling import Recalling, watchers
from codex_lsp_server.recording import STATISTICS_METHOD, Recorder
from codex_lsp_server.registering import register
from codex_lsp_server.settings import Settings
from codex_lsp_server.snippets import ChosenSnippets
from codex_lsp_server.status import Status, wants_status
from codex_lsp_server.streams import CANCEL_METHOD, PARTIAL_METHOD
from codex_lsp_server.tracing import EXPLAIN_METHOD
from codex_lsp_server.ui import Ui
from codex_lsp_server.usage import Usage
from codex_lsp_server.worker import Worker

logger = logging.getLogger(__name__)


class CodexLanguageServer(MendedServer):
    """One client's server."""

    def __init__(
        self,
        source: ModelSource,
        fixed: Mapping[str, Any] | None = None,
        child: EngineChild | None = None,
    ) -> None:
        """Prepare; no model is loaded before the client has said its settings.

        :param fixed: settings given on the command line, by name; they win over the client's
        :param child: the engine's process if it has been started already
        """
        super().__init__(
            "codex-lsp",
            __version__,
            notebook_document_sync=types.NotebookDocumentSyncOptions(
                notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="*")]
            ),
        )
        ui = Ui(self)
        self.worker = Worker(start_engine, child)
        self.host = ModelHost(self.worker, ui, source)
        self.calibration = Calibration(self.host.tune_command, self.host.reload)
        self.recalling = Recalling(lambda: self.documents, lambda: not self.worker.idle)
        self.configuration = Configuration(self, ui, self._use, fixed or {})
        self.access = DocumentAccess(lambda: self.documents, ui.warning)
        self.snippets = ChosenSnippets(
            lambda: self.documents, lambda: self.recalling.outlines, self.access.refusal
        )
        self.completing = Completing(
            self.host,
            self.worker,
            self._notify,
            ui.error_once,
            self.recalling.lines,
            self.access.refusal,
            self.snippets.of,
        )
        self.status = Status(self.protocol.notify)
        self.host.on_loading = lambda: self.status.follow(self._model_name)
        self.feedback = Feedback(self.completing.cancel_stream)
        self.feedback.on_accepted.append(lambda item: self.completing.accepted(item.id, item.index))
        database = statistics_path()
        self.recorder = Recorder(None if database is None else Store(database), ui.warning)
        self.usage = Usage(
            self.recorder,
            time.monotonic,
            lambda delay, call: asyncio.get_running_loop().call_later(delay, call),
        )
        self.feedback.on_shown.append(self.usage.shown)
        self.feedback.on_accepted.append(self.usage.accepted)
        self.feedback.on_partly_accepted.append(self.usage.partly_accepted)
        self.feedback.on_focus += [self._turned_to, self.read_ahead]
        self._at_hand: str | None = None
        self.completion_mode = CompletionMode(self, self.complete)

    def start(self, params: types.InitializeParams) -> None:
        """Take what the client says of itself."""
        options = params.initialization_options
        self.completing.streaming = self.configuration.start(options)
        self.status.enabled = wants_status(options)
        self.completion_mode.start(self.configuration.settings.completion_items)

    async def complete(self, params: types.InlineCompletionParams) -> Answer:
        """Answer a request for completions, whatever the form that they are given in."""
        self.calibration.rest()
        uri = params.text_document.uri
        document, settings = self.documents.get_open_document(uri), self.configuration.settings
        try:
            with self.status.working():
                answer = await self.completing.answer(
                    document, params, settings, self._preceding(uri)
                )
        except asyncio.CancelledError:
            self.usage.answered(document, Answer(rejection=CANCELLED), settings.ranker)
            raise
        self.usage.answered(document, answer, settings.ranker)
        self.status.answered(answer.rejection)
        if answer.rejection is not None:
            if answer.rejection.reason is RejectionReason.ENGINE_FAILED:
                self.status.follow(self._model_name)
            _log_rejection(answer.rejection)
            return answer
        return Answer(items=self.feedback.order(answer.items))

    def read_ahead(self, uri: str | None) -> None:
        """Prepare for requests in the document that the user has turned to."""
        document = None if uri is None else self.documents.get_open_document(uri)
        if document is not None:
            settings = self.configuration.settings
            self.completing.turned_to(document, settings, self._preceding(document.uri))

    def changed(self, uri: str, changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        """Take note of changes that a document has been given already."""
        document = self.documents.get_open_document(uri)
        if document is not None:
            self.completing.changed(document, all(is_key(change.text) for change in changes))
            self.usage.changed(document, changes)

    def closed(self, uri: str) -> None:
        """Forget a document that the editor has closed."""
        self.completing.forget(uri)
        self.usage.closed(uri)
        self.recalling.closed(uri)

    async def close(self) -> None:
        """Give everything back; called once the connection has ended."""
        self.completing.close()
        self.usage.close()
        await self.recorder.close()
        self.status.close()
        await self.calibration.close()
        await self.recalling.close()
        await self.host.close()

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        if method == PARTIAL_METHOD:
            self.usage.grown(params)
        self.protocol.notify(method, params)

    def _use(self, settings: Settings) -> None:
        self.recorder.enabled = settings.statistics
        self.host.use(settings)
        self.calibration.rest()
        self.recalling.use(settings)
        self.snippets.use(settings)
        self.completion_mode.use(settings.completion_items)
        self._turned_to(self._at_hand)
        self.status.follow(self._model_name)

    async def _model_name(self) -> str | Rejection:
        loaded = await self.host.ready()
        return loaded if isinstance(loaded, Rejection) else loaded.model.description.name

    def _preceding(self, uri: str) -> str:
        def text_of(cell_uri: str) -> str | None:
            cell = self.documents.get_open_document(cell_uri)
            return None if cell is None else cell.source

        return preceding_cells(self.documents.get_notebook_document(cell_uri=uri), uri, text_of)

    def _turned_to(self, uri: str | None) -> None:
        """Show whether completions are off in the document at hand; everywhere where it is none."""
        self._at_hand = uri
        document = None if uri is None else self.documents.get_open_document(uri)
        settings = self.configuration.settings
        refused = document and permission(document, settings, self.access.refusal)
        if isinstance(refused, Rejection):
            self.status.off(refused.detail)
        else:
            self.status.off("" if settings.enable else "Completions are switched off.")


def build_server(
    source: ModelSource,
    fixed: Mapping[str, Any] | None = None,
    child: EngineChild | None = None,
) -> CodexLanguageServer:
    """Return a server with all its features registered."""
    server = CodexLanguageServer(source, fixed, child)
    _register_lifecycle(server)
    _register_notebooks(server)
    _register_files(server)
    _register_completion(server)
    _register_feedback(server)
    return server


def _register_lifecycle(server: CodexLanguageServer) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.start(params)

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        await server.configuration.follow()
        workspace = server.client_capabilities.workspace
        watched = None if workspace is None else workspace.did_change_watched_files
        await register(server, types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched, watchers())

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        await server.configuration.changed(params.settings)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        """Read it; pygls' own handler has kept the text before this one."""
        server.recalling.opened(params.text_document.uri)
        server.read_ahead(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        """Let the running job know; pygls' own handler has changed the text before this one."""
        server.changed(params.text_document.uri, params.content_changes)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)


def _register_notebooks(server: CodexLanguageServer) -> None:
    """A cell is a document as any other; pygls' own handlers have been there before these."""

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeNotebookDocumentParams) -> None:
        cells = params.change.cells
        if cells is None:
            return
        for text in cells.text_content or ():
            server.changed(text.document.uri, text.changes)
        for cell in (cells.structure and cells.structure.did_close) or ():
            server.closed(cell.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseNotebookDocumentParams) -> None:
        for cell in params.cell_text_documents:
            server.closed(cell.uri)


def _register_files(server: CodexLanguageServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        server.recalling.saved(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        server.recalling.changed_on_disk(params.changes)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Follow the folders; pygls' own handler has noted them before this one."""
        server.recalling.folders_changed()


def _register_completion(server: CodexLanguageServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(
        params: types.InlineCompletionParams,
    ) -> types.InlineCompletionList:
        answer = await server.complete(params)
        return types.InlineCompletionList(items=list(answer.items))

    @server.feature(PERFORMANCE_METHOD)
    def performance(params: Any) -> dict[str, Any]:
        """Tell the counters; see docs/protocol.md."""
        return server.completing.performance(server.host.engine_facts)

    @server.feature(EXPLAIN_METHOD)
    def explain(params: Any) -> dict[str, Any]:
        """Tell why the last requests were answered as they were; see docs/protocol.md."""
        return server.completing.explain(params)

    @server.feature(STATISTICS_METHOD)
    async def statistics(params: Any) -> dict[str, Any]:
        """Tell how suggestions fare on this machine; see docs/protocol.md."""
        server.usage.settle()
        return await server.recorder.report(params)

    @server.feature(CANCEL_METHOD)
    def cancel_partial(params: Any) -> None:
        if isinstance(params, dict) and isinstance(params.get("id"), str):
            server.completing.cancel_stream(params["id"])


def _register_feedback(server: CodexLanguageServer) -> None:
    @server.command(ACCEPT_COMMAND)
    def accept(*what):  # type: ignore[no-untyped-def]
        # Without types, for pygls looks at them: on Python 3.10 Any is none that it can ask, and
        # for an object it gives the server.
        server.feedback.accepted(what[0] if what else None)

    @server.feature(SHOWN_METHOD)
    def shown(params: Any) -> None:
        server.feedback.shown(params)

    @server.feature(PARTLY_ACCEPTED_METHOD)
    def partly_accepted(params: Any) -> None:
        server.feedback.partly_accepted(params)

    @server.feature(FOCUS_METHOD)
    def focused(params: Any) -> None:
        server.feedback.focused(params)


def _log_rejection(rejection: Rejection | None) -> None:
    if rejection is not None:
        logger.info("no suggestion: %s (%s)", rejection.reason.value, rejection.detail)
