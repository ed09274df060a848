"""The ledger of CTranslate2's prefix cache.

CTranslate2 keeps the state of every static prompt that it is given, keyed by its exact tokens, and
never gives one back. This ledger counts what is kept, and has everything dropped before the limit
would be passed. That happens only for a prompt that has to be read from its beginning anyway.
"""

from __future__ import annotations

from collections.abc import Callable

from codex_lsp.types import Prompt

MIN_ANCHOR_TOKENS = 16
"""Shorter anchors are read anew: keeping them saves nothing that can be noticed."""


class PrefixCache:
    """Counts the tokens of the anchors that an engine keeps.

    :param drop_all: has the engine forget all of them; says whether it could
    :param max_tokens: how many tokens may be kept in all; 0 keeps none
    :ivar dropped: how many times everything was dropped
    """

    def __init__(self, drop_all: Callable[[], bool], max_tokens: int) -> None:
        self._drop_all = drop_all
        self._max_tokens = max_tokens
        self._kept: set[tuple[int, ...]] = set()
        self.kept_tokens = 0
        self.dropped = 0

    def split(self, prompt: Prompt) -> tuple[tuple[int, ...], tuple[int, ...], int]:
        """Return what to pass as static prompt, and what to pass behind it (never empty).

        Third comes the number of tokens that need not be read, since their state is kept.
        """
        anchor, tail = prompt.anchor_ids, prompt.tail_ids
        if not tail:
            anchor, tail = anchor[:-1], anchor[-1:]
        if not MIN_ANCHOR_TOKENS <= len(anchor) <= self._max_tokens:
            return (), prompt.ids, 0
        if anchor in self._kept:
            return anchor, tail, len(anchor)
        if self.kept_tokens + len(anchor) > self._max_tokens and not self._forget():
            return (), prompt.ids, 0
        self._kept.add(anchor)
        self.kept_tokens += len(anchor)
        return anchor, tail, 0

    def clear(self) -> None:
        """Take it that nothing is kept any more."""
        self._kept.clear()
        self.kept_tokens = 0
        self.dropped += 1

    def _forget(self) -> bool:
        if not self._drop_all():
            return False
        self.clear()
        return True
