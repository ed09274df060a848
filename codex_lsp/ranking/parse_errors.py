"""How many syntax errors a candidate brings: a term of the score."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codex_lsp.context.around import lines_around
from codex_lsp.syntax.grammars import parser_for
from codex_lsp.types import Context

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


class ParseErrors:
    """Counts what does not parse around one cursor, with a candidate and without it.

    Only what is new counts: a text that is being written has errors of its own, and a window of it
    has more. The line of the cursor is seldom without one, so the lines are read without it as
    well, and the fewer of the two are what stood there. Each text is read once.

    Nothing is loaded before it is asked, and nothing is found in a language without a grammar.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._parser: Parser | None = None
        self._counts: dict[str, int] = {}

    def __call__(self, text: str, replaces: int) -> int:
        """Return how many errors there are more with a candidate than without it, 0 or more.

        :param replaces: how many characters right of the cursor the candidate replaces
        """
        self._parser = self._parser or parser_for(self._context.language)
        if self._parser is None:
            return 0
        before = min(
            self._count(self._parser, lines_around(self._context)),
            self._count(self._parser, lines_around(self._without_line())),
        )
        after = self._count(self._parser, lines_around(self._context, text, replaces))
        return max(0, after - before)

    def _without_line(self) -> Context:
        before, after = self._context.line_before, self._context.line_after
        prefix = self._context.prefix
        return replace(
            self._context,
            prefix=prefix[: len(prefix) - len(before)],
            suffix=self._context.suffix[len(after) :],
        )

    def _count(self, parser: Parser, text: str) -> int:
        if text not in self._counts:
            tree = parser.parse(text.encode("utf-8", "replace"))
            self._counts[text] = count_errors(tree.root_node)
        return self._counts[text]


def count_errors(root: Node) -> int:
    """Return how many nodes could not be parsed, or were missing and made up."""
    found, nodes = 0, [root]
    while nodes:
        node = nodes.pop()
        found += node.is_error or node.is_missing
        if node.has_error:
            nodes.extend(node.children)
    return found
