"""Brackets and quotes in a piece of text. Pure functions on strings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PAIRS: Mapping[str, str] = MappingProxyType({")": "(", "]": "[", "}": "{"})
"""What opens for what closes."""
QUOTES = frozenset("\"'`")


def unopened_closers(text: str) -> frozenset[int]:
    """Return where ``text`` closes a bracket that it has not opened (character indices)."""
    unopened: list[int] = []
    opened: list[str] = []
    for index, char in enumerate(text):
        if char in "([{":
            opened.append(char)
        elif char in PAIRS:
            if opened and opened[-1] == PAIRS[char]:
                opened.pop()
            else:
                unopened.append(index)
    return frozenset(unopened)


def is_paired(line: str, begun: str = "") -> bool:
    """Say whether ``line`` leaves no bracket and no quote open.

    Brackets may be closed that another line has opened, as far as ``begun``, the beginning of the
    line, does so.

    >>> is_paired("} else if (f(a)) {}", "} else if ("), is_paired("f(a))"), is_paired('f("a)')
    (True, False, False)
    """
    unopened = len(unopened_closers(line))
    balance = sum(line.count(char) - line.count(PAIRS[char]) for char in PAIRS)
    even = all(quote_count(line, quote) % 2 == 0 for quote in QUOTES)
    return even and balance == unopened and unopened <= len(unopened_closers(begun))


def quote_count(text: str, quote: str) -> int:
    """Return how often ``text`` has ``quote`` without a backslash in front."""
    return text.replace("\\\\", "").replace("\\" + quote, "").count(quote)


def closed_length(text: str, rest: str) -> int:
    """Return how much of the beginning of ``rest`` is closing marks that ``text`` itself brings.

    ``rest`` holds nothing but closing marks, blanks and punctuation. A bracket counts when ``text``
    closes it without having opened it, a quote when its number in ``text`` is odd. What follows the
    last mark counts where ``text`` ends with it as well, as with a semicolon.

    >>> closed_length("a) + 1", ")"), closed_length("a), b", "))"), closed_length("a;", ");")
    (1, 1, 0)
    """
    closed = [text[index] for index in sorted(unopened_closers(text))]
    odd = {quote for quote in QUOTES if quote_count(text, quote) % 2 == 1}
    length = 0
    for index, char in enumerate(rest):
        if char in QUOTES and char in odd:
            odd.remove(char)
        elif char in PAIRS and closed[:1] == [char]:
            closed.pop(0)
        elif char in PAIRS or char in QUOTES:
            return length
        else:
            continue
        length = index + 1
    tail = rest[length:].strip()
    return len(rest) if length and (not tail or text.endswith(tail)) else length


def closes_all(text: str, rest: str) -> bool:
    """Say whether ``text`` itself brings every bracket and quote that ``rest`` is made of.

    A bracket counts when ``text`` closes it without having opened it, a quote when its number in
    ``text`` is odd.
    """
    closed = [text[index] for index in unopened_closers(text)]
    marks = [char for char in rest if char in PAIRS or char in QUOTES]
    for char in marks:
        if char in closed:
            closed.remove(char)
        elif char not in QUOTES or quote_count(text, char) % 2 == 0:
            return False
    return bool(marks)
