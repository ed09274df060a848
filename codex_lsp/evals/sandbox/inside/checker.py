"""Decides: runs the problem's tests and asks the worker for the program's answers.

The program is never run in this process. Its functions are stand-ins here, which send the
arguments to the worker and take back plain values (:mod:`.wire`).
"""

from __future__ import annotations

import builtins
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from .limits import confine
from .wire import ENDED, Handle, Wire, WireError, decode, encode

# An exception that ends an iteration would end the loop of a test, which would then have passed.
_NEVER_RAISED = ("StopIteration", "StopAsyncIteration", "GeneratorExit")


def main(descriptor: int) -> None:
    """Read the job from standard input; write the verdict to standard output, once."""
    job = json.loads(sys.stdin.buffer.read())
    verdict = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    confine(job["limits"])
    result = _result(Remote(Wire(descriptor)), job)
    os.write(verdict, result.encode("utf-8", "replace")[:2000])


def _result(remote: Remote, job: dict[str, Any]) -> str:
    try:
        remote.confine(job["limits"])
    except WireError as error:
        return f"broken: {error}"
    try:
        remote.run(job["program"])
        check(remote, job)
    except WireError as error:
        return f"{ENDED} ({error})"
    except BaseException as error:
        return f"failed: {type(error).__name__}: {_text(error)}"
    return "passed"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an answer in it may have none, as an integer of too many digits
        return ""


def check(remote: Remote, job: dict[str, Any]) -> None:
    """Run the tests of a job; an exception says that they failed."""
    names: dict[str, Any] = {"__name__": "check"}
    exec(compile(job["preamble"], "<preamble>", "exec"), names)
    for name in job["names"]:
        names[name] = remote.get(name)
    exec(compile(job["test"], "<test>", "exec"), names)
    if job["entry_point"]:
        names["check"](names[job["entry_point"]])


class Remote:
    """The worker as the checker sees it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def confine(self, limits: dict[str, Any]) -> None:
        """Have the worker put limits on itself, before any of the program runs."""
        self._ask({"limits": limits})

    def run(self, program: str) -> None:
        """Have the program run to its end; raises what it raised."""
        self._ask({"do": "run", "text": program})

    def get(self, name: str) -> Any:
        """Return the value of one of the program's names; functions stay there."""
        return self._ask({"do": "get", "name": name})

    def call(self, number: int, positional: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call a value of the worker's."""
        arguments = encode((positional, named), _refuse)
        return self._ask({"do": "call", "of": number, "arguments": arguments})

    def items(self, number: int) -> Iterator[Any]:
        """Iterate over a value of the worker's."""
        iterator = self._ask({"do": "iter", "of": number})
        if not isinstance(iterator, Stay):
            return
        while True:
            try:
                item = self._ask({"do": "next", "of": iterator.number})
            except _Ended:
                return
            yield item

    def _ask(self, message: dict[str, Any]) -> Any:
        self._wire.send(message)
        reply = self._wire.receive()
        if "error" in reply:
            raise _exception(message, str(reply["error"]), str(reply.get("text", "")))
        if "value" not in reply:
            raise WireError("what came is no answer")
        return decode(reply["value"], lambda number: Stay(self, number), _refuse)


class Stay(Handle):
    """A value that stays with the program, such as a function. It equals nothing but itself."""

    def __init__(self, remote: Remote, number: int) -> None:
        super().__init__(number)
        self._remote = remote

    def __call__(self, *positional: Any, **named: Any) -> Any:
        """Call it where it is, and return what the program answers."""
        return self._remote.call(self.number, positional, named)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over it where it is."""
        return self._remote.items(self.number)


class _Ended(Exception):  # noqa: N818 - it is a signal, not an error
    """The worker's iterator has no more items."""


def _exception(message: dict[str, Any], name: str, text: str) -> BaseException:
    """Return what to raise for the worker's error: only ever an :class:`Exception`."""
    if message.get("do") == "next" and name == "StopIteration":
        return _Ended()
    kind = getattr(builtins, name, None)
    usable = isinstance(kind, type) and issubclass(kind, Exception) and name not in _NEVER_RAISED
    try:
        return kind(text) if usable else RuntimeError(f"{name}: {text}")  # type: ignore[misc]
    except TypeError:  # such as UnicodeDecodeError, which takes more than a text
        return RuntimeError(f"{name}: {text}")


def _refuse(value: Any) -> Any:
    raise TypeError(f"a test passes {type(value).__name__}, which cannot be sent to the program")
