"""Texts come from files or from wheels that are what they should be."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from codex_lsp.bench import corpus
from codex_lsp.bench.corpus import Text, WheelFile, load_texts
from codex_lsp.errors import DamagedFileError, UsageError
from codex_lsp.packages import Archive


def make_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> WheelFile:
    name = "some_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("some/thing.py", "a = 1\r\nb = 2\r\n")
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    entry = WheelFile(Archive("wheel", "some-thing", "1.0", "MIT", digest), "some/thing.py")
    monkeypatch.setattr(corpus, "CORPUS", (entry,))
    return entry


def test_a_wheels_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_wheel(tmp_path, monkeypatch)
    assert load_texts(folder=tmp_path) == [Text("some-thing/thing.py", "python", "a = 1\nb = 2\n")]


def test_another_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = make_wheel(tmp_path, monkeypatch)
    (tmp_path / entry.archive.file).write_bytes(b"other")
    with pytest.raises(DamagedFileError, match="is damaged or another file: its sha256 is"):
        load_texts(folder=tmp_path)


def test_the_users_files_come_instead_of_the_corpus(tmp_path: Path) -> None:
    file = tmp_path / "x.rs"
    file.write_text("fn main() {}\n")
    assert load_texts([file]) == [Text("x.rs", "rust", "fn main() {}\n")]


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_what_cannot_be_typed_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.py"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"x\.py (cannot be read as UTF-8 text|has nothing to)"):
        load_texts([file])
