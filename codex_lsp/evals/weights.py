"""Reads the weights of a model directory.

CTranslate2's Python package writes the file and has no way to read it.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codex_lsp.errors import InvalidModelError

_VERSION = 6
_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
"""By CTranslate2's number of a type; behind them stands bfloat16, which numpy does not have."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, form: str) -> int:
        found: int = struct.unpack_from("<" + form, self._data, self._at)[0]
        self._at += struct.calcsize("<" + form)
        return found

    def name(self) -> str:
        """Return a string: its length, and its bytes with a zero behind them."""
        return self.take(self.number("H"))[:-1].decode()

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) < size:
            raise ValueError("it ends early")
        self._at += size
        return found


def read_weights(file: Path) -> dict[str, NDArray[np.generic]]:
    """Return the variables of ``model.bin`` by name, as they are stored.

    :raises InvalidModelError: the file cannot be read, or is in a format that is not known here
    """
    try:
        return _read(_Reader(file.read_bytes()))
    except (OSError, ValueError, LookupError, struct.error) as error:
        raise InvalidModelError(
            f"{file} cannot be read as weights ({error}); install the model again."
        ) from error


def _read(reader: _Reader) -> dict[str, NDArray[np.generic]]:
    version = reader.number("I")
    if version != _VERSION:
        raise ValueError(f"its format is {version}, and {_VERSION} is known")
    reader.name()  # of the specification
    reader.number("I")  # and its revision
    found: dict[str, NDArray[np.generic]] = {}
    for _ in range(reader.number("I")):
        name = reader.name()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        kind = reader.number("B")
        data = reader.take(reader.number("I"))
        if kind < len(_TYPES):
            found[name] = np.frombuffer(data, _TYPES[kind]).reshape(shape)
        else:
            # The upper half of a float32.
            upper = np.frombuffer(data, np.uint16).astype(np.uint32) << 16
            found[name] = upper.view(np.float32).reshape(shape)
    for _ in range(reader.number("I")):
        alias = reader.name()
        found[alias] = found[reader.name()]
    return found
