"""How samples are drawn and where they end.

A stop rule is a pure function of a row's text so far. It answers with the number of characters to
keep when decoding may stop, and with None while it may not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

StopRule = Callable[[str], "int | None"]


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How to draw samples.

    :ivar n: samples a request, drawn as one batch
    :ivar temperature: 0 is greedy, which needs no more than one sample
    :ivar top_k: sample from this many of the likeliest tokens; 0 sorts the whole vocabulary
    :ivar top_p: and of those from the likeliest that make up this probability together
    :ivar max_line_tokens: the longest line, in tokens
    :ivar max_tokens: the longest completion, in tokens
    :ivar patience: how many steps the other rows may go on for once the first line that could be
        shown is whole; None lets every row come to its end
    :ivar sure_logprob: when all rows begin with the same token, and its log-probability is at least
        this, one of them goes on alone; None lets them all go on
    """

    n: int = 4
    temperature: float = 0.4
    top_k: int = 40
    top_p: float = 0.95
    max_line_tokens: int = 48
    max_tokens: int = 128
    patience: int | None = 2
    sure_logprob: float | None = -0.1

    def __post_init__(self) -> None:
        """Refuse what no engine can do."""
        for name, value, low, high in (
            ("n", self.n, 1, 200),
            ("temperature", self.temperature, 0.0, 10.0),
            ("top_k", self.top_k, 0, 1_000_000),
            ("top_p", self.top_p, 1e-6, 1.0),
            ("max_line_tokens", self.max_line_tokens, 1, 4096),
            ("max_tokens", self.max_tokens, 1, 4096),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}, but has to be between {low:g} and {high:g}")
        if self.patience is not None and self.patience < 0:
            raise ValueError(f"patience is {self.patience}, but has to be 0 or more")

    @property
    def line_tokens(self) -> int:
        """The longest first line: no longer than the whole may be."""
        return min(self.max_line_tokens, self.max_tokens)

    @property
    def rows(self) -> int:
        """How many rows the engine decodes: greedy decoding makes the same one n times."""
        return 1 if self.temperature == 0 else self.n


def indent_width(line: str, tab_width: int = 4) -> int:
    """Return the columns of blanks in front of ``line``; a tab goes to the next tab stop."""
    width = 0
    for char in line:
        if char == " ":
            width += 1
        elif char == "\t":
            width += tab_width - width % tab_width
        else:
            break
    return width


def end_of_line(text: str) -> int | None:
    """Keep what stands before the first newline."""
    end = text.find("\n")
    return None if end < 0 else end


def end_of_first_line(text: str) -> int | None:
    """Keep the leading newlines and the first line that is not blank."""
    start = len(text) - len(text.lstrip())
    if start == len(text):
        return None
    end = text.find("\n", start)
    return None if end < 0 else end


@dataclass(frozen=True, slots=True)
class EndOfBlock:
    """Keep the lines of one block: the one at the cursor, or the one its line opens.

    The block ends before the first line that is indented less than it, after a closing line on the
    level of the line that opened it, at a blank line that is followed by a line on the block's own
    level (a new paragraph), behind a statement that had lines of its own, and after ``max_lines``.

    :ivar opened: the cursor's line opens the block; it then lies deeper than ``indent``
    :ivar indent: the indentation of the cursor's line, in columns
    """

    indent: int
    opened: bool
    max_lines: int = 12

    def __call__(self, text: str) -> int | None:
        """Return where the block ends in ``text``, None while it may go on."""
        lines = text.split("\n")
        last = len(lines) - 1
        position = kept = len(lines[0])
        count = 1 if lines[0].strip() else 0
        after_blank = nested = False
        for number, line in enumerate(lines[1:], start=1):
            position += 1 + len(line)
            if not line.strip():
                after_blank = after_blank or (number < last and count > 0)
                continue
            if self._is_outside(line, after_blank, nested) or count >= self.max_lines:
                return kept
            if self._closes(line):
                if number == last:
                    return None
                if line.rstrip()[-1] not in "{:":
                    return position
            count += 1
            kept = position
            after_blank = False
            nested = indent_width(line) > self.indent
        return None

    def _is_outside(self, line: str, after_blank: bool, nested: bool) -> bool:
        """Say whether ``line`` lies outside of the block."""
        width = indent_width(line)
        if self.opened:
            closes = self._closes(line) and not after_blank
            return width <= self.indent and not closes
        if width == self.indent:
            return after_blank or (nested and not _continues_statement(line))
        return width < self.indent

    def _closes(self, line: str) -> bool:
        """Say whether ``line`` closes a bracket on the level that the block began on."""
        return indent_width(line) == self.indent and line.lstrip()[0] in "}])"


_CONTINUING_WORDS = frozenset({"elif", "else", "except", "finally", "catch", "rescue", "ensure"})


def _continues_statement(line: str) -> bool:
    """Say whether ``line`` belongs to the statement whose lines stand above it."""
    text = line.lstrip()
    word = text.split(" ", 1)[0].rstrip(":{")
    return text[0] in "}])" or word in _CONTINUING_WORDS or word == "end"
