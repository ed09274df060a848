"""Runs the untrusted program and answers calls to its functions.

The program shares this process and may do with it what it likes: read this code, take over the
socket, kill it. All that it can achieve is to send values. Whether those are right is decided by
:mod:`.checker`, in a process that the program cannot reach.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from .limits import confine
from .wire import Handle, Wire, WireError, decode, encode


def main(descriptor: int) -> None:
    """Serve one conversation: limits, then the program, then calls."""
    wire = Wire(descriptor)
    confine(wire.receive()["limits"])
    wire.send({"value": True})
    served = _Served(wire)
    try:
        while True:
            served.serve(wire.receive())
    except WireError:
        return


class _Served:
    """The program's names, and those of its values that the checker holds on to."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        # A module that can be found by its name: data classes look theirs up.
        module = types.ModuleType("candidate")
        sys.modules[module.__name__] = module
        self._names: dict[str, Any] = module.__dict__
        self._kept: list[Any] = []

    def serve(self, message: dict[str, Any]) -> None:
        """Answer one request."""
        kind = message["do"]
        if kind == "run":
            self._answer(lambda: exec(compile(message["text"], "<program>", "exec"), self._names))
        elif kind == "get":
            self._answer(lambda: self._get(message["name"]))
        elif kind == "call":
            self._answer(lambda: self._call(message))
        elif kind == "iter":
            self._answer(lambda: _Iterator(iter(self._kept[message["of"]])))
        elif kind == "next":
            self._answer(lambda: next(self._kept[message["of"]]))

    def _get(self, name: str) -> Any:
        if name not in self._names:
            raise NameError(f"name {name!r} is not defined")
        return self._names[name]

    def _call(self, message: dict[str, Any]) -> Any:
        positional, named = decode(message["arguments"], Handle, self._kept.__getitem__)
        return self._kept[message["of"]](*positional, **named)

    def _answer(self, make: Callable[[], Any]) -> None:
        """Send what ``make`` returns, or how it failed."""
        try:
            reply = {"value": encode(make(), self._keep)}
        except BaseException as error:  # SystemExit and KeyboardInterrupt are failures, too
            reply = {"error": type(error).__name__, "text": _text(error)}
        self._wire.send(reply)

    def _keep(self, value: Any) -> int:
        self._kept.append(value.inner if isinstance(value, _Iterator) else value)
        return len(self._kept) - 1


class _Iterator:
    """Marks an iterator as a value to keep, whatever it is."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner


def _text(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except Exception:  # the program's own exceptions may have a __str__ that fails
        return ""
