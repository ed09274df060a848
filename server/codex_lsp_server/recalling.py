"""Lines seen elsewhere, for completion requests; and the editor's news that keep them fresh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

from lsprotocol import types
from pygls.uris import to_fs_path

from codex_lsp.context.ignore import RULE_FILES
from codex_lsp.context.secrets import is_secret_file
from codex_lsp.context.snippets.index import SnippetIndex
from codex_lsp.languages import known_suffixes, language_of
from codex_lsp.recall.find import Cursor, recall
from codex_lsp.types import CompletionRequest, Recalled
from codex_lsp_server.documents import OpenDocuments
from codex_lsp_server.project_feed import ProjectFeed
from codex_lsp_server.settings import Settings

RECALLED_LINES = 2
"""How many lines compete with the samples."""
MIN_PROBABILITY = 0.05
"""Less likely ones are right less often than a sample."""


class Recalling:
    """Recalls lines. For the event loop's thread only.

    :param documents: gives the open documents and the client's folders
    :param busy: says whether somebody waits for a completion
    """

    def __init__(self, documents: Callable[[], OpenDocuments], busy: Callable[[], bool]) -> None:
        self._documents = documents
        self._busy = busy
        self._mode = "off"
        self._feed: ProjectFeed | None = None
        self._typed_in = ""

    def lines(self, request: CompletionRequest) -> tuple[Recalled, ...]:
        """Return ends of lines that begin like the cursor's line, the likeliest first."""
        document = request.document
        path = file_path(document.uri)
        if self._feed is not None:
            self._typing_in(document.uri, self._feed)
        if self._mode == "off" or (path is not None and is_secret_file(path)):
            return ()
        index = None
        if self._feed is not None and self._mode == "project":
            language = document.language if path is None else language_of(path)
            index = self._feed.lines.index(language or document.language)
        cursor = Cursor.at(document.text, request.offset)
        return recall(cursor, index, RECALLED_LINES, MIN_PROBABILITY)

    def _typing_in(self, uri: str, feed: ProjectFeed) -> None:
        """The document that is typed in is looked through as it is; the others are remembered."""
        if uri == self._typed_in:
            return
        before, self._typed_in = self._typed_in, uri
        path = file_path(uri)
        if path is not None:
            feed.hide(path)
        if before:
            self.opened(before)

    def use(self, settings: Settings) -> None:
        """Follow the settings."""
        self._mode = settings.recall if settings.enable else "off"
        outlined = settings.enable and settings.snippets != "off"
        wanted = outlined or self._mode == "project"
        if self._feed is not None and (not wanted or self._feed.outlined != outlined):
            feed, self._feed = self._feed, None
            self._typed_in = ""
            feed.stop()
        if wanted and self._feed is None:
            self._feed = ProjectFeed(self._busy, outlined=outlined)
            self.folders_changed()

    @property
    def outlines(self) -> SnippetIndex | None:
        """What snippets can be made of; None while they are switched off."""
        return self._feed.outlines if self._feed is not None and self._feed.outlined else None

    def folders_changed(self) -> None:
        """Read the client's folders, as they are now."""
        if self._feed is not None:
            paths = map(file_path, self._documents().folder_uris)
            self._feed.follow(path for path in paths if path is not None and not is_home(path))
            self._open_all()

    def opened(self, uri: str) -> None:
        """A document was opened, or is not the one that is typed in any more."""
        document = self._documents().get_open_document(uri)
        path = file_path(uri)
        if self._feed is None or path is None or document is None:
            return
        if uri != self._typed_in:
            self._feed.text(path, list(document.lines))

    def _open_all(self) -> None:
        """Judge the open documents anew: rules or folders are others, and the disk is not asked."""
        for uri in self._documents().open_uris:
            self.opened(uri)

    def closed(self, uri: str) -> None:
        """A document was closed; what was not saved of it is gone."""
        path = file_path(uri)
        if uri == self._typed_in:
            self._typed_in = ""
        if self._feed is not None and path is not None:
            self._feed.release(path)

    def saved(self, uri: str) -> None:
        """A document was saved."""
        path = file_path(uri)
        if self._feed is None or path is None:
            return
        if path.name in RULE_FILES:
            self._feed.look_through()
            self._open_all()
        self.opened(uri)

    def changed_on_disk(self, changes: Sequence[types.FileEvent]) -> None:
        """Files were changed by something else than the editor."""
        if self._feed is None:
            return
        paths = [path for change in changes if (path := file_path(change.uri)) is not None]
        if any(path.name in RULE_FILES for path in paths):
            self._feed.look_through()
            self._open_all()
        self._feed.changed(paths)

    async def settled(self) -> None:
        """Wait until the project has been read."""
        if self._feed is not None:
            await self._feed.settled()

    async def close(self) -> None:
        """Stop reading and forget everything."""
        if self._feed is not None:
            await self._feed.close()
            self._feed = None


def watchers() -> types.DidChangeWatchedFilesRegistrationOptions:
    """Return which files' changes are to be told."""
    suffixes = ",".join(sorted(suffix.lstrip(".") for suffix in known_suffixes()))
    patterns = (f"**/*.{{{suffixes}}}", *(f"**/{name}" for name in RULE_FILES))
    return types.DidChangeWatchedFilesRegistrationOptions(
        [types.FileSystemWatcher(pattern) for pattern in patterns]
    )


def file_path(uri: str) -> Path | None:
    """Return the path of a ``file:`` URI; None for any other, and for one that is no path."""
    if not uri.startswith("file:"):
        return None
    try:
        path = to_fs_path(uri)
    except ValueError:  # such as an authority that begins with a bracket
        return None
    return Path(path) if path and "\0" not in path else None


def is_home(path: PurePath) -> bool:
    """Say whether a folder is the user's home or holds it: too much, and not a project."""
    home = Path.home()
    return path == home or path in home.parents
