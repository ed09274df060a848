"""Pieces of other files for completion requests. They stay while the prompt's anchor does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from codex_lsp.anchors import WARM_TAIL_CHARS, Anchor, anchor_offset
from codex_lsp.context.snippets import Budget, Place, choose
from codex_lsp.context.snippets.choose import (
    ALL_KINDS,
    SNIPPET_CHARS_PER_TOKEN,
    TEXT_CHARS_PER_TOKEN,
    Recent,
)
from codex_lsp.context.snippets.imports import MAX_CHARS
from codex_lsp.context.snippets.index import SnippetIndex
from codex_lsp.context.snippets.outline import CHUNK_LINES, around
from codex_lsp.languages import language_of
from codex_lsp.options import TokenBudget
from codex_lsp.types import CompletionRequest, Snippet, SnippetKind
from codex_lsp_server.access import Refusal
from codex_lsp_server.documents import OpenDocuments
from codex_lsp_server.recalling import file_path
from codex_lsp_server.settings import Settings

MAX_VISITED = 32
MAX_KEPT = 16
_ANCHOR_CHARS = 256


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a document's prompts are given for now.

    :ivar anchor: the end of the text above, which tells when the prompt's anchor moves
    :ivar keys: the files that the snippets are of
    """

    anchor: Anchor
    snippets: tuple[Snippet, ...]
    keys: frozenset[str]


class ChosenSnippets:
    """Chooses snippets. For the event loop's thread only.

    :param documents: gives the open documents and the client's folders
    :param index: gives the project's outlines; None while snippets are switched off
    :param refusal: says which documents must not reach the model
    :ivar chosen: how many times snippets were looked for
    """

    def __init__(
        self,
        documents: Callable[[], OpenDocuments],
        index: Callable[[], SnippetIndex | None],
        refusal: Refusal,
    ) -> None:
        self._documents = documents
        self._index = index
        self._refusal = refusal
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._visited: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._kinds: frozenset[SnippetKind] = frozenset()
        self._max_ms = 0.0
        self.chosen = 0

    def use(self, settings: Settings) -> None:
        """Follow the settings."""
        kinds = {"imported": frozenset({SnippetKind.IMPORTED}), "all": ALL_KINDS}
        wanted = kinds.get(settings.snippets, frozenset())
        if wanted != self._kinds:
            self._kept.clear()
        self._kinds = wanted
        self._max_ms = settings.max_snippet_ms

    def of(
        self, request: CompletionRequest, budget: TokenBudget, ahead: bool = False
    ) -> tuple[Snippet, ...]:
        """Return the snippets for a request: those of the last one while they can be.

        :param ahead: the document is only read ahead, which moves the anchor up earlier
        """
        index = self._index()
        if index is None or not self._kinds:
            return ()
        document = request.document
        self._visit(document.uri, document.text.count("\n", 0, request.offset))
        above = document.text[: request.offset]
        kept = self._kept.get(document.uri)
        if kept is not None and self._holds(kept, above, index, ahead):
            return kept.snippets
        kept = self._choose(request, above, budget, index)
        self._kept[document.uri] = kept
        self._kept.move_to_end(document.uri)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return kept.snippets

    def _holds(self, kept: _Kept, above: str, index: SnippetIndex, ahead: bool) -> bool:
        """Say whether snippets are still those to give; the same rule as that of the anchor."""
        if not kept.anchor.holds(above, 0):
            return False
        if ahead and kept.anchor.end + WARM_TAIL_CHARS < len(above):
            return False
        # A file that is gone, or ruled out by now, must not be shown any longer.
        return all(key in index or self._may_be_shown(key) for key in kept.keys)

    def _may_be_shown(self, key: str) -> bool:
        """Say whether a file that the index does not hold is open, and not ruled out."""
        uri = Path(key).as_uri()
        open_here = self._documents().get_open_document(uri) is not None
        return open_here and self._refusal(uri) is None

    def _choose(
        self, request: CompletionRequest, above: str, budget: TokenBudget, index: SnippetIndex
    ) -> _Kept:
        self.chosen += 1
        document = request.document
        path = file_path(document.uri)
        language = document.language if path is None else language_of(path) or document.language
        end = anchor_offset(above)
        seen = above[max(0, end - TEXT_CHARS_PER_TOKEN * budget.prefix) : end]
        own_key = document.uri if path is None else str(path)
        keys: dict[str, str] = {}

        def shown(key: str) -> str:
            name = self._shown(key)
            keys[name] = key
            return name

        snippets = choose(
            Place(own_key, language, document.text[:MAX_CHARS], seen),
            index,
            Budget(
                int(SNIPPET_CHARS_PER_TOKEN * budget.prefix * budget.snippet_share),
                self._max_ms,
                self._kinds,
            ),
            tuple(self._recent(document.uri)) if SnippetKind.RECENT in self._kinds else (),
            shown,
        )
        start = max(0, end - _ANCHOR_CHARS)
        return _Kept(
            Anchor(start, above[start:end]), snippets, frozenset(keys[s.path] for s in snippets)
        )

    def _visit(self, uri: str, row: int) -> None:
        """Take note of where completions were asked for: there the user was at work."""
        place = (uri, row // CHUNK_LINES)
        self._visited[place] = row
        self._visited.move_to_end(place)
        while len(self._visited) > MAX_VISITED:
            self._visited.popitem(last=False)

    def _recent(self, own: str) -> Iterator[Recent]:
        """Yield where the user has been in other open documents, the latest first."""
        for (uri, _), row in reversed(self._visited.items()):
            document = None if uri == own else self._documents().get_open_document(uri)
            path = file_path(uri)
            if document is None or path is None or self._refusal(uri) is not None:
                continue
            first, text = around(document.lines, row)
            if text:
                yield Recent(str(path), first, text)

    def _shown(self, key: str) -> str:
        """Return a file's path in its project."""
        path = Path(key)
        for uri in self._documents().folder_uris:
            folder = file_path(uri)
            if folder is not None and folder in path.parents:
                return path.relative_to(folder).as_posix()
        return path.name
