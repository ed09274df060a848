"""The window of text around the cursor that the prompt is made from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from codex_lsp.context.decision import Cursor, decide
from codex_lsp.languages import canonical_language
from codex_lsp.types import CompletionRequest, Context, Rejection

_INDENTED = re.compile(r"^(\t+| +)\S", re.MULTILINE)
_ENDING = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class ContextOptions:
    """How far the window reaches.

    :ivar max_prefix_chars: text left of the cursor
    :ivar max_suffix_chars: text right of the cursor
    :ivar max_lines: the longest completion; 1 is the rest of the line only
    """

    max_prefix_chars: int = 4096
    max_suffix_chars: int = 2048
    max_lines: int = 12


def build_context(request: CompletionRequest, options: ContextOptions) -> Context | Rejection:
    """Cut the window out of the request's document.

    The prefix begins at a line's start, so that the first line the model sees has its indentation.
    """
    document, offset = request.document, request.offset
    text = document.text
    before, hidden = _text_before(text, offset, options.max_prefix_chars)
    if document.preceding:
        preceding = normalise(document.preceding)
        if hidden:
            hidden += len(preceding)
        else:
            before = preceding + before
    start = window_start(before, len(before), options.max_prefix_chars)
    prefix = before[start:]
    suffix = normalise(text[offset : offset + max(0, options.max_suffix_chars)])
    whole = hidden + start == 0
    language = canonical_language(document.language)
    cursor = Cursor(prefix, suffix, language, whole)
    shape = decide(cursor, request.trigger, options.max_lines)
    if isinstance(shape, Rejection):
        return shape
    return Context(
        prefix=prefix,
        suffix=suffix,
        language=language,
        shape=shape,
        indent_unit=indent_unit(prefix),
        line_ending=line_ending(text),
        prefix_start=hidden + start,
        uri=document.uri,
        offset=offset,
        trigger=request.trigger,
        recalled=request.recalled,
        snippets=request.snippets,
    )


def _text_before(text: str, offset: int, room: int) -> tuple[str, int]:
    """Return the end of the text left of ``offset``, normalised, and how long the rest of it is.

    The end is longer than ``room`` where there is so much, so that it shows whether the window
    begins at a line's start. To normalise a megabyte for each key pressed would show.
    """
    # A line ending of two characters becomes one: twice the room in the text holds it normalised.
    cut = max(0, offset - 2 * (max(0, room) + 1))
    if text[cut - 1 : cut + 1] == "\r\n":
        cut -= 1
    pairs = text.count("\r\n", 0, cut) if "\r" in text else 0
    return normalise(text[cut:offset]), cut - pairs


def window_start(text: str, offset: int, room: int) -> int:
    """Return the first line start within ``room`` characters left of ``offset``.

    A line longer than the room is cut in the middle: better half of it than nothing.
    """
    start = max(0, offset - max(0, room))
    if start == 0 or text[start - 1] in "\r\n":
        return start
    found = _ENDING.search(text, start, offset)
    return start if found is None else found.end()


def normalise(text: str) -> str:
    """Return ``text`` with line feeds for every line ending: what the model was trained on."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def line_ending(text: str) -> str:
    """Return the line ending that ``text`` uses first; a line feed when it has none."""
    feed, carriage = text.find("\n"), text.find("\r")
    if carriage < 0 or 0 <= feed < carriage:
        return "\n"
    return "\r\n" if feed == carriage + 1 else "\r"


def indent_unit(text: str) -> str:
    """Return one level of indentation: a tab, or the narrowest indentation of two to eight blanks.

    Four blanks when ``text`` has no indented line.
    """
    tabs = 0
    widths: list[int] = []
    for found in _INDENTED.finditer(text):
        if found.group(1)[0] == "\t":
            tabs += 1
        else:
            widths.append(len(found.group(1)))
    if tabs > len(widths):
        return "\t"
    usual = [width for width in widths if 2 <= width <= 8]
    return " " * min(usual) if usual else "    "
