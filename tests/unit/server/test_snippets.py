"""Snippets for requests, while documents are edited and files come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from lsprotocol import types

from codex_lsp.anchors import MAX_TAIL_CHARS, WARM_TAIL_CHARS
from codex_lsp.context.snippets.outline import Outline
from codex_lsp.options import TokenBudget
from codex_lsp.types import CompletionRequest, Document, Snippet, SnippetKind
from codex_lsp_server import project_feed
from codex_lsp_server.access import DocumentAccess
from codex_lsp_server.documents import OpenDocuments
from codex_lsp_server.recalling import Recalling
from codex_lsp_server.settings import Settings
from codex_lsp_server.snippets import MAX_KEPT, MAX_VISITED, ChosenSnippets

BUDGET = TokenBudget(256)
SHAPES = "class Circle:\n    radius: float\n    def area(self): ...\n"
CIRCLE = Snippet("pkg/shapes.py", SHAPES.rstrip(), SnippetKind.IMPORTED)
MAIN = "from pkg.shapes import Circle\n\ncircle = Circle()\n"
ON = Settings(recall="off", snippets="all", max_snippet_ms=1000)


class Workspace:
    """A folder with an editor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        uri = folder.as_uri()
        documents = OpenDocuments(uri, workspace_folders=[types.WorkspaceFolder(uri, "w")])
        self.documents = documents
        self.access = DocumentAccess(lambda: documents, lambda text: None)
        self.recalling = Recalling(lambda: documents, busy=lambda: False)
        self.snippets = ChosenSnippets(
            lambda: documents, lambda: self.recalling.outlines, self.access.refusal
        )

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    async def use(self, settings: Settings) -> None:
        self.recalling.use(settings)
        self.snippets.use(settings)
        await self.recalling.settled()

    def open(self, name: str, text: str) -> None:
        uri = (self.folder / name).as_uri()
        self.documents.put_text_document(types.TextDocumentItem(uri, "python", 1, text))
        self.recalling.opened(uri)

    async def changed(self, name: str) -> None:
        uri = (self.folder / name).as_uri()
        self.recalling.changed_on_disk([types.FileEvent(uri, types.FileChangeType.Changed)])
        await self.recalling.settled()

    def fill(self) -> None:
        """Make other words rare."""
        for number in range(20):
            self.write(f"filler_{number}.py", f"filler_{number} = one(two, three, four)\n")

    def of(self, text: str = MAIN, name: str = "main.py", ahead: bool = False) -> list[Snippet]:
        document = Document(text, "python", (self.folder / name).as_uri(), 1)
        return list(self.snippets.of(CompletionRequest(document, len(text)), BUDGET, ahead))


@pytest_asyncio.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    workspace = Workspace(tmp_path)
    yield workspace
    await workspace.recalling.close()


async def test_definitions_of_imported_names_are_found_in_the_project(workspace: Workspace) -> None:
    workspace.write("pkg/shapes.py", SHAPES)
    await workspace.use(ON)
    assert workspace.of() == [CIRCLE]


@pytest.mark.parametrize("snippets", ["off", "imported"])
async def test_what_is_shown_is_a_setting(
    workspace: Workspace, snippets: Literal["off", "imported"]
) -> None:
    workspace.write("pkg/shapes.py", SHAPES)
    workspace.fill()
    workspace.write("alike.py", "circle = make_circle(Circle)\nother = 1\nmore = 2\n")
    await workspace.use(replace(ON, snippets=snippets))
    assert workspace.of() == ([CIRCLE] if snippets == "imported" else [])
    assert (workspace.recalling.outlines is None) is (snippets == "off")
    await workspace.use(ON)
    assert [item.path for item in workspace.of()] == ["pkg/shapes.py", "alike.py"]
    await workspace.use(replace(ON, enable=False))
    assert workspace.of() == []


async def test_nothing_is_outlined_while_snippets_are_off(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def outline_of(lines: list[str], language: str) -> Outline:
        asked.append(language)
        return Outline(language, (), ())

    monkeypatch.setattr(project_feed, "outline_of", outline_of)
    workspace.write("pkg/shapes.py", SHAPES)
    await workspace.use(Settings())
    assert asked == []
    await workspace.use(ON)
    assert asked == ["python"]


async def test_snippets_stay_while_the_anchor_does(workspace: Workspace) -> None:
    workspace.write("pkg/shapes.py", SHAPES)
    workspace.fill()
    workspace.write("alike.py", "spiral = draw_spiral(turns)\nother = 1\nmore = 2\n")
    await workspace.use(ON)
    assert workspace.of() == [CIRCLE]
    # What is typed would find something else, but the prompt's beginning has to stay.
    typed = "spiral = draw_spiral(turns)\n"
    while len(MAIN) + len(typed) <= len(MAIN.rstrip()) + MAX_TAIL_CHARS:
        assert workspace.of(MAIN + typed) == [CIRCLE]
        typed += "spiral = draw_spiral(turns)\n"
    assert workspace.snippets.chosen == 1
    found = workspace.of(MAIN + typed)
    assert [item.path for item in found] == ["pkg/shapes.py", "alike.py"]
    assert workspace.snippets.chosen == 2


async def test_reading_ahead_moves_them_earlier(workspace: Workspace) -> None:
    workspace.write("pkg/shapes.py", SHAPES)
    await workspace.use(ON)
    workspace.of()
    workspace.of(MAIN + "x" * WARM_TAIL_CHARS, ahead=True)
    assert workspace.snippets.chosen == 2
    workspace.of(MAIN + "x" * WARM_TAIL_CHARS)
    workspace.of("y" + MAIN)
    assert workspace.snippets.chosen == 3


async def test_a_file_that_is_ruled_out_is_not_shown_any_longer(workspace: Workspace) -> None:
    workspace.write("pkg/shapes.py", SHAPES)
    await workspace.use(ON)
    assert workspace.of() == [CIRCLE]
    workspace.write(".codexignore", "shapes.py\n")
    await workspace.changed(".codexignore")
    assert workspace.of() == []


@pytest.mark.parametrize("name", ["pkg/shapes.py", "made/pkg/shapes.py", ".hidden/pkg/shapes.py"])
async def test_only_files_that_may_be_read_are_shown(workspace: Workspace, name: str) -> None:
    workspace.write(".gitignore", "made/\n")
    workspace.write(name, SHAPES)
    workspace.write("secrets.py", SHAPES)
    await workspace.use(ON)
    assert [item.path for item in workspace.of()] == [name] * (name == "pkg/shapes.py")


async def test_keys_in_other_files_are_redacted(workspace: Workspace) -> None:
    key = "ghp_" + "a1B2" * 9
    workspace.write("pkg/shapes.py", f'def Circle(token="{key}"):\n    pass\n')
    await workspace.use(ON)
    assert [item.text for item in workspace.of()] == ['def Circle(token="<redacted>"):']


async def test_where_the_user_has_just_been_is_shown(workspace: Workspace) -> None:
    await workspace.use(ON)
    other = "".join(f"visited_{number} = 1\n" for number in range(20))
    workspace.open("other.py", other)
    workspace.open(".env", other)
    workspace.of(other[: other.index("visited_10")], "other.py")
    workspace.of(other, ".env")
    assert workspace.of("x = 1\n") == [
        Snippet(
            "other.py",
            "\n".join(f"visited_{number} = 1" for number in range(6, 14)),
            SnippetKind.RECENT,
        )
    ]
    workspace.documents.remove_text_document((workspace.folder / "other.py").as_uri())
    assert workspace.of("x = 1\n") == []


async def test_little_is_kept_of_many_documents(workspace: Workspace) -> None:
    await workspace.use(ON)
    for number in range(MAX_KEPT + MAX_VISITED):
        workspace.of("x = 1\n", f"{number}.py")
    assert len(workspace.snippets._kept) == MAX_KEPT
    assert len(workspace.snippets._visited) == MAX_VISITED
