"""Fill-in-the-middle examples, laid out as the server lays out its prompts.

The transformation is that of Bavarian et al. 2022 (arXiv 2207.14255) with one difference. The
server ends the prompt's head at an anchor above the cursor's line and lets what was typed since
then follow the middle sentinel (:mod:`codex_lsp.prompt`). So here, too, the middle begins at such
an anchor: its first tokens are the line so far, and the hole follows. Head and middle part at the
end of a line, where tokens part as well, while the hole itself may begin and end at any character.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from codex_lsp.anchors import anchor_offset

MAX_HOLE_CHARS = 500
MAX_SUFFIX_TOKENS = 128
"""As the server's default budget."""

ANY_SHARE = 0.05
INLINE_SHARE = 0.2
LINE_SHARE = 0.45
"""The rest of the holes are blocks."""

HIGHER_ANCHOR_SHARE = 0.3
"""How often the anchor lies some lines higher, as it does after those were typed."""

Order = Literal["PSM", "SPM"]
Encode = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Token ids: before the head, before the suffix, before the middle, and the end of a text."""

    prefix: int
    suffix: int
    middle: int
    end: int


@dataclass(frozen=True, slots=True)
class Split:
    """A text in three parts. The middle begins with what was typed since the anchor."""

    head: str
    middle: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Example:
    """A split as token ids.

    :ivar snippets: where the tokens of other files' pieces begin and end
    :ivar middle: where the middle's tokens begin
    """

    ids: list[int]
    snippets: tuple[int, int]
    middle: int


def draw_split(text: str, rng: np.random.Generator) -> Split:
    """Make a hole into ``text``, and put the anchor above it."""
    start, end = draw_hole(text, rng)
    anchor = anchor_offset(text[:start])
    if rng.random() < HIGHER_ANCHOR_SHARE:
        for _ in range(int(rng.integers(1, 5))):
            anchor = anchor_offset(text[:anchor])
    return Split(text[:anchor], text[anchor:end], text[end:])


def draw_hole(text: str, rng: np.random.Generator) -> tuple[int, int]:
    """Choose where a hole begins and ends: a stretch of characters or lines, or within a line.

    It is blank only where nothing else is left: nobody asks for indentation.
    """
    kind = rng.random()
    if kind < ANY_SHARE:
        start = int(rng.integers(0, len(text) + 1))
        end = min(len(text), start + int(math.exp(rng.uniform(0, math.log(MAX_HOLE_CHARS)))))
        if text[start:end].strip():
            return start, end
    start = _place_in_a_line(text, rng)
    end = _line_end(text, start)
    if kind < ANY_SHARE + INLINE_SHARE and end > start:
        return start, int(rng.integers(start + 1, end + 1))
    if kind >= ANY_SHARE + INLINE_SHARE + LINE_SHARE:
        end = _block_end(text, start, end, rng)
    return start, end


def lay_out(
    split: Split,
    sentinels: Sentinels,
    order: Order,
    encode: Encode,
    limit: int,
    snippets: Sequence[int] = (),
) -> Example:
    """Return an example of at most ``limit`` tokens, the end token included.

    :param snippets: tokens that stand in front of the head, and go before any of it does

    A suffix that is too long loses its end, and a head its beginning, as in the server's prompts;
    a middle that does not even fit alone loses its end, and the end token with it.
    """
    middle = [*encode(split.middle), sentinels.end]
    middle = middle[: limit - 3]
    suffix = list(encode(split.suffix))[: min(MAX_SUFFIX_TOKENS, limit - 3 - len(middle))]
    room = limit - 3 - len(middle) - len(suffix)
    snippets = snippets if len(snippets) < room else ()
    room -= len(snippets)
    head = list(encode(split.head))
    head = head[len(head) - room :] if len(head) > room else head
    before = [sentinels.prefix]
    if order == "SPM":
        before += [sentinels.suffix, *suffix, sentinels.middle]
    front = [*before, *snippets, *head]
    if order == "PSM":
        front += [sentinels.suffix, *suffix, sentinels.middle]
    given = (len(before), len(before) + len(snippets))
    return Example([*front, *middle], given, len(front))


def _place_in_a_line(text: str, rng: np.random.Generator) -> int:
    """Choose a place in a line that is not blank: half the time where its indentation ends."""
    begins, offset = [], 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            begins.append(offset)
        offset += len(line)
    if not begins:
        return int(rng.integers(0, len(text) + 1))
    begin = begins[int(rng.integers(len(begins)))]
    end = _line_end(text, begin)
    indented = begin + len(text[begin:end]) - len(text[begin:end].lstrip())
    return indented if rng.random() < 0.5 else int(rng.integers(indented, end + 1))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _block_end(text: str, start: int, end: int, rng: np.random.Generator) -> int:
    """Extend a hole that ends at ``end``: over the block that its line opens, or some lines."""
    begin = text.rfind("\n", 0, start) + 1
    indent = _indent(text[begin:end])
    wanted = int(rng.integers(1, 8))
    block = text[begin:end].rstrip().endswith((":", "{"))
    lines = 0
    while (block or lines < wanted) and end < len(text):
        following = _line_end(text, end + 1)
        line = text[end + 1 : following]
        if following - start > MAX_HOLE_CHARS or (
            block and line.strip() and _indent(line) <= indent
        ):
            break
        end, lines = following, lines + 1
    # Blank lines at the end belong to what follows.
    return start + len(text[start:end].rstrip())


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
