"""Messages on a pipe: four bytes of length, then a pickle.

Pickle, since both ends are the same program in the same version and nobody else can write to the
pipe; never use it for what comes from elsewhere.
"""

from __future__ import annotations

import pickle
import struct
from typing import Any, Protocol

_LENGTH = struct.Struct(">I")


class Readable(Protocol):
    """An unbuffered binary file."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most ``size`` bytes; none at the end."""
        ...


def encode(message: object) -> bytes:
    """Return the bytes of one message."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def read(stream: Readable) -> Any:
    """Wait for one message and return it; None when the stream has ended, even within a message."""
    header = _exactly(stream, _LENGTH.size)
    if header is None:
        return None
    body = _exactly(stream, *_LENGTH.unpack(header))
    return None if body is None else pickle.loads(body)


def _exactly(stream: Readable, size: int) -> bytes | None:
    parts = b""
    while len(parts) < size:
        part = stream.read(size - len(parts))
        if not part:
            return None
        parts += part
    return parts
