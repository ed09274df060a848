"""Reads the text to complete from a file or standard input, and finds the cursor in it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from codex_lsp.errors import UsageError
from codex_lsp.languages import language_of
from codex_lsp.types import CompletionRequest, Document, Trigger

# LSP's line endings, and no others: a form feed does not end a line in any editor.
_LINE_ENDING = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Source:
    """What the user named on the command line.

    :ivar line: from 1
    :ivar column: in characters, from 1; None for the line's end
    """

    file: Path | None
    stdin: bool
    marker: str
    line: int | None
    column: int | None
    language: str | None


def read_request(source: Source) -> CompletionRequest:
    """Read the text and make the request.

    :raises UsageError: there is no such file or position, or it is not text
    """
    if source.stdin == (source.file is not None):
        raise UsageError("Name either a file or --stdin; `codex-lsp complete --help` shows how.")
    if source.file is None:
        text = decode(sys.stdin.buffer.read(), "Standard input")
        text, offset = _find_marker(text, source)
        language = source.language or ""
        return _request(text, offset, language, "")
    text = decode(_read(source.file), str(source.file))
    if source.line is None:
        raise UsageError("Say where to complete: --line L, and --column C if not at its end.")
    offset = offset_of(text, source.line, source.column)
    language = language_of(source.file) if source.language is None else source.language
    return _request(text, offset, language, source.file.resolve().as_uri())


def _request(text: str, offset: int, language: str, uri: str) -> CompletionRequest:
    return CompletionRequest(Document(text, language, uri), offset, Trigger.INVOKED)


def _read(file: Path) -> bytes:
    try:
        if file.is_char_device():  # /dev/zero has no end
            raise UsageError(f"{file} is a device; name a file, or pipe the text into --stdin.")
        return file.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"There is no file {file}.") from None
    except IsADirectoryError:
        raise UsageError(f"{file} is a directory; name a file in it.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from error


def decode(raw: bytes, name: str) -> str:
    """Return the text of ``raw``, which has to be UTF-8.

    :raises UsageError: it holds NUL bytes or is not UTF-8
    """
    if b"\0" in raw:
        raise UsageError(f"{name} is a binary file (it holds NUL bytes); only text is completed.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name} is not valid UTF-8 (byte {error.start + 1} is 0x{raw[error.start]:02x}); "
            "convert it first, for example with iconv."
        ) from None


def offset_of(text: str, line: int, column: int | None) -> int:
    """Return the offset of a position counted from 1.

    :raises UsageError: the text has no such line or column
    """
    starts = [0, *(found.end() for found in _LINE_ENDING.finditer(text))]
    if not 1 <= line <= len(starts):
        raise UsageError(f"There is no line {line}: the text has lines 1 to {len(starts)}.")
    start = starts[line - 1]
    found = _LINE_ENDING.search(text, start)
    width = (len(text) if found is None else found.start()) - start
    if column is None:
        return start + width
    if not 1 <= column <= width + 1:
        raise UsageError(
            f"There is no column {column} in line {line}: it has columns 1 to {width + 1}."
        )
    return start + column - 1


def _find_marker(text: str, source: Source) -> tuple[str, int]:
    if source.line is not None:
        return text, offset_of(text, source.line, source.column)
    count = text.count(source.marker) if source.marker else 0
    if count == 0:
        return text, len(text)
    if count > 1:
        raise UsageError(
            f"The cursor marker {source.marker} stands in the text {count} times; it may stand "
            "once. Choose another with --marker."
        )
    offset = text.index(source.marker)
    return text.replace(source.marker, "", 1), offset
