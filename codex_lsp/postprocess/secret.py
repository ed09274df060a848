"""Never suggest what looks like a key, a token or a login."""

from __future__ import annotations

import re

from codex_lsp.context.secrets import looks_like_key
from codex_lsp.postprocess.base import Draft, cut_before, lines_of
from codex_lsp.types import Context, Rejection, RejectionReason

_REJECTION = Rejection(
    RejectionReason.LOOKS_SECRET, "The model came up with what looks like a key or a password."
)
_PLACEHOLDER = re.compile(r"your|x{4}|\*{3}|example|placeholder|dummy|<\w|\$\{|\{\{", re.IGNORECASE)
"""What stands for a secret that is to be filled in."""
_LONG = re.compile(r"[0-9A-Za-z+/=_.~-]{16,}")
_ADDRESS = re.compile(r"https?://[^\s'\"@?]*(?=[\s'\"?)>]|$)")
"""Addresses name commits by their hashes; one with a login in it has no match."""

_RUNS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+|[^A-Za-z\d]")
_NAME_RUN = 3
"""How long the runs of one kind of letter are in names, on average."""


def trim_secret(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut before the line with the first string in the shape of a key.

    A model cannot know a key: what it writes is made up, or remembered from someone else's code.
    Placeholders pass, and so does what stands in the document.
    """
    for line in lines_of(draft.text, context):
        typed = len(line.whole) - (line.end - line.start)
        if not _holds_key(line.whole) or _holds_key(line.whole[:typed]):
            continue
        own = line.whole[typed:]
        if not _PLACEHOLDER.search(own) and not _stands_there(own, context):
            return cut_before(draft, line.start, _REJECTION)
    return draft


def _holds_key(line: str) -> bool:
    bare = _ADDRESS.sub("", line)
    return looks_like_key(_LONG.sub(lambda found: "" if _is_name(found[0]) else found[0], bare))


def _is_name(word: str) -> bool:
    """Say whether a long word is made of words, as names are: keys change the kind of letter often.

    >>> _is_name("SHA256WithRSAEncryptionHandler2Factory3"), _is_name("k3J9x2Lm8Qw7Rt5Yv1Zb6Nc4")
    (True, False)
    """
    return len(word) >= _NAME_RUN * len(_RUNS.findall(word))


def _stands_there(line: str, context: Context) -> bool:
    words = _LONG.findall(line)
    return bool(words) and all(word in context.prefix or word in context.suffix for word in words)
