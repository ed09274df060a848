"""The half of the protocol that sends: our requests, our notifications, our replies.

A part of :mod:`codex_lsp_server.pygls_mends`, which names the version of pygls.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from codex_lsp_server.messages import INTERNAL_ERROR, INVALID_PARAMS, MessageId, client_error
from codex_lsp_server.quiet import describe_exception

logger = logging.getLogger(__name__)


class OutgoingProtocol(LanguageServerProtocol):
    """pygls's protocol with its sending half mended."""

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        self._closed = False
        self._sent_requests: set[MessageId] = set()
        super().__init__(server, converter)

    def send_request(
        self,
        method: str,
        params: Any | None = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: MessageId | None = None,
    ) -> Future[Any]:
        """Send a request, and remember that it is ours (see :meth:`_receive_response`)."""
        msg_id = str(uuid.uuid4()) if msg_id is None else msg_id
        self._sent_requests.add(msg_id)
        future: Future[Any] = super().send_request(method, params, callback, msg_id)
        future.add_done_callback(lambda _: self._forget(msg_id))
        if self._closed and not future.done():
            future.set_exception(JsonRpcException("The client has left."))
        return future

    def _forget(self, msg_id: MessageId) -> None:
        self._sent_requests.discard(msg_id)
        self._request_futures.pop(msg_id, None)
        self._result_types.pop(msg_id, None)

    def _send_error(self, msg_id: MessageId | None, code: int, message: str) -> None:
        # A plain object: lsprotocol leaves out an id of None, and JSON-RPC wants it there.
        error = {"code": code, "message": message}
        self._send_data({"jsonrpc": self.VERSION, "id": msg_id, "error": error})

    def _send_response(
        self, msg_id: MessageId, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        if error is not None:
            self._send_error(msg_id, error.code, error.message)
        else:
            self._send_data({"jsonrpc": self.VERSION, "id": msg_id, "result": result})

    def _send_data(self, data: Any) -> None:
        """Send one message. ASCII escapes carry everything, lone surrogates too.

        Defects: pygls logs the message, and a result that JSON cannot carry is never answered.
        """
        if self.writer is None or self._closed:
            return
        try:
            text = json.dumps(data, default=self._serialize_message, allow_nan=False)
        except Exception as error:
            logger.error("A message could not be written: %s.", describe_exception(error))
            if isinstance(data, dict) and "result" in data:
                self._send_error(data["id"], INTERNAL_ERROR, "The result could not be written.")
            elif (msg_id := getattr(data, "id", None)) in self._sent_requests:
                failed = JsonRpcException("The request could not be written.", INTERNAL_ERROR)
                self._request_futures[msg_id].set_exception(failed)
            return
        body = text.encode("ascii")
        headers = b"Content-Length: %d\r\n\r\n" % len(body) if self._include_headers else b""
        self.writer.write(headers + body)

    def _receive_response(self, msg_id: MessageId, data: dict[str, Any]) -> None:
        """Resolve the future of a request of ours.

        Defects: a result that does not fit its type leaves the future unresolved for ever, and a
        response with the id of one of the client's own requests resolves that request's handler.
        """
        if msg_id not in self._sent_requests:
            logger.info("Ignored a response to no request of ours.")
            return
        response_type = self._result_types.pop(msg_id, None)
        future = self._request_futures.get(msg_id)
        if future is None or future.done():
            return
        error = data.get("error")
        if error is not None:
            future.set_exception(client_error(error))
            return
        try:
            result = data["result"]
            if response_type is not None:
                result = self._converter.structure(data, response_type).result
        except Exception:
            message = "The client's answer does not fit the request."
            future.set_exception(JsonRpcException(message, INVALID_PARAMS))
        else:
            future.set_result(result)

    def _close_outgoing(self) -> None:
        """Send nothing any more, and let nobody wait for the client."""
        self._closed = True
        for msg_id in list(self._sent_requests):
            future = self._request_futures.get(msg_id)
            if future is not None and not future.done():
                future.set_exception(JsonRpcException("The client has left."))
