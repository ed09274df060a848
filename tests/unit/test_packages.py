"""Archives are what was pinned, and are asked of the registries' own clients; none is called."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from codex_lsp import packages
from codex_lsp.errors import DamagedFileError, DownloadError
from codex_lsp.packages import Archive, fetch, members, pip_command

CONTENT = b"the archive"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
WHEEL = Archive("wheel", "some-thing", "1.0", "MIT", DIGEST)


class Client:
    """Stands for pip and npm: writes what it is asked for, or fails with an error."""

    def __init__(self, archive: Archive, stderr: str = "") -> None:
        self.archive = archive
        self.stderr = stderr
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if not self.stderr:
            (Path(options["cwd"]) / self.archive.file).write_bytes(CONTENT)
        return subprocess.CompletedProcess(command, bool(self.stderr), "", self.stderr)


@pytest.mark.parametrize(
    ("archive", "file"),
    [
        (WHEEL, "some_thing-1.0-py3-none-any.whl"),
        (Archive("sdist", "some-thing", "1.0", "MIT", ""), "some_thing-1.0.tar.gz"),
        (Archive("npm", "@some/thing", "1.0", "MIT", ""), "some-thing-1.0.tgz"),
        (Archive("wheel", "some", "1", "MIT", "", "some-1-py2.py3.whl"), "some-1-py2.py3.whl"),
    ],
)
def test_an_archive_has_the_name_that_its_registry_gives_it(archive: Archive, file: str) -> None:
    assert archive.file == file


@pytest.mark.parametrize("kind", ["wheel", "sdist", "npm"])
def test_what_is_not_there_is_asked_of_the_registrys_client_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: packages.Kind
) -> None:
    archive = Archive(kind, "thing", "1.0", "MIT", DIGEST)
    client = Client(archive)
    monkeypatch.setattr(packages.subprocess, "run", client)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    assert fetch(archive, tmp_path / "kept") == tmp_path / "kept" / archive.file
    fetch(archive, tmp_path / "kept")
    (command,) = client.commands
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [archive.file]
    if kind == "npm":
        assert command[:2] == ["/bin/npm", "pack"] and command[-1] == "thing@1.0"
        assert "--ignore-scripts" in command
    else:
        assert command[:4] == [sys.executable, "-m", "pip", "download"]
        assert command[-1] == "thing==1.0" and "--no-deps" in command
        assert ("--no-binary=thing" in command) is (kind == "sdist")
        assert ("--platform=any" in command) is (kind == "wheel")


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / WHEEL.file).write_bytes(b"other")
    with pytest.raises(
        DamagedFileError, match="is damaged or another file: its sha256 is .*remove"
    ):
        fetch(WHEEL, tmp_path)


def test_the_client_has_the_last_word_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages.subprocess, "run", Client(WHEEL, "ERROR: no route\nbye\n"))
    with pytest.raises(DownloadError) as caught:
        fetch(WHEEL, tmp_path)
    assert str(caught.value) == (
        "some-thing 1.0 could not be downloaded (ERROR: no route); check the network and the "
        "settings of pip and npm."
    )


def test_a_missing_client_is_named_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        DownloadError, match="has no pip to download some-thing with; run `.*ensure"
    ):
        fetch(WHEEL, tmp_path)
    with pytest.raises(DownloadError, match=r"npm is needed to download zod; install Node\.js\."):
        fetch(Archive("npm", "zod", "4", "MIT", DIGEST), tmp_path)


def test_an_environment_without_pip_takes_the_one_that_python_carries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert pip_command() == [sys.executable, "-m", "pip"]
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pip" else real(name)
    )
    carried = pip_command()
    assert carried is not None, "this Python has no ensurepip; Debian's is in python3-venv"
    # -I and no site packages: what answers is no pip of this environment.
    said = subprocess.run([carried[0], "-I", "-S", carried[1], "--version"], capture_output=True)
    assert said.stdout.decode().split()[0] == "pip"
    assert carried[1] in said.stdout.decode()


def test_files_are_named_without_the_folder_that_a_tar_begins_with(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("own/a.py", "a = 1\n")
    (tmp_path / "a.py").write_text("a = 1\n")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "a.py", "own-1.0/own/a.py")
    for name in ("a.whl", "a.tar.gz"):
        assert list(members(tmp_path / name)) == [("own/a.py", b"a = 1\n")]
