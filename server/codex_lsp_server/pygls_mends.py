"""Everything of pygls 2.1.1 that we mend, beside the transport in :mod:`codex_lsp_server.stdio`.

Each mend says which defect it is for. What is not overridden here is used as it is: feature
registration, capabilities, the builtin document features, typed messages.

Usage::

    server = MendedServer("codex-lsp", version)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params): ...

    silence_library_loggers()
    code = serve_stdio(server, on_close=stop_the_engine)

Handlers have to be ``async``, or short. Do not use ``@server.thread()``: such a handler runs on
after its cancellation. A method that LSP does not define gets its params as plain JSON values.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import logging
import uuid
from collections.abc import Callable, Generator
from concurrent.futures import Future
from functools import partial
from typing import Any

import attrs
from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter, lsp_method

from codex_lsp.errors import CodexLspError
from codex_lsp_server.documents import OpenDocuments
from codex_lsp_server.messages import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_INITIALIZED,
    PARSE_ERROR,
    REQUEST_CANCELLED,
    REQUEST_FAILED,
    MessageId,
    changed_uris,
    failure,
    fitting,
    label,
    lenient,
    message_id,
)
from codex_lsp_server.outgoing import OutgoingProtocol
from codex_lsp_server.quiet import describe_exception, silence_library_loggers
from codex_lsp_server.stdio import serve_descriptors, serve_stdio

__all__ = [
    "MendedProtocol",
    "MendedServer",
    "OpenDocuments",
    "describe_exception",
    "serve_descriptors",
    "serve_stdio",
    "silence_library_loggers",
]

CANCEL_LIMIT_S = 1.0
"""How long ``shutdown`` waits for cancelled handlers to end."""

logger = logging.getLogger(__name__)


class MendedProtocol(OutgoingProtocol):
    """pygls's protocol, mended. :meth:`handle_body` is the way in for messages.

    :ivar on_exit: called when the client sends ``exit``
    """

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        self.on_exit: Callable[[], None] | None = None
        self._ready = False
        super().__init__(server, converter)

    @property
    def exit_code(self) -> int:
        """0 if the client asked to shut down, else 1 (LSP 3.17, "exit")."""
        return 0 if self._shutdown else 1

    # ---- Messages that come in. Defects: a malformed request gets no reply at all; JSON objects
    # that hold a "jsonrpc" key are taken for messages at any depth; values go to the log.

    def handle_bad_frame(self) -> None:
        """Answer headers that could not be read."""
        self._reject(None, PARSE_ERROR, "The message's headers could not be read.")

    def handle_body(self, body: bytes) -> None:
        """Handle one message: UTF-8 JSON. Never raises."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            self._reject(None, PARSE_ERROR, "The message is not JSON.")
            return
        try:
            self._handle_data(data)
        except Exception as error:
            logger.error("A message could not be handled: %s.", describe_exception(error))

    def _handle_data(self, data: Any) -> None:
        if not isinstance(data, dict):
            self._reject(None, INVALID_REQUEST, "The message is not a JSON object.")
            return
        msg_id = message_id(data)
        method = data.get("method")
        if data.get("jsonrpc") != self.VERSION:
            self._reject(msg_id, INVALID_REQUEST, "The message is not JSON-RPC 2.0.")
        elif isinstance(method, str) and "id" not in data:
            self._receive_notification(method, data)
        elif isinstance(method, str) and msg_id is not None:
            self._receive_request(msg_id, method, data)
        elif method is None and msg_id is not None and ("result" in data or "error" in data):
            self._receive_response(msg_id, data)
        elif method is None and "error" in data:
            logger.warning("The client could not read a message of ours.")
        else:
            self._reject(msg_id, INVALID_REQUEST, "The message is no request.")

    def _receive_request(self, msg_id: MessageId, method: str, data: dict[str, Any]) -> None:
        # Defect: pygls serves before `initialize`, and is silent after `shutdown`.
        handler = self._find_handler(method)
        if self._shutdown:
            self._reject(msg_id, INVALID_REQUEST, "The server is shutting down.", method)
        elif not self._ready and method != types.INITIALIZE:
            self._reject(msg_id, NOT_INITIALIZED, "The server is not initialized.", method)
        elif self._ready and method == types.INITIALIZE:
            self._reject(msg_id, INVALID_REQUEST, "The server is initialized already.", method)
        elif msg_id in self._request_futures:
            self._reject(msg_id, INVALID_REQUEST, "This id is in use.", method)
        elif handler is None:
            self._reject(msg_id, METHOD_NOT_FOUND, "The server does not know this method.", method)
        elif not self._is_request(method):
            self._reject(msg_id, INVALID_REQUEST, "This method is a notification.", method)
        else:
            try:
                params = self._params_of(method, data)
            except Exception:  # cattrs raises what it likes; its messages quote values
                self._reject(msg_id, INVALID_PARAMS, "The params do not fit the method.", method)
                return
            context = contextvars.copy_context()
            context.run(self._run_request, msg_id, method, handler, params)

    def _run_request(
        self, msg_id: MessageId, method: str, handler: Callable[..., Any], params: Any
    ) -> None:
        self._ctx_msg_id.set(msg_id)
        reply = partial(self._reply, msg_id=msg_id, method=method)
        try:
            self._execute_handler(msg_id, handler, reply, (params,))
        except Exception as error:  # the handler does not take the params
            logger.error("%s failed: %s.", label(method), describe_exception(error))
            self._send_error(msg_id, INTERNAL_ERROR, failure(method, error))

    def _receive_notification(self, method: str, data: dict[str, Any]) -> None:
        handler = self._find_handler(method)
        if method == types.EXIT:
            self.lsp_exit()
        elif not self._ready or self._shutdown:
            logger.info("Ignored a notification outside of the session (%s).", label(method))
        elif handler is None and method != types.CANCEL_REQUEST:
            logger.debug("Ignored an unknown notification (%s).", label(method))
        else:
            try:
                params = self._params_of(method, data)
            except Exception:  # see _receive_request
                logger.warning("Ignored a malformed notification (%s).", label(method))
                for uri in changed_uris(method, data):
                    # Our text is not the editor's any more, and no text is better than a wrong one.
                    self.workspace.remove_text_document(uri)
                return
            if handler is None:
                self._cancel(params.id)
            else:
                done = partial(self._report_notification, method=method)
                context = contextvars.copy_context()
                context.run(self._execute_handler, str(uuid.uuid4()), handler, done, (params,))

    def _reject(self, msg_id: MessageId | None, code: int, message: str, method: str = "") -> None:
        # A method that we do not know is no fault: editors try what they can.
        level = logging.DEBUG if code == METHOD_NOT_FOUND else logging.WARNING
        logger.log(level, "Rejected a request (%s): %s", label(method), message)
        self._send_error(msg_id, code, message)

    def _find_handler(self, method: str) -> Callable[..., Any] | None:
        handler: Callable[..., Any] | None = self.fm.builtin_features.get(method)
        return handler or self.fm.features.get(method)

    def _is_request(self, method: str) -> bool:
        message_type = self.get_message_type(method)
        return message_type is None or "id" in attrs.fields_dict(message_type)

    def _params_of(self, method: str, data: dict[str, Any]) -> Any:
        message_type = self.get_message_type(method)
        if message_type is None:
            return data.get("params")
        data = lenient(method, data)
        if method == types.INITIALIZE and isinstance(data.get("params"), dict):
            data = {**data, "params": self._known(data["params"])}
        return self._converter.structure(data, message_type).params

    def _known(self, params: dict[str, Any]) -> dict[str, Any]:
        """What we know of a client's introduction. Defect: one unknown value, and it is refused."""

        def fits(known: Any) -> bool:
            try:
                self._converter.structure({"capabilities": {}, **known}, types.InitializeParams)
            except Exception:  # see _receive_request
                return False
            return True

        # Capabilities are needed: who sends none is told so.
        given = isinstance(params.get("capabilities"), dict)
        known: dict[str, Any] = fitting(params, fits) if given else params
        return known

    # ---- Running handlers

    def _execute_handler(
        self,
        msg_id: MessageId,
        handler: Callable[..., Any],
        callback: Callable[[Future[Any]], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Run a handler. Defect: the futures of notifications are kept for ever."""
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda _: self._request_futures.pop(msg_id, None))

    def _reply(self, future: Future[Any], *, msg_id: MessageId, method: str) -> None:
        """Send a handler's result.

        Defect: pygls sends a traceback with values to the client and logs it with the params.
        """
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            self._send_error(msg_id, REQUEST_CANCELLED, "The request was cancelled.")
            return
        error = future.exception()
        if error is None:
            self._send_response(msg_id, future.result())
        elif isinstance(error, JsonRpcException):
            self._send_error(msg_id, error.code, error.message)
        elif isinstance(error, CodexLspError):
            self._send_error(msg_id, REQUEST_FAILED, str(error))
        else:
            logger.error("%s failed: %s.", label(method), describe_exception(error))
            self._send_error(msg_id, INTERNAL_ERROR, failure(method, error))

    def _report_notification(self, future: Future[Any], *, method: str) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            logger.error("%s failed: %s.", label(method), describe_exception(error))

    def _cancel(self, msg_id: MessageId) -> None:
        # An answered request is not in the table any more: nothing to cancel, nothing to say.
        if msg_id not in self._sent_requests and (future := self._request_futures.get(msg_id)):
            future.cancel()

    async def _cancel_handlers(self) -> None:
        """Cancel all handlers but the one that calls, and wait a while for their ends."""
        me: object = asyncio.current_task()
        tasks: list[asyncio.Task[Any]] = []
        for msg_id, future in list(self._request_futures.items()):
            if future is not me and msg_id not in self._sent_requests:
                future.cancel()
                if isinstance(future, asyncio.Task):
                    tasks.append(future)
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL_LIMIT_S)

    async def close(self) -> None:
        """The connection is over: cancel what is in flight, and send nothing any more."""
        self._close_outgoing()
        await self._cancel_handlers()

    # ---- Builtin features

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(
        self, params: types.InitializeParams
    ) -> Generator[Any, Any, types.InitializeResult]:
        """Initialize, with our documents in place of pygls's."""
        result = yield from super().lsp_initialize(params)
        made = self.workspace
        self._workspace = OpenDocuments(
            # The root is for clients without folders. It is one of them, and may be taken away.
            None if made.folders else made.root_uri,
            types.TextDocumentSyncKind.Incremental,
            list(made.folders.values()),
            made.position_encoding,
        )
        self._ready = True
        return result

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(
        self, params: types.DidChangeTextDocumentParams
    ) -> Generator[Any, Any, None]:
        """Change a document. Defect: the version stays behind when the list of changes is empty."""
        identifier = params.text_document
        workspace = self.workspace
        if isinstance(workspace, OpenDocuments):
            document = workspace.get_open_document(identifier.uri)
            if document is not None:
                document.version = identifier.version
        yield from super().lsp_text_document__did_change(params)

    @lsp_method(types.SHUTDOWN)
    async def lsp_shutdown(self, *args: Any) -> None:  # type: ignore[override]
        """Cancel what is in flight, then answer.

        Defects: pygls changes its table of requests while it walks it, does not wait for the
        replies of those it cancels, and forgets the shutdown if the server's own handler fails.
        """
        self._shutdown = True
        await self._cancel_handlers()
        if (handler := self.fm.features.get(types.SHUTDOWN)) is not None:
            try:
                await _maybe_await(handler(*args))
            except Exception as error:
                logger.error("shutdown failed: %s.", describe_exception(error))

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> None:  # type: ignore[override]
        """Leave the main loop. Defect: pygls calls ``sys.exit`` in the middle of a callback.

        A feature registered for ``exit`` is not called: ``serve_stdio`` has a hook, which is also
        awaited when the client just goes away.
        """
        if self.on_exit is not None:
            self.on_exit()

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Run a command. Defect: to cancel the request did not cancel the command's handler."""
        handler, args, kwargs = next(super().lsp_workspace__execute_command(params))
        return await _maybe_await(handler(*args, **kwargs))


class MendedServer(LanguageServer):
    """A pygls server with the mended protocol.

    :param name: the server's name, told to the client
    :param version: the server's version, told to the client
    :param notebook_document_sync: which notebooks' cells to be told of
    """

    protocol: MendedProtocol

    def __init__(
        self,
        name: str,
        version: str,
        notebook_document_sync: types.NotebookDocumentSyncOptions | None = None,
    ) -> None:
        super().__init__(
            name,
            version,
            types.TextDocumentSyncKind.Incremental,
            notebook_document_sync,
            protocol_cls=MendedProtocol,
            converter_factory=default_converter,
        )

    @property
    def documents(self) -> OpenDocuments:
        """The open documents; there are none before ``initialize`` was answered."""
        workspace = self.protocol.workspace
        if not isinstance(workspace, OpenDocuments):
            raise RuntimeError("The server is not initialized.")
        return workspace

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log it. Defect: pygls shows the message of any exception to the user, values and all."""
        logger.error("%s.", describe_exception(error))


async def _maybe_await(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
