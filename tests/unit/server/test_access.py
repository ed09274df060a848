"""Which open documents may reach the model: files, notebooks' cells, documents without a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from codex_lsp.types import RejectionReason
from codex_lsp_server.access import DocumentAccess
from codex_lsp_server.documents import OpenDocuments


class Editor:
    """A client with a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        uri = folder.as_uri()
        documents = OpenDocuments(uri, workspace_folders=[types.WorkspaceFolder(uri, "w")])
        self.documents = documents
        self.access = DocumentAccess(lambda: documents, self.told.append)

    def refuses(self, uri: str) -> bool:
        refused = self.access.refusal(uri)
        assert refused is None or refused.reason is RejectionReason.SECRET_FILE
        return refused is not None


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    return Editor(tmp_path)


def test_files_are_judged_by_name_and_rules(editor: Editor) -> None:
    (editor.folder / ".gitignore").write_text("/made/\n")
    uris = {"a.py": False, ".env": True, "made/a.py": True, "b/made/a.py": False}
    for name, refused in uris.items():
        assert editor.refuses((editor.folder / name).as_uri()) is refused
    assert editor.told == []


@pytest.mark.parametrize(
    ("uri", "refused"),
    [
        ("untitled:Untitled-1", False),
        ("untitled:/home/me/.env", True),
        ("git:/repo/secrets.yaml?ref=main", True),
        ("vscode-remote://host/repo/a.py", False),
        ("vscode-remote://host/repo/id%5Frsa", True),
        ("vscode-notebook-cell:/repo/credentials.json#W0", True),
        ("http://[broken/.env", True),
        ("file://[broken/.env", True),
        ("file://[broken/a.py", False),
        ("file:///nul%00/.env", True),
        ("file:///nul%00/a.py", False),
        ("file:", False),
        ("", False),
    ],
)
def test_documents_without_a_file_are_judged_by_name(
    editor: Editor, uri: str, refused: bool
) -> None:
    assert editor.refuses(uri) is refused


def test_a_cell_is_judged_by_its_notebook(editor: Editor) -> None:
    (editor.folder / ".codexignore").write_text("private.ipynb\n")
    for name, refused in (("open.ipynb", False), ("private.ipynb", True)):
        notebook = (editor.folder / name).as_uri()
        cell = f"vscode-notebook-cell:/elsewhere#{name}"
        editor.documents.put_notebook_document(
            types.DidOpenNotebookDocumentParams(
                types.NotebookDocument(
                    notebook,
                    "jupyter-notebook",
                    1,
                    [types.NotebookCell(types.NotebookCellKind.Code, cell)],
                ),
                [types.TextDocumentItem(cell, "python", 1, "x = 1\n")],
            )
        )
        assert editor.refuses(cell) is refused


def test_rules_that_are_not_understood_are_told_of_once(editor: Editor) -> None:
    rules = editor.folder / ".gitignore"
    rules.write_text("!\n")
    for name in ("a.py", "b.py", "a.py"):
        assert editor.refuses((editor.folder / name).as_uri())
    assert editor.told == [
        f"codex-lsp: {rules} has a pattern that is not valid, so nothing in its folder is read or "
        "completed; mend or remove it."
    ]


def test_a_folder_that_is_no_path_stops_nothing(editor: Editor) -> None:
    (editor.folder / ".gitignore").write_text("/made/\n")
    for uri in ("file://[broken", "file:///nul%00"):
        editor.documents.add_folder(types.WorkspaceFolder(uri, "broken"))
    assert not editor.refuses((editor.folder / "a.py").as_uri())
    assert editor.refuses((editor.folder / "made" / "a.py").as_uri())
