"""Syntax trees of the languages that are measured, by tree-sitter's own grammars (extra ``eval``).

Parsing never fails: what does not parse becomes an error node or a missing one, and those are
counted.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any

from codex_lsp.errors import UsageError

_GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "typescriptreact": ("tree_sitter_typescript", "language_tsx"),
    "javascript": ("tree_sitter_javascript", "language"),
    "javascriptreact": ("tree_sitter_javascript", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "c": ("tree_sitter_cpp", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "java": ("tree_sitter_java", "language"),
}
"""By language, where its grammar is. A header may be either, so C is read as C++."""


@cache
def _parser(language: str) -> Any:
    module, function = _GRAMMARS[language]
    if importlib.util.find_spec(module) is None:
        raise UsageError("Syntax is checked with tree-sitter; `pip install 'codex-lsp[eval]'`.")
    tree_sitter = importlib.import_module("tree_sitter")
    grammar: Callable[[], Any] = getattr(importlib.import_module(module), function)
    return tree_sitter.Parser(tree_sitter.Language(grammar()))


def syntax_errors(text: str, language: str) -> int:
    """Return how many error nodes and missing nodes the tree of ``text`` has.

    :raises UsageError: the grammars are not installed
    """
    root = _parser(language).parse(text.encode()).root_node
    if not root.has_error:
        return 0
    count, todo = 0, [root]
    while todo:
        node = todo.pop()
        count += node.is_error or node.is_missing
        # Only what holds an error is worth opening.
        todo += [child for child in node.children if child.has_error or child.is_missing]
    return count


class Prose:
    """Says which places of a text are no code: comments, and strings over several lines."""

    def __init__(self, text: str, language: str) -> None:
        """Parse ``text``.

        :raises UsageError: the grammars are not installed
        """
        self._root = _parser(language).parse(text.encode()).root_node
        self._lines = text.split("\n")

    def holds(self, row: int, column: int) -> bool:
        """Say whether the character at a place belongs to a comment or a long string."""
        point = (row, len(self._lines[row][:column].encode()))
        node = self._root.descendant_for_point_range(point, point)
        while node is not None:
            lines = node.end_point[0] - node.start_point[0]
            if "comment" in node.type or (lines and "string" in node.type):
                return True
            if node.type == "expression_statement" and node.child(0).type == "string":
                return True
            node = node.parent
        return False
