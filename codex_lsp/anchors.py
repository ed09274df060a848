"""Where the reusable part of a prompt ends, and when it moves.

The engine can keep the state it has after reading some tokens, keyed by those very tokens. So the
part of the prompt that it keeps, the anchor, must not change while a user types: neither its end,
which lies above the cursor's line, nor its beginning, which a window that follows the cursor would
move with every line. An anchor therefore stays where it is until the text behind it has grown too
long, or until something in it has changed.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from codex_lsp.types import Snippet

MAX_TAIL_CHARS = 256
"""How much text may stand between anchor and cursor: some 70 tokens, which are read anew for each
request."""

WARM_TAIL_CHARS = 96
"""An idle moment is used to move an anchor up that has fallen this far behind the cursor."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A stretch of text that the engine's kept state stands for.

    :ivar start: where it begins: an offset in the text left of the cursor, line endings normalised
    :ivar text: what it says
    :ivar snippets: what stands in front of it in the prompt
    """

    start: int
    text: str
    snippets: tuple[Snippet, ...] = ()

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)

    def holds(self, prefix: str, prefix_start: int) -> bool:
        """Say whether the anchor can be used for the cursor behind ``prefix``.

        :param prefix: the text left of the cursor, from the offset ``prefix_start`` on
        """
        begin = self.start - prefix_start
        behind = len(prefix) - begin - len(self.text)
        return (
            begin >= 0
            and 0 <= behind <= MAX_TAIL_CHARS
            and prefix.startswith(self.text, begin)
            # What follows begins a token of its own only if it is blank.
            and (behind == 0 or prefix[begin + len(self.text)].isspace())
        )


class Anchors:
    """The latest anchor of each of the latest documents."""

    def __init__(self, limit: int = 16) -> None:
        self._limit = limit
        self._by_uri: OrderedDict[str, Anchor] = OrderedDict()

    def get(self, uri: str) -> Anchor | None:
        """Return the document's anchor."""
        return self._by_uri.get(uri)

    def keep(self, uri: str, anchor: Anchor) -> None:
        """Remember the document's anchor, and forget the oldest of too many."""
        self._by_uri[uri] = anchor
        self._by_uri.move_to_end(uri)
        while len(self._by_uri) > self._limit:
            self._by_uri.popitem(last=False)


def anchor_offset(prefix: str) -> int:
    """Return the end of the last character before the cursor's line that is not blank."""
    return len(prefix[: prefix.rfind("\n") + 1].rstrip())
