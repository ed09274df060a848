"""Whether completions may be given in an open document: by settings, by its file or notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from codex_lsp.context.access import Access, name_refusal
from codex_lsp.types import Rejection, RejectionReason
from codex_lsp_server.documents import OpenDocument, OpenDocuments
from codex_lsp_server.recalling import file_path
from codex_lsp_server.settings import Settings

Refusal = Callable[[str], Rejection | None]
"""Gives why a document's text must not reach the model, by its URI; None when it may."""


def nothing_refused(uri: str) -> None:
    """Refuse nothing."""
    return None


def permission(
    document: OpenDocument | None, settings: Settings, refusal: Refusal = nothing_refused
) -> Rejection | None:
    """Return why no completion may be given in ``document``; None when it may."""
    if document is None:
        return Rejection(
            RejectionReason.UNKNOWN_DOCUMENT, "The editor has not opened this document here."
        )
    if not settings.enable:
        return Rejection(RejectionReason.DISABLED, "Completions are switched off.")
    if document.language_id in settings.disabled_languages:
        return Rejection(
            RejectionReason.DISABLED,
            f"Completions are switched off in {document.language_id} documents.",
        )
    return refusal(document.uri)


class DocumentAccess:
    """Judges open documents. For the event loop's thread only.

    :param documents: gives the notebooks and the client's folders
    :param report: tells the user of rules that are not understood; called once for each
    """

    def __init__(
        self, documents: Callable[[], OpenDocuments], report: Callable[[str], None]
    ) -> None:
        self._documents = documents
        self._report = report
        self._access = Access()
        self._told: set[Path] = set()

    def refusal(self, uri: str) -> Rejection | None:
        """Return why the model may not see a document; None when it may.

        Of a document without a file only the name in its URI counts.
        """
        documents = self._documents()
        notebook = documents.get_notebook_document(cell_uri=uri)
        for own in (uri,) if notebook is None else (uri, notebook.uri):
            refused = self._refusal_of(own, documents)
            if refused is not None:
                return refused
        return None

    def _refusal_of(self, uri: str, documents: OpenDocuments) -> Rejection | None:
        path = file_path(uri)
        if path is None:
            return name_refusal(PurePosixPath(_path_of(uri)))
        folders = (file_path(folder) for folder in documents.folder_uris)
        refused = self._access.refusal(path, (folder for folder in folders if folder is not None))
        for rules, problem in self._access.problems.items():
            if rules not in self._told:
                self._told.add(rules)
                self._report(f"codex-lsp: {problem}")
        return refused


def _path_of(uri: str) -> str:
    try:
        return unquote(urlsplit(uri).path)
    except ValueError:  # no URI at all: whatever it is, it has an end
        return uri
