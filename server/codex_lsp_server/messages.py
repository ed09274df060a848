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
    if method == types.TEXT_DOCUMENT_DID_CHANGE:
        return {**data, "params": _at(params, ("contentChanges",), _cleaned_changes)}
    if method == types.NOTEBOOK_DOCUMENT_DID_OPEN:
        return {**data, "params": _at(params, ("notebookDocument", "cells"), _cleaned_cells)}
    if method == types.NOTEBOOK_DOCUMENT_DID_CHANGE:
        for path, clean in _OF_NOTEBOOKS:
            params = _at(params, path, clean)
        return {**data, "params": params}
    return data


def _at(value: Any, path: tuple[str, ...], change: Callable[[Any], Any]) -> Any:
    """The value with what is at ``path`` changed; as it is where there is no such path."""
    if not path:
        return change(value)
    name, *rest = path
    if not isinstance(value, dict) or name not in value:
        return value
    return {**value, name: _at(value[name], tuple(rest), change)}


def _cleaned_changes(changes: Any) -> Any:
    """Without `rangeLength`, which is deprecated and not used; a range of null is no range."""
    return _each(
        changes, lambda name, value: name == "rangeLength" or (name == "range" and value is None)
    )


def _cleaned_cells(cells: Any) -> Any:
    """Without what cells are decorated with, of which nothing is used."""
    return _each(cells, lambda name, value: name in ("metadata", "executionSummary"))


def _cleaned_contents(contents: Any) -> Any:
    if not isinstance(contents, list):
        return contents
    return [_at(content, ("changes",), _cleaned_changes) for content in contents]


_OF_NOTEBOOKS: tuple[tuple[tuple[str, ...], Callable[[Any], Any]], ...] = (
    (("change", "cells", "data"), _cleaned_cells),
    (("change", "cells", "structure", "array", "cells"), _cleaned_cells),
    (("change", "cells", "textContent"), _cleaned_contents),
)


def _each(members: Any, unused: Callable[[str, Any], bool]) -> Any:
    """The list with its objects without what is not used."""
    if not isinstance(members, list):
        return members
    return [
        {name: value for name, value in member.items() if not unused(name, value)}
        if isinstance(member, dict)
        else member
        for member in members
    ]


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


def changed_uris(method: str, data: dict[str, Any]) -> list[str]:
    """The documents that a malformed message meant to change, cells among them."""
    params = data.get("params")
    named: list[Any] = []
    if method == types.TEXT_DOCUMENT_DID_CHANGE:
        named = [_of(params, "textDocument", "uri")]
    elif method == types.NOTEBOOK_DOCUMENT_DID_CHANGE:
        contents = _of(params, "change", "cells", "textContent")
        if isinstance(contents, list):
            named = [_of(content, "document", "uri") for content in contents]
    return [uri for uri in named if isinstance(uri, str)]


def _of(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
