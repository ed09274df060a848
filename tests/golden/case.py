"""Reads a golden case: a document with the cursor marked, samples, and what becomes of each.

A case is a text file of sections, each under a line that begins with three equals signs::

    language: python
    from: networkx 3.6.1 (BSD-3-Clause), networkx/utils/misc.py
    === input
    print(¦)
    === sample stop
    "done")
    === trimmed by same_line
    "done"

Above the first section stand ``language``, and if need be ``line endings`` (lf, crlf or cr) and
``from``. A section's text ends with its last line, without the line feed; the input has one at its
end. Each sample is followed by one outcome: ``kept``, ``trimmed by FILTERS``, with
``, replacing N`` where text right of the cursor is replaced, or ``rejected by FILTER: REASON``.

``⇥`` is a tab, ``␠`` a blank that would be lost at a line's end, ``␍`` a carriage return, and ``╎``
nothing at all: it parts what scanners for secrets would take for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from codex_lsp.types import FinishReason, RejectionReason

CURSOR = "¦"
_ENDINGS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
_MARKS = str.maketrans({"⇥": "\t", "␠": " ", "␍": "\r", "╎": ""})
_TRIMMED = re.compile(r"trimmed by ([a-z_]+(?:, [a-z_]+)*)(?:, replacing (\d+))?")
_REJECTED = re.compile(r"rejected by ([a-z_]+): ([a-z_]+)")
_FIELDS = ("language", "line endings", "from")


class CaseError(Exception):
    """A file is no case; the message names file and line."""


@dataclass(frozen=True)
class Sample:
    """A raw sample and what becomes of it.

    :ivar shown: the text that is shown; None when it is rejected
    :ivar filters: those that trimmed it, or the one that rejected it
    """

    line: int
    finish: FinishReason
    text: str
    shown: str | None
    replaces: int
    filters: tuple[str, ...]
    reason: RejectionReason | None


@dataclass(frozen=True)
class Case:
    """A golden case.

    :ivar text: the document, with its own line endings and without the cursor's mark
    :ivar offset: the cursor's
    :ivar source: the package, its version and licence, and the file; empty for what was made up
    """

    path: Path
    language: str
    text: str
    offset: int
    samples: tuple[Sample, ...]
    source: str


@dataclass(frozen=True)
class _Section:
    line: int
    title: str
    text: str


def read_case(path: Path) -> Case:
    """Read one case.

    :raises CaseError: it is not one
    """
    fields, sections = _split(path, path.read_bytes().decode("utf-8"))
    if "language" not in fields:
        raise CaseError(f"{path}:1: there is no line 'language: …' above the first section")
    ending = _ENDINGS.get(fields.get("line endings", "lf"))
    if ending is None:
        raise CaseError(f"{path}:1: 'line endings' has to be one of {', '.join(_ENDINGS)}")
    if not sections or sections[0].title != "input":
        line = sections[0].line if sections else 1
        raise CaseError(f"{path}:{line}: the first section has to be '=== input'")
    marked = f"{sections[0].text}\n".replace("\n", ending)
    if marked.count(CURSOR) != 1:
        raise CaseError(f"{path}:{sections[0].line}: the input has to hold one {CURSOR}")
    rest = sections[1:]
    if not rest or len(rest) % 2:
        raise CaseError(f"{path}:{sections[-1].line}: each sample is followed by one outcome")
    samples = [_sample(path, *pair) for pair in zip(rest[::2], rest[1::2], strict=True)]
    return Case(
        path,
        fields["language"],
        marked.replace(CURSOR, ""),
        marked.index(CURSOR),
        tuple(samples),
        fields.get("from", ""),
    )


def _split(path: Path, content: str) -> tuple[dict[str, str], list[_Section]]:
    fields: dict[str, str] = {}
    found: list[tuple[int, str, list[str]]] = []
    for number, line in enumerate(content.removesuffix("\n").split("\n"), start=1):
        if line.startswith("=== "):
            found.append((number, line[4:], []))
        elif found:
            found[-1][2].append(line)
        else:
            name, colon, value = line.partition(": ")
            if not colon or name not in _FIELDS:
                known = ", ".join(_FIELDS)
                raise CaseError(f"{path}:{number}: {line!r} is none of the fields {known}")
            fields[name] = value
    sections = [
        _Section(number, title, "\n".join(lines).translate(_MARKS))
        for number, title, lines in found
    ]
    return fields, sections


def _sample(path: Path, given: _Section, outcome: _Section) -> Sample:
    kind, _, finish = given.title.partition(" ")
    known = [reason.value for reason in FinishReason]
    if kind != "sample" or finish not in known:
        raise CaseError(
            f"{path}:{given.line}: '{given.title}' is no 'sample' with one of {', '.join(known)}"
        )
    replaces, shown, reason = 0, None, None
    filters: tuple[str, ...] = ()
    if outcome.title == "kept":
        shown = given.text
    elif found := _TRIMMED.fullmatch(outcome.title):
        shown = outcome.text
        filters, replaces = tuple(found[1].split(", ")), int(found[2] or 0)
    elif found := _REJECTED.fullmatch(outcome.title):
        filters, reason = (found[1],), _reason(path, outcome.line, found[2])
    else:
        raise CaseError(f"{path}:{outcome.line}: '{outcome.title}' is no outcome")
    if outcome.text and shown is not outcome.text:
        raise CaseError(f"{path}:{outcome.line}: '{outcome.title}' has no text below it")
    return Sample(given.line, FinishReason(finish), given.text, shown, replaces, filters, reason)


def _reason(path: Path, line: int, name: str) -> RejectionReason:
    try:
        return RejectionReason(name)
    except ValueError:
        raise CaseError(f"{path}:{line}: there is no reason {name!r}") from None
