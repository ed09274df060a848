r"""Token healing: what is left off a prompt's end, so that every candidate has to begin with it.

A model has seen words as whole tokens: `` return`` is one, and so is ``print``. A prompt that ends
with a blank, or in the middle of a word, ends with tokens that were never followed by the rest, and
the model goes on badly from there. So the last blank or word is left off, and the candidates have
to begin with it.
"""

from __future__ import annotations

import re

from codex_lsp.syntax.openers import opens_block

MAX_WORD_CHARS = 16
"""Longer beginnings of words are given to the model as they stand: no single token spells them."""

# Digits are tokens of their own in many vocabularies, but `x1` is still one name.
_WORD = re.compile(r" ?[^\W_]+\Z|_+[^\W_]*\Z")


def healed_blank(prefix: str, language: str = "") -> str:
    """Return the last character of ``prefix`` if it belongs to the token that follows it.

    A newline does so only behind a line that opens a block: there the next line's indentation
    belongs to the same token. Elsewhere a line feed is a token of its own.
    """
    last = prefix[-1:]
    if last in (" ", "\t"):
        return last
    if last == "\n" and opens_block(prefix[prefix.rfind("\n", 0, -1) + 1 : -1], language):
        return last
    return ""


def healed_word(prefix: str) -> str:
    """Return the beginning of a word that ``prefix`` ends with, and the blank in front of it.

    Of a name such as ``foo_bar`` it is the last part with its underscore. Empty when there is none,
    when it is too long, and when nothing would be left of the prompt.

    >>> healed_word("x = pri")
    ' pri'
    >>> healed_word("self.foo_ba")
    '_ba'
    """
    # A longer word than that is found cut, and then it is too long.
    found = _WORD.search(prefix, max(0, len(prefix) - MAX_WORD_CHARS - 2))
    if found is None or len(found.group()) > MAX_WORD_CHARS:
        return ""
    return found.group() if prefix[: found.start()].strip() else ""
