"""Pieces of a package's other files in front of a training sequence, chosen as the server does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from codex_lsp.context.snippets.choose import (
    SNIPPET_CHARS_PER_TOKEN,
    Budget,
    Place,
    choose,
)
from codex_lsp.context.snippets.index import SnippetIndex
from codex_lsp.context.snippets.outline import outline_of
from codex_lsp.languages import language_of
from codex_lsp.options import TokenBudget
from codex_lsp.prompt import snippet_ids
from codex_lsp.tokenizer import Tokenizer
from codex_lsp_recipes.corpus import SourceFile

_BUDGET = TokenBudget()
SNIPPET_TOKENS = int(_BUDGET.prefix * _BUDGET.snippet_share)
"""As the server's default budget."""


class Siblings:
    """The files of some packages, by their places in the list that this is made of."""

    def __init__(self, files: Sequence[SourceFile], tokenizer: Tokenizer) -> None:
        """Note which files belong together; they are read when they are first asked for."""
        self._files = files
        self._tokenizer = tokenizer
        self._indexes: dict[str, SnippetIndex] = {}

    def snippets(self, place: int, seen: str) -> tuple[int, ...]:
        """Return what stands in front of ``seen``, a part of file ``place``, as token ids.

        The same at every call: no clock is looked at. Empty where nothing fits.
        """
        file = self._files[place]
        language = language_of(PurePath(file.path))
        chosen = choose(
            Place(file.path, language, file.text, seen),
            self._index(file.package),
            Budget(SNIPPET_CHARS_PER_TOKEN * SNIPPET_TOKENS),
            clock=lambda: 0.0,
        )
        return snippet_ids(chosen, language, SNIPPET_TOKENS, self._tokenizer)

    def _index(self, package: str) -> SnippetIndex:
        if package not in self._indexes:
            index = SnippetIndex()
            for file in self._files:
                if file.package == package:
                    outline = outline_of(file.text.splitlines(), language_of(PurePath(file.path)))
                    for _ in index.put(file.path, outline, recent=True):
                        pass  # another slice is in
            self._indexes[package] = index
        return self._indexes[package]
