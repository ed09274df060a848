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
        elif char not in QUOTES or text.count(char) % 2 == 0:
            return False
    return bool(marks)
