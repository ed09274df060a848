"""Python values as JSON messages over a socket. Reading a message never runs code.

Only exact built-in values cross: a result whose ``__eq__`` always says yes arrives as a
:class:`Handle`, which equals nothing. A subclass of a built-in type arrives as that type.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from typing import Any

MAX_BYTES = 16_000_000
"""The longest message; a longer one ends the conversation."""

ENDED = "failed: the program ended before its check did"
"""How a verdict begins when the worker went away or broke the conversation off."""


class WireError(Exception):
    """The other side has gone, or sent what is no message."""


class Handle:
    """A value that stays on the other side: it can be passed back and iterated over there."""

    def __init__(self, number: int) -> None:
        self.number = number


Refer = Callable[[Any], int]
"""Keeps a value on this side and returns its number."""

Resolve = Callable[[int], Any]
"""Returns what stands for a handle's number on the reading side."""


class Wire:
    """One end of the conversation."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, message: dict[str, Any]) -> None:
        """Send one message.

        :raises WireError: the other side has gone, or the message is too long
        """
        body = json.dumps(message).encode()
        if len(body) > MAX_BYTES:
            raise WireError("the message is too long")
        data = memoryview(struct.pack(">I", len(body)) + body)
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise WireError("the other side has gone") from error

    def receive(self) -> dict[str, Any]:
        """Wait for one message.

        :raises WireError: the other side has gone, or sent what is no message
        """
        (length,) = struct.unpack(">I", self._read(4))
        if length > MAX_BYTES:
            raise WireError("the message is too long")
        try:
            message = json.loads(self._read(length))
        except (ValueError, RecursionError) as error:
            raise WireError("what came is no message") from error
        if not isinstance(message, dict):
            raise WireError("what came is no message")
        return message

    def _read(self, count: int) -> bytes:
        parts = []
        while count:
            try:
                part = os.read(self._descriptor, min(count, 1 << 20))
            except OSError as error:
                raise WireError("the other side has gone") from error
            if not part:
                raise WireError("the other side has gone")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def encode(value: Any, refer: Refer) -> Any:
    """Return ``value`` as JSON; what is no built-in value is kept here and referred to.

    :raises RecursionError: the value holds itself
    """
    if value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        # JSON readers limit decimal digits; hexadecimal ones are not limited.
        return ["int", hex(int(value))]
    if isinstance(value, float):
        return ["float", float(value).hex()]
    if isinstance(value, str):
        return ["str", str.__str__(value)]
    if isinstance(value, complex):
        return ["complex", value.real.hex(), value.imag.hex()]
    if isinstance(value, (bytes, bytearray)):
        return ["bytes" if isinstance(value, bytes) else "bytearray", value.hex()]
    for kind, name in _SEQUENCES:
        if isinstance(value, kind):
            return [name, [encode(item, refer) for item in kind.__iter__(value)]]
    if isinstance(value, dict):
        pairs = list(dict.items(value))
        return ["dict", [[encode(key, refer), encode(item, refer)] for key, item in pairs]]
    if isinstance(value, type) and value in _TYPES:
        return ["type", value.__name__]
    if isinstance(value, Handle):
        return ["yours", value.number]
    return ["mine", refer(value)]


_SEQUENCES: tuple[tuple[Any, str], ...] = (
    (list, "list"),
    (tuple, "tuple"),
    (set, "set"),
    (frozenset, "frozenset"),
)


_TYPES = (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)


def decode(data: Any, theirs: Resolve, ours: Resolve) -> Any:
    """Return the value of ``data``.

    :param theirs: makes a stand-in for a value that stays on the other side
    :param ours: finds the value of this side that the other refers to
    :raises WireError: it is no encoded value
    """
    if data is None or data is True or data is False:
        return data
    try:
        return _decode(data, theirs, ours)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise WireError("what came is no value") from error


def _decode(data: Any, theirs: Resolve, ours: Resolve) -> Any:
    kind, body = data[0], data[1]
    if kind == "int":
        return int(body, 16)
    if kind == "float":
        return float.fromhex(body)
    if kind == "str":
        return "".join(body)
    if kind == "complex":
        return complex(float.fromhex(body), float.fromhex(data[2]))
    if kind == "bytes":
        return bytes.fromhex(body)
    if kind == "bytearray":
        return bytearray.fromhex(body)
    if kind == "dict":
        return {decode(key, theirs, ours): decode(item, theirs, ours) for key, item in body}
    if kind == "type":
        return {made.__name__: made for made in _TYPES}[body]
    if kind == "yours":
        return ours(int(body))
    if kind == "mine":
        return theirs(int(body))
    sequence = {name: made for made, name in _SEQUENCES}[kind]
    return sequence(decode(item, theirs, ours) for item in body)
