"""Lines recalled for requests, while the editor opens, edits, saves and closes documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types

from codex_lsp.types import CompletionRequest, Document
from codex_lsp_server.documents import OpenDocuments
from codex_lsp_server.project_feed import MANY_CHANGES, ProjectFeed
from codex_lsp_server.recalling import Recalling, file_path, is_home, watchers
from codex_lsp_server.settings import Settings

LINE = "connection = open_connection(settings)"
OTHER = f"import os\n{LINE}\n"
KEY = 'token = "ghp_' + "a1B2" * 9 + '"'


class Workspace:
    """A folder with an editor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents = OpenDocuments(
            folder.as_uri(), workspace_folders=[types.WorkspaceFolder(folder.as_uri(), "w")]
        )
        self.recalling = Recalling(lambda: self.documents, busy=lambda: False)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> str:
        uri = self.uri(name)
        self.documents.put_text_document(types.TextDocumentItem(uri, "python", 1, text))
        self.recalling.opened(uri)
        return uri

    def close(self, name: str) -> None:
        uri = self.uri(name)
        self.recalling.closed(uri)
        self.documents.remove_text_document(uri)

    def changed(self, *names: str) -> None:
        changed = types.FileChangeType.Changed
        self.recalling.changed_on_disk([types.FileEvent(self.uri(name), changed) for name in names])

    async def recalled(self, text: str = "import os\ncon", name: str = "main.py") -> list[str]:
        await self.recalling.settled()
        document = Document(text, "python", self.uri(name), 1)
        found = self.recalling.lines(CompletionRequest(document, len(text)))
        return [item.text for item in found]


Opened = Callable[..., Workspace]


@pytest_asyncio.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    workspace = Workspace(tmp_path)
    yield workspace
    await workspace.recalling.close()


PROJECT = Settings(recall="project")


async def test_lines_of_the_projects_files_are_recalled(workspace: Workspace) -> None:
    workspace.write("pkg/other.py", OTHER)
    workspace.recalling.use(PROJECT)
    assert await workspace.recalled() == ["nection = open_connection(settings)"]


@pytest.mark.parametrize(
    ("name", "ignore"),
    [
        ("made/other.py", "made/\n"),
        ("secrets.py", ""),
        (".hidden/other.py", ""),
        ("node_modules/other.py", ""),
        ("other.md", ""),
    ],
)
async def test_nothing_comes_from_files_that_may_not_be_read(
    workspace: Workspace, name: str, ignore: str
) -> None:
    workspace.write(name, OTHER)
    workspace.write(".gitignore", ignore)
    workspace.recalling.use(PROJECT)
    assert await workspace.recalled() == []
    # Opening such a file in the editor makes no difference.
    workspace.open(name, OTHER)
    assert await workspace.recalled() == []


async def test_strings_that_look_like_secrets_stay_in_their_file(workspace: Workspace) -> None:
    workspace.write("other.py", f"import os\n{KEY}\nimport os\ntokens = encode(text)\n")
    workspace.recalling.use(PROJECT)
    assert await workspace.recalled("import os\ntoken") == ["s = encode(text)"]
    own = f"{KEY}\n\n\n\n\n\ntoken"
    assert (await workspace.recalled(own))[0] == KEY.removeprefix("token")


async def test_nothing_is_recalled_in_a_file_that_may_hold_secrets(workspace: Workspace) -> None:
    workspace.recalling.use(PROJECT)
    text = f"{LINE}\n\n\n\n\n\ncon"
    assert await workspace.recalled(text, "main.py") == ["nection = open_connection(settings)"]
    assert await workspace.recalled(text, ".env") == []


async def test_how_far_lines_are_recalled_is_a_setting(workspace: Workspace) -> None:
    workspace.write("other.py", OTHER)
    own = "import os\ncontext = get_context(here)\n\n\n\nimport os\ncon"
    recalled: dict[str, list[str]] = {}
    for mode in ("project", "file", "off"):
        workspace.recalling.use(replace(PROJECT, recall=mode))
        recalled[mode] = sorted(await workspace.recalled(own))
    workspace.recalling.use(replace(PROJECT, enable=False))
    assert await workspace.recalled(own) == []
    here, elsewhere = "text = get_context(here)", "nection = open_connection(settings)"
    assert recalled == {"project": [elsewhere, here], "file": [here], "off": []}
    workspace.recalling.use(PROJECT)
    assert sorted(await workspace.recalled(own)) == [elsewhere, here]


async def test_what_is_not_saved_yet_counts(workspace: Workspace) -> None:
    workspace.write("other.py", "import os\ncontext = saved(1)\n")
    workspace.recalling.use(PROJECT)
    workspace.open("other.py", OTHER)
    assert await workspace.recalled() == ["nection = open_connection(settings)"]
    workspace.changed("other.py")
    assert await workspace.recalled() == ["nection = open_connection(settings)"]
    workspace.close("other.py")
    assert await workspace.recalled() == ["text = saved(1)"]


async def test_the_document_that_is_typed_in_counts_as_it_is(workspace: Workspace) -> None:
    workspace.write("main.py", OTHER)
    workspace.recalling.use(PROJECT)
    workspace.open("main.py", "import os\ncon")
    await workspace.recalled()
    assert await workspace.recalled() == []
    # Its text is there for the others as soon as one of them is typed in.
    workspace.open("third.py", "import os\ncon")
    workspace.documents.get_text_document(workspace.uri("main.py")).apply_change(
        types.TextDocumentContentChangeWholeDocument(text="import os\ncontext = unsaved(1)\n")
    )
    await workspace.recalled(name="third.py")
    assert await workspace.recalled(name="third.py") == ["text = unsaved(1)"]


async def test_changes_on_the_disk_are_followed(workspace: Workspace) -> None:
    path = workspace.write("other.py", OTHER)
    workspace.recalling.use(PROJECT)
    assert await workspace.recalled() == ["nection = open_connection(settings)"]
    workspace.write("other.py", "import os\ncontext = changed(1)\n")
    workspace.write("new.py", "import os\ncontext = changed(1)\n")
    workspace.changed("other.py", "new.py")
    assert await workspace.recalled() == ["text = changed(1)"]
    path.unlink()
    workspace.changed("other.py")
    assert await workspace.recalled() == ["text = changed(1)"]
    workspace.write("new.py", "")
    workspace.changed("new.py")
    assert await workspace.recalled() == []


@pytest.mark.parametrize("is_open", [False, True])
async def test_new_rules_hold_for_what_was_read_before(workspace: Workspace, is_open: bool) -> None:
    workspace.write("other.py", OTHER)
    workspace.recalling.use(PROJECT)
    if is_open:
        workspace.open("other.py", OTHER)
    assert await workspace.recalled() != []
    workspace.write(".codexignore", "other.py\n")
    workspace.changed(".codexignore")
    assert await workspace.recalled() == []
    workspace.write(".codexignore", "")
    workspace.recalling.saved(workspace.uri(".codexignore"))
    assert await workspace.recalled() == ["nection = open_connection(settings)"]


async def test_a_file_may_be_open_before_its_folder_is_the_editors(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    workspace = Workspace(tmp_path / "a")
    workspace.recalling.use(PROJECT)
    item = types.TextDocumentItem((tmp_path / "b/other.py").as_uri(), "python", 1, OTHER)
    workspace.documents.put_text_document(item)
    workspace.recalling.opened(item.uri)
    assert await workspace.recalled() == []
    workspace.documents.add_folder(types.WorkspaceFolder((tmp_path / "b").as_uri(), "b"))
    workspace.recalling.folders_changed()
    assert await workspace.recalled() == ["nection = open_connection(settings)"]
    await workspace.recalling.close()


async def test_very_many_changes_are_looked_for_at_once(workspace: Workspace) -> None:
    workspace.recalling.use(PROJECT)
    assert await workspace.recalled() == []
    workspace.write("other.py", OTHER)
    workspace.changed(*(f"missing_{number}.py" for number in range(MANY_CHANGES + 1)))
    assert await workspace.recalled() == ["nection = open_connection(settings)"]


async def test_folders_are_followed(workspace: Workspace, tmp_path: Path) -> None:
    workspace.write("a/main.py", "")
    workspace.write("b/other.py", OTHER)
    workspace.documents.remove_folder(tmp_path.as_uri())
    workspace.documents.add_folder(types.WorkspaceFolder((tmp_path / "a").as_uri(), "a"))
    workspace.recalling.use(PROJECT)
    assert await workspace.recalled() == []
    workspace.documents.add_folder(types.WorkspaceFolder((tmp_path / "b").as_uri(), "b"))
    workspace.recalling.folders_changed()
    assert await workspace.recalled() == ["nection = open_connection(settings)"]
    workspace.documents.remove_folder((tmp_path / "b").as_uri())
    workspace.recalling.folders_changed()
    assert await workspace.recalled() == []


async def test_a_home_is_no_project(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    workspace.write("other.py", OTHER)
    workspace.recalling.use(PROJECT)
    assert await workspace.recalled() == []
    assert (is_home(tmp_path), is_home(tmp_path.parent), is_home(tmp_path / "a")) == (
        True,
        True,
        False,
    )


async def test_documents_without_a_file_have_their_own_lines_only(workspace: Workspace) -> None:
    workspace.recalling.use(PROJECT)
    await workspace.recalling.settled()
    text = f"{LINE}\n\n\n\n\n\ncon"
    document = Document(text, "python", "untitled:Untitled-1", 1)
    request = CompletionRequest(document, len(text))
    assert [item.text for item in workspace.recalling.lines(request)] == [
        "nection = open_connection(settings)"
    ]
    assert file_path("untitled:Untitled-1") is None


async def test_a_feed_that_is_closed_forgets_everything(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(OTHER)
    feed = ProjectFeed(busy=lambda: False)
    feed.follow([tmp_path])
    await feed.settled()
    assert feed.lines.lines == 2
    await feed.close()
    assert feed.lines.lines == 0
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def test_source_files_and_rules_are_watched() -> None:
    patterns = [watcher.glob_pattern for watcher in watchers().watchers]
    assert patterns[1:] == ["**/.gitignore", "**/.codexignore"]
    assert ",py," in str(patterns[0])
