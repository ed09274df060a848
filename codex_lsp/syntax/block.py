"""Where a block completion ends: with the node at the cursor's indentation."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from codex_lsp.syntax.headers import width_of
from codex_lsp.syntax.plain import PlainReader, closing_words
from codex_lsp.syntax.structure import Mark, Reader, Structure

_CONTINUING = frozenset("elif else elsif elseif except finally catch rescue ensure".split())
_BRANCHING = frozenset({"if", "try", "do", "begin", "case", "}", "else", "elif"})
# These stand on the level of the line that opened the block they belong to.
_ON_LEVEL = frozenset({"case", "default", "when", "in", "then"})
_ACCESS = frozenset({"public", "private", "protected"})
_PREPROCESSOR = re.compile(r"#\s*(?:if|el|end|define|undef|include|pragma|error)")
# A line that says something about the statement below it.
_ABOVE = re.compile(r"\s*(?:@[\w.]+(?:\(.*)?$|#\[|\[[A-Z]\w*|template\s*<|/\*|//|#|--|<!--)")
_SECTIONS = {"markdown": "#", "toml": "[", "ini": "["}
_C_LIKE = frozenset({"c", "cpp", "objective-c", "csharp"})


@dataclass(slots=True)
class _Seen:
    """What has been seen of the block so far.

    :ivar depth: brackets, tags and words open that were opened behind the cursor
    :ivar statement: the line that the latest statement on the block's level begins with
    :ivar nested: that statement has lines of its own
    :ivar blank: there is a blank line above
    :ivar ended: the line above ends with a semicolon
    """

    kept: int
    count: int
    statement: str
    depth: int = 0
    nested: bool = False
    blank: bool = False
    ended: bool = False


@dataclass(slots=True)
class EndOfBlock:
    """Keep the lines of one block: the one at the cursor, or the one that its line opens.

    The block that a line opens ends where what the line opened is closed; where nothing is, before
    the first line that is not indented deeper. A block at the cursor ends before the first line
    that is indented less or closes what was open at the cursor, behind a statement with lines of
    its own, and at a blank line that is followed by a line on the block's own level (a new
    paragraph). Either ends after ``max_lines``. Lines inside brackets or strings that were begun
    behind the cursor belong to the block whatever their indentation.

    The structure is read once for each whole line, not for each token.

    :ivar indent: the indentation of the cursor's line, in columns
    :ivar opened: the cursor's line opens the block; it then lies deeper than ``indent``
    :ivar closed: what is opened has to be closed, by a bracket, a tag or a word; otherwise the
        indentation alone tells
    :ivar read: reads the structure of the text
    """

    indent: int
    opened: bool
    max_lines: int = 12
    language: str = ""
    closed: bool = True
    read: Reader = field(default_factory=PlainReader)
    _last: tuple[str, Structure] = field(default=("", Structure()), init=False, repr=False)

    def __call__(self, text: str) -> int | None:
        """Return how much of ``text`` is the block, None while it may go on."""
        end = text.rfind("\n")
        if end < 0:
            return None
        structure = self._structure(text[:end])
        lines = text.split("\n")
        seen = _Seen(len(lines[0]), 1 if lines[0].strip() else 0, lines[0])
        start = 0
        inside = False
        for number, line in enumerate(lines):
            stop = start + len(line)
            begun = number == len(lines) - 1
            marks = [mark for mark in structure.marks if start <= mark.start < stop]
            if number > 0:
                inside = seen.depth > 0 or structure.spanned(start)
                if not line.strip():
                    seen.blank = seen.blank or (not inside and not begun and seen.count > 0)
                    start = stop + 1
                    continue
                if begun and not inside and self._undecided(line, seen):
                    return None
                if seen.count >= self.max_lines or self._outside(line, inside, seen):
                    return seen.kept
                self._enter(line, inside, seen)
            if begun:
                return None
            if (keep := self._through(line, marks, start, inside, seen)) is not None:
                return keep
            start = stop + 1
        return None

    def _structure(self, whole: str) -> Structure:
        if self._last[0] != whole:
            self._last = (whole, self.read(whole))
        return self._last[1]

    def _undecided(self, line: str, seen: _Seen) -> bool:
        """Say whether the line that is being written has to go on to tell where it belongs."""
        text, width = line.strip(), width_of(line)
        if width > self.indent:
            return False
        if self.opened:
            if not self.closed and self.language != "yaml":
                return False
            words = _CONTINUING | self._on_level() | closing_words(self.language)
            if text[0] in "}])#<" or (self.language == "yaml" and text == "-"):
                return True
        else:
            words = _CONTINUING
            if width < self.indent or seen.blank or not seen.nested:
                return False
        return text.isalpha() and any(word.startswith(text) for word in words)

    def _outside(self, line: str, inside: bool, seen: _Seen) -> bool:
        """Say whether ``line`` lies outside of the block."""
        if inside:
            return False
        text, width = line.lstrip(), width_of(line)
        if self.language in _C_LIKE and _PREPROCESSOR.match(text):
            return False
        if self.opened:
            if width > self.indent:
                return False
            if self.language == "yaml" and text.startswith("- ") and width == self.indent:
                return False
            if not self.closed:
                return True
            return not (self._closes(text) or _continues(text) or _word(text) in self._on_level())
        if self._closes(text):
            return True
        if width != self.indent:
            return width < self.indent
        if seen.count and text[0] == _SECTIONS.get(self.language):
            return True
        if seen.blank:
            return True
        return self._ends_alone(seen) and not _continues(text) and self.language != "sql"

    def _on_level(self) -> frozenset[str]:
        return _ON_LEVEL | _ACCESS if self.language == "cpp" else _ON_LEVEL

    def _closes(self, text: str) -> bool:
        """Say whether a line begins with what closes."""
        return text.startswith(("}", "]", ")", "</")) or _word(text) in closing_words(self.language)

    def _ends_alone(self, seen: _Seen) -> bool:
        """Say whether the latest statement had lines of its own."""
        return seen.nested and not _ABOVE.match(seen.statement)

    def _enter(self, line: str, inside: bool, seen: _Seen) -> None:
        """Take ``line`` into the block."""
        if self.language == "sql":
            # A statement has as many lines as there are before its semicolon.
            seen.nested = not seen.ended
        elif inside or width_of(line) > self.indent:
            seen.nested = True
        elif not _continues(line.lstrip()):
            seen.statement, seen.nested = line, False
        seen.count += 1
        seen.blank = False

    def _through(
        self, line: str, marks: list[Mark], start: int, inside: bool, seen: _Seen
    ) -> int | None:
        """Go through a whole line of the block; return where the block ends if it does there."""
        depth = before = seen.depth
        for mark in marks:
            depth += 1 if mark.opens else -1
            if depth < 0 and not self.opened:
                text = line[: mark.start - start].rstrip()
                return start + len(text) if text.strip() else seen.kept
        stop = start + len(line.rstrip())
        seen.depth, seen.kept = depth, start + len(line)
        if self.opened:
            closes = not inside and self._closes_anyhow(line, marks)
            return stop if depth < 0 or closes else None
        seen.ended = depth == 0 and line.rstrip().endswith(";")
        if self.language == "sql":
            return stop if seen.ended and seen.nested else None
        finished = depth == 0 < before and seen.nested and not _ABOVE.match(seen.statement)
        if finished and line.rstrip()[-1:] not in "{:=,(" and not self._branches(seen):
            return stop
        return None

    def _closes_anyhow(self, line: str, marks: list[Mark]) -> bool:
        """Say whether a line closes the block by all looks, though the reader has not seen it."""
        if not self.closed or width_of(line) > self.indent or not line.strip():
            return False
        return self._closes(line.lstrip()) and not any(mark.opens for mark in marks)

    def _branches(self, seen: _Seen) -> bool:
        """Say whether an ``else`` may follow on the next line."""
        return _word(seen.statement.lstrip()) in _BRANCHING


@dataclass(frozen=True, slots=True)
class EndOfToken:
    """Keep the rest of a string or comment that the cursor stands in.

    It ends behind what closes it, before a line that is indented less, and after ``max_lines``.

    :ivar closer: what closes it, such as three quotes
    :ivar paragraph: it ends before a blank line as well
    """

    closer: str
    indent: int
    max_lines: int = 12
    paragraph: bool = True

    def __call__(self, text: str) -> int | None:
        """Return how much of ``text`` to keep, None while it may go on."""
        found = text.find(self.closer)
        lines = text.split("\n")
        position, count = len(lines[0]), 1 if lines[0].strip() else 0
        if 0 <= found <= position:
            return found + len(self.closer) if "\n" in text else None
        for line in lines[1:]:
            start = position + 1
            last = start + len(line) == len(text)
            if not line.strip():
                if last:
                    return None
                if count and self.paragraph:
                    return position
            elif count >= self.max_lines or width_of(line) < self.indent:
                return position
            else:
                count += 1
            position = start + len(line)
            if 0 <= found <= position:
                return found + len(self.closer)
        return None


def _word(text: str) -> str:
    """Return the word that ``text`` begins with, or its first character."""
    found = re.match(r"\w+", text)
    return found.group() if found else text[:1]


def _continues(text: str) -> bool:
    """Say whether a line belongs to the statement whose lines stand above it."""
    return _word(text) in _CONTINUING
