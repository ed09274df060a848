"""The open documents as the editor has them, and the workspace that holds them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.workspace import Workspace

from codex_lsp.types import Document
from codex_lsp_server.positions import Encoding, encoding_of, locate, position_of, split_lines

logger = logging.getLogger(__name__)


class OpenDocument:
    """A document that the editor has open: a list of lines, edited in place.

    An edit costs the lines that it touches and a move of the list's tail, so a key pressed in a
    file of one megabyte costs microseconds. The text is joined when someone asks for it, once a
    version.

    :ivar uri: as the client wrote it
    :ivar language_id: the editor's name of the language; empty when unknown
    :ivar version: the client's version number
    :ivar encoding: what a position's character counts
    """

    def __init__(
        self,
        uri: str,
        text: str = "",
        *,
        version: int = 0,
        language_id: str = "",
        encoding: Encoding = "utf-16",
    ) -> None:
        self.uri = uri
        self.language_id = language_id
        self.version = version
        self.encoding: Encoding = encoding
        self._lines = split_lines(text)
        self._text: str | None = text
        self._snapshot: Document | None = None
        # A line and the offset of its start: offsets are counted from here, not from the top, as
        # an editor asks near the place where it asked before.
        self._mark = (0, 0)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines with their endings. The last has none, and may be empty."""
        return tuple(self._lines)

    @property
    def source(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = "".join(self._lines)
        return self._text

    def snapshot(self) -> Document:
        """The document as it is now, frozen. The same object until something changes."""
        kept = self._snapshot
        # The version is compared as well: a client may raise it without changing the text.
        if kept is None or kept.version != self.version:
            kept = Document(self.source, self.language_id, self.uri, self.version)
            self._snapshot = kept
        return kept

    def apply_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """Apply one change. Positions outside of the text are clamped, so this never raises."""
        if isinstance(change, types.TextDocumentContentChangePartial):
            self._replace(change.range, change.text)
        else:
            self._lines = split_lines(change.text)
            self._mark = (0, 0)
        self._text = None
        self._snapshot = None

    def apply_changes(
        self, changes: Iterable[types.TextDocumentContentChangeEvent], version: int
    ) -> None:
        """Apply the changes of one notification in order; each sees the text the last one left."""
        for change in changes:
            self.apply_change(change)
        self.version = version

    def offset_at(self, position: types.Position) -> int:
        """The index into the text of a position, clamped to the line and to the document."""
        line, column = locate(self._lines, position, self.encoding)
        return self._line_start(line) + column

    def _line_start(self, line: int) -> int:
        """Return the offset of a line's start, and mark it."""
        marked, offset = self._mark
        if line >= marked:
            offset += sum(map(len, self._lines[marked:line]))
        else:
            offset -= sum(map(len, self._lines[line:marked]))
        self._mark = (line, offset)
        return offset

    def position_at(self, offset: int) -> types.Position:
        """The position of an index into the text. Inside a line ending, the ending's start."""
        left = max(offset, 0)
        last = len(self._lines) - 1
        for number, line in enumerate(self._lines):
            if left < len(line) or number == last:
                return position_of(self._lines, number, left, self.encoding)
            left -= len(line)
        raise AssertionError("a document has at least one line")

    def _replace(self, span: types.Range, text: str) -> None:
        """Replace a range. Only the lines it touches are split again."""
        lines = self._lines
        # Ends given in the wrong order are put right, as VS Code's own text document does.
        (first, start), (last, end) = sorted(
            locate(lines, position, self.encoding) for position in (span.start, span.end)
        )
        new = lines[first][:start] + text + lines[last][end:]
        # A "\n" that now follows the "\r" of the line before belongs to that line's ending.
        if first > 0 and new.startswith("\n") and lines[first - 1].endswith("\r"):
            first -= 1
            new = lines[first] + new
        replacement = split_lines(new)
        # The text ends with the last line's ending, so the piece after it is the next line's start.
        if last < len(lines) - 1:
            replacement.pop()
        self._line_start(first)  # marks a line that this change does not move
        lines[first : last + 1] = replacement


class OpenDocuments(Workspace):
    """The client's folders, notebooks and open documents.

    Defects of pygls 2.1.1: its document splits lines with ``str.splitlines``, so a form feed or
    U+2028 shifts every later edit; it changes the position objects of the params; it copies the
    whole text for a key pressed; it reads the disk for a document that is not open, which raises
    for ``untitled:``.
    """

    def get_open_document(self, uri: str) -> OpenDocument | None:
        """The document as the editor has it; None if the editor has not opened it."""
        document: Any = self._text_documents.get(unquote(uri))
        return document if isinstance(document, OpenDocument) else None

    @property
    def open_uris(self) -> list[str]:
        """The open documents, as the client names them."""
        return [document.uri for document in self._text_documents.values()]

    @property
    def folder_uris(self) -> list[str]:
        """The client's folders; its root where it knows no folders."""
        folders = [folder.uri for folder in self._folders.values()]
        return folders or ([self._root_uri] if self._root_uri else [])

    # OpenDocument is no pygls TextDocument on purpose: all that class adds is wrong (see above).
    def get_text_document(self, doc_uri: str) -> OpenDocument:  # type: ignore[override]
        """The open document, or an empty one. Never reads the disk."""
        return self.get_open_document(doc_uri) or self._create_text_document(doc_uri)

    def _create_text_document(  # type: ignore[override]
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> OpenDocument:
        return OpenDocument(
            doc_uri,
            source or "",
            version=version or 0,
            language_id=language_id or "",
            encoding=self.encoding,
        )

    @property
    def encoding(self) -> Encoding:
        """What a position's character counts in this session."""
        return encoding_of(self.position_encoding)

    def update_text_document(
        self,
        text_doc: types.VersionedTextDocumentIdentifier,
        change: types.TextDocumentContentChangeEvent,
    ) -> None:
        """Apply one change. Defect: a document that was never opened raises ``KeyError``."""
        document = self.get_open_document(text_doc.uri)
        if document is None:
            logger.warning("Ignored a change of a document that is not open.")
            return
        document.apply_changes([change], text_doc.version)

    def update_notebook_document(self, params: types.DidChangeNotebookDocumentParams) -> None:
        """Update a notebook.

        Defects: one that was never opened raises ``KeyError``, and a cell's version stays behind
        when its list of changes is empty.
        """
        if unquote(params.notebook_document.uri) not in self._notebook_documents:
            logger.warning("Ignored a change of a notebook that is not open.")
            return
        cells = params.change.cells
        for text in (cells and cells.text_content) or ():
            document = self.get_open_document(text.document.uri)
            if document is not None:
                document.version = text.document.version
        super().update_notebook_document(params)
