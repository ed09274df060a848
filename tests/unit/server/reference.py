"""A slow, plain model of LSP text documents to compare with, and the texts to try."""

from __future__ import annotations

import re

from hypothesis import strategies as st

ENCODINGS = ("utf-8", "utf-16", "utf-32")

PIECES = [
    *"ab \t",
    *("\n", "\r", "\r\n"),
    *("\f", "\v", "\x1c", "\x85", "\u2028", "\u2029"),  # str.splitlines would split here
    *("é", "e\u0301", "漢", "\ufeff", "😀", "\U0010ffff"),
    *("\ud800", "\udc00", "\ud83d\ude00"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
characters = st.one_of(st.integers(0, 12), st.just(2**31 - 1))


def width(char: str, encoding: str) -> int:
    code = ord(char)
    if encoding == "utf-32":
        return 1
    if encoding == "utf-16":
        return 2 if code > 0xFFFF else 1
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def spans(text: str) -> list[tuple[int, int]]:
    """Where each line begins and where its content ends."""
    found, start = [], 0
    for ending in re.finditer(r"\r\n|\n|\r", text):
        found.append((start, ending.start()))
        start = ending.end()
    return [*found, (start, len(text))]


def offset(text: str, line: int, character: int, encoding: str) -> int:
    lines = spans(text)
    if line >= len(lines):
        return len(text)
    at, end = lines[line]
    while at < end and width(text[at], encoding) <= character:
        character -= width(text[at], encoding)
        at += 1
    return at


def edit(text: str, start: tuple[int, int], end: tuple[int, int], new: str, encoding: str) -> str:
    first, last = sorted(offset(text, *position, encoding) for position in (start, end))
    return text[:first] + new + text[last:]
