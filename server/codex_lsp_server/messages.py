"""JSON-RPC messages as JSON values: their ids, their error codes, and what clients get wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

PARSE_ERROR = types.ErrorCodes.ParseError.value
INVALID_REQUEST = types.ErrorCodes.InvalidRequest.value
METHOD_NOT_FOUND = types.ErrorCodes.MethodNotFound.value
INVALID_PARAMS = types.ErrorCodes.InvalidParams.value
INTERNAL_ERROR = types.ErrorCodes.InternalError.value
NOT_INITIALIZED = types.ErrorCodes.ServerNotInitialized.value
REQUEST_FAILED = types.LSPErrorCodes.RequestFailed.value
REQUEST_CANCELLED = types.LSPErrorCodes.RequestCancelled.value


MessageId = str | int

NOTHING = object()
"""Stands for a value that is not there; null is a value."""

_METHOD_NAME = re.compile(r"[A-Za-z0-9_$./-]{1,80}")


def message_id(data: dict[str, Any]) -> MessageId | None:
    """The message's id; None if it has none, or one that LSP does not allow."""
    given = data.get("id")
    return given if isinstance(given, str | int) and not isinstance(given, bool) else None


def label(method: str) -> str:
    """A method for the log, unless the client put something else where the method goes."""
    return method if _METHOD_NAME.fullmatch(method) else "no method"


def failure(method: str, error: BaseException) -> str:
    """What the client is told of a handler that failed: one sentence without values."""
    return f"The server failed at {label(method)} ({type(error).__name__}); its log says where."


def client_error(error: Any) -> JsonRpcException:
    """The ``error`` of a client's answer as an exception, whatever it looks like."""
    fields = error if isinstance(error, dict) else {}
    code, message = fields.get("code"), fields.get("message")
    return JsonRpcException(
        message if isinstance(message, str) else "The client answered with an error.",
        code if isinstance(code, int) else INTERNAL_ERROR,
        fields.get("data"),
    )


def lenient(method: str, data: dict[str, Any]) -> dict[str, Any]:
    """The message with what clients are known to get wrong put right, if nothing depends on it."""
    params = data.get("params")
    if method in (types.SHUTDOWN, types.EXIT):
        return {**data, "params": None}
    if method == types.INITIALIZED:
        return {**data, "params": {}}
    if method == types.TEXT_DOCUMENT_DID_CHANGE and isinstance(params, dict):
        changes = params.get("contentChanges")
        if isinstance(changes, list):
            # `rangeLength` is deprecated and not used; `"range": null` means there is no range.
            unused = {"rangeLength"}
            cleaned = [_without(change, unused) for change in changes]
            return {**data, "params": {**params, "contentChanges": cleaned}}
    return data


def fitting(value: Any, fits: Callable[[Any], bool]) -> Any:
    """The value without the members that do not fit, at any depth; :data:`NOTHING` if none is left.

    A client may know more of the protocol than this server, and what it can do besides, or the
    values that it knows besides, are no reason not to serve it.
    """
    if fits(value):
        return value
    kept: Any = NOTHING
    if isinstance(value, dict):
        members = {name: fitting(each, _alone(name, fits)) for name, each in value.items()}
        kept = {name: member for name, member in members.items() if member is not NOTHING}
    elif isinstance(value, list):
        kept = [member for member in value if fits([member])]
    return kept if kept is not NOTHING and fits(kept) else NOTHING


def _alone(name: str, fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda member: fits({name: member})


def changed_uri(method: str, data: dict[str, Any]) -> str | None:
    """The document that a malformed message meant to change; None if it named none."""
    if method != types.TEXT_DOCUMENT_DID_CHANGE:
        return None
    params = data.get("params")
    document = params.get("textDocument") if isinstance(params, dict) else None
    uri = document.get("uri") if isinstance(document, dict) else None
    return uri if isinstance(uri, str) else None


def _without(change: Any, unused: set[str]) -> Any:
    if not isinstance(change, dict):
        return change
    return {
        key: value
        for key, value in change.items()
        if key not in unused and (key != "range" or value is not None)
    }
