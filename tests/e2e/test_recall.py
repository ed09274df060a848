"""Lines of other files of the workspace are suggested by the real server, and no secrets are."""

from __future__ import annotations

import os
from pathlib import Path

from tests.e2e.conftest import Editor, Start

ABOVE = "import os\n"
REST = "nection = open_connection(settings)"


async def texts_by_hand(editor: Editor, uri: str, line: int, character: int) -> list[str]:
    """Return all that is suggested to who asks by hand: nothing of it comes from a cache."""
    items = await editor.complete(uri, line, character, invoked=True)
    return [str(item.insert_text) for item in items]


def put(folder: Path, name: str, line: str, modified: float) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ABOVE + line + "\n", encoding="utf-8")
    os.utime(path, (modified, modified))


async def test_a_line_of_another_file_is_suggested_and_no_secret_is(
    start: Start, tmp_path: Path
) -> None:
    # The newest file is read first: when the oldest has been read, all others could have been.
    put(tmp_path, "package/other.py", "con" + REST, 1_000_000_000)
    put(tmp_path, "made/by_tool.py", "connection = ignored(1)", 1_100_000_000)
    put(tmp_path, "secrets.py", "connection = confidential(1)", 1_100_000_000)
    put(tmp_path, "node_modules/x.py", "connection = foreign(1)", 1_100_000_000)
    put(tmp_path, "login.py", 'connection = "ghp_' + "a1B2" * 9 + '"', 1_100_000_000)
    (tmp_path / ".gitignore").write_text("made/\n")
    editor = await start({"samples": 2}, folder=tmp_path)
    uri = editor.open(ABOVE + "con", uri=(tmp_path / "main.py").as_uri())
    texts: list[str] = []
    while REST not in texts:
        texts = await texts_by_hand(editor, uri, 1, 3)
    for word in ("ignored", "confidential", "foreign", "ghp_"):
        assert not any(word in text for text in texts)
    # Typed on, it is the first that is suggested, and the model need not be asked.
    editor.type(uri, 1, 3, "ne")
    items = await editor.complete(uri, 1, 5)
    assert items[0].insert_text == REST.removeprefix("ne")


async def test_nothing_is_recalled_when_that_is_switched_off(start: Start, tmp_path: Path) -> None:
    put(tmp_path, "other.py", "con" + REST, 1_000_000_000)
    editor = await start({"samples": 2, "recall": "file"}, folder=tmp_path)
    own = "con_text = read_the_text(path)\n\n\n\n" + ABOVE + "con"
    uri = editor.open(own, uri=(tmp_path / "main.py").as_uri())
    texts = await texts_by_hand(editor, uri, 5, 3)
    assert "_text = read_the_text(path)" in texts
    assert REST not in texts
