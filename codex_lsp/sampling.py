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
