"""What snippets can be made of in one file: its chunks, and what it defines.

By indentation and regular expressions: a file need not parse, and a line costs a few microseconds.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from codex_lsp.context.secrets import redact
from codex_lsp.languages import family_of

CHUNK_LINES = 8
"""Lines of a chunk; more do not fit beside a prompt of some hundred tokens."""
MAX_LINE_CHARS = 160
"""Longer lines are data or generated."""
MAX_HEADER_LINES = 6
MAX_MEMBERS = 8

_WORD = re.compile(r"[^\W\d]\w{2,}")
_MODIFIERS = (
    r"(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|async"
    r"|pub(?:\([^)]*\))?|unsafe|const|extern|inline|sealed|partial|data|open|local)\s+)*"
)
_TYPE = re.compile(
    _MODIFIERS + r"(?:class|struct|interface|enum|trait|type|record|module|object|protocol"
    r"|(?:create\s+(?:or\s+replace\s+)?(?:table|view)(?:\s+if\s+not\s+exists)?))\s+([^\W\d]\w*)",
    re.IGNORECASE,
)
_FUNCTION = re.compile(
    _MODIFIERS + r"(?:def|function\*?|func|fun|fn|sub)\s+(?:\([^)]*\)\s*)?(?:self\.)?([^\W\d]\w*)"
)
_VALUE = re.compile(_MODIFIERS + r"(?:const|let|var|val|static)\s+(?:mut\s+)?([^\W\d]\w*)\s*[:=]")
_ASSIGNED = re.compile(r"([^\W\d]\w*)\s*(?::[^=]+)?=(?!=)")
_C_FUNCTION = re.compile(r"[^\W\d][\w:<>,*&\s]*?[\s*&]([^\W\d]\w*)\s*\([^;]*$")
_C_FAMILY = frozenset({"c", "cpp", "objective-c"})
_NO_MEMBER = ('"', "'", "#", "//", "/*", "*", "@", ")", "]", "}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines that stand together.

    :ivar row: of the first, from 0, in the file
    :ivar words: its identifiers, each once, in order
    """

    row: int
    text: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """The header of what a file defines, and the first lines of a type's members."""

    name: str
    row: int
    text: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A file, ready to be found again. What looks like a secret is not in it.

    :ivar family: see :func:`codex_lsp.languages.family_of`
    """

    family: str
    chunks: tuple[Chunk, ...]
    definitions: tuple[Definition, ...]


def outline_of(lines: Sequence[str], language: str) -> Outline:
    """Make the outline of a file's lines; endings may be on them or not."""
    shown = [_shown(line) for line in lines]
    return Outline(family_of(language), _chunks(shown), tuple(_definitions(shown, language)))


def _shown(line: str) -> str:
    """Return what may be shown of a line; nothing of one that is too long."""
    return "" if len(line) > MAX_LINE_CHARS else redact(line.rstrip()) or ""


def words_of(text: str) -> tuple[str, ...]:
    """Return the identifiers in ``text``, each once, in order.

    >>> words_of("if total_items > maxItems: total_items -= 1")
    ('total_items', 'maxItems')
    """
    return tuple(dict.fromkeys(_WORD.findall(text)))


def around(lines: Sequence[str], row: int) -> tuple[int, str]:
    """Return the first row and the text of the lines around a row of a file."""
    first = max(0, row - CHUNK_LINES // 2)
    return first, _chunk_text([_shown(line) for line in lines[first : first + CHUNK_LINES]])


def _chunks(lines: Sequence[str]) -> tuple[Chunk, ...]:
    """Cut at every so many lines that are not blank, better above one that begins a definition."""
    chunks: list[Chunk] = []
    start = 0
    held = 0
    for row, line in enumerate((*lines, "")):
        at_end = row == len(lines)
        begins = held >= CHUNK_LINES // 2 and line[:1].strip() and _is_header(line)
        if at_end or held == CHUNK_LINES or begins:
            if held:
                text = _chunk_text(lines[start:row])
                # The same words stand in many chunks: each is kept in memory once.
                chunks.append(Chunk(start, text, tuple(map(sys.intern, words_of(text)))))
            start, held = row, 0
        held += bool(line)
    return tuple(chunks)


def _chunk_text(lines: Sequence[str]) -> str:
    """Return lines without blank ones, moved to the left margin together."""
    kept = [line for line in lines if line]
    margin = min((len(line) - len(line.lstrip()) for line in kept), default=0)
    return "\n".join(line[margin:] for line in kept)


def _is_header(line: str) -> bool:
    return line.startswith("@") or bool(_TYPE.match(line) or _FUNCTION.match(line))


def _definitions(lines: Sequence[str], language: str) -> list[Definition]:
    """Return what is defined at the left margin: nothing else can be imported by its name."""
    found = []
    for row, line in enumerate(lines):
        if not line[:1].strip() or line.startswith(_NO_MEMBER):
            continue
        kind = _TYPE.match(line)
        match = kind or _match(line, language)
        if match is not None:
            header = _header(lines, row)
            members = _members(lines, row + len(header)) if kind else []
            found.append(Definition(match.group(1), row, "\n".join((*header, *members))))
    return found


def _match(line: str, language: str) -> re.Match[str] | None:
    match = _FUNCTION.match(line) or _VALUE.match(line)
    if match is None and language in _C_FAMILY:
        match = _C_FUNCTION.match(line)
    if match is None and language in ("python", "ruby", "julia", "r"):
        match = _ASSIGNED.match(line)
    return match


def _header(lines: Sequence[str], row: int) -> list[str]:
    """Return a definition's lines up to where its brackets are closed."""
    open_brackets = 0
    header: list[str] = []
    for line in lines[row : row + MAX_HEADER_LINES]:
        header.append(line)
        open_brackets += sum(line.count(char) for char in "([")
        open_brackets -= sum(line.count(char) for char in ")]")
        if open_brackets <= 0:
            break
    return [line for line in header if line]


def _members(lines: Sequence[str], start: int) -> list[str]:
    """Return the first line of each member of a type; doc comments are left out."""
    members: list[str] = []
    inner = 0
    quoted = ""
    for line in lines[start:]:
        text = line.lstrip()
        indent = len(line) - len(text)
        if text and not indent:
            break
        inner = inner or indent
        mark = next((mark for mark in ('"""', "'''") if text.count(mark) == 1), "")
        if quoted or mark:
            quoted = "" if quoted and mark == quoted else quoted or mark
            continue
        if text and indent == inner and not text.startswith(_NO_MEMBER):
            members.append(line)
        if len(members) == MAX_MEMBERS:
            break
    return members
