"""Which samples say the same, and how far those agree that do not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from codex_lsp.brackets import PAIRS, QUOTES
from codex_lsp.context.shape import is_word

MIN_AGREED_CHARS = 3
"""Less than this is not worth showing alone."""

_NEEDLESS = re.compile(r"(?<=[^\w\s])[ \t]+|[ \t]+(?=[^\w\s])")
_BLANKS = re.compile(r"[ \t]+")
_OPENERS = frozenset(PAIRS.values())
_HALF = " \t\n=+-*/%<>&|^,.:;!?~@\\"
"""What a text does not sensibly end with where it is cut."""


def normalised(text: str) -> str:
    r"""Return what two candidates share that differ in style only.

    Blanks inside a line, the kind of quotes, and punctuation at the end make no difference;
    indentation does.

    >>> normalised("f( 'a',b );") == normalised('f("a", b)')
    True
    """
    lines = text.rstrip(" \t\n,;.").replace("'", '"').split("\n")
    return "\n".join(map(_normalised_line, lines))


def _normalised_line(line: str) -> str:
    said = line.strip()
    indentation = line[: len(line) - len(line.lstrip())]
    return indentation + _BLANKS.sub(" ", _NEEDLESS.sub("", said)) if said else ""


def agreed_length(best: str, others: Sequence[tuple[str, int]], count: int = 1) -> int | None:
    """Return how much of ``best`` more than half of the samples say.

    The cut lies between words, and where no bracket or quote is open.

    :param others: the other texts, and how many samples came to each
    :param count: how many samples came to ``best``
    :return: a number of characters; None where they agree on all of it, or on too little
    """
    total = count + sum(number for _, number in others)
    lengths = [len(best)] * count
    for text, number in others:
        lengths += [_common(best, text)] * number
    lengths.sort(reverse=True)
    length = lengths[total // 2]
    if length >= len(best):
        return None
    kept = best[:length]
    kept = kept[: _first_open(kept)].rstrip(_HALF)
    said = sum(1 for char in kept if not char.isspace())
    return len(kept) if said >= MIN_AGREED_CHARS and any(map(is_word, kept)) else None


def _common(one: str, other: str) -> int:
    """Return the length of the longest common beginning that ends between words in both."""
    length = 0
    for here, there in zip(one, other, strict=False):
        if here != there:
            break
        length += 1
    while length and is_word(one[length - 1]):
        if not any(is_word(text[length : length + 1] or " ") for text in (one, other)):
            break
        length -= 1
    return length


def _first_open(text: str) -> int:
    """Return where the outermost bracket or quote stands that is open; the length if none is."""
    opened: list[tuple[str, int]] = []
    for index, char in enumerate(text):
        inside = opened and opened[-1][0] in QUOTES
        if inside:
            if char == opened[-1][0] and text[index - 1] != "\\":
                opened.pop()
        elif char in _OPENERS or char in QUOTES:
            opened.append((char, index))
        elif char in PAIRS and opened and opened[-1][0] == PAIRS[char]:
            opened.pop()
    return opened[0][1] if opened else len(text)
