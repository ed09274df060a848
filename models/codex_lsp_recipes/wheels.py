"""The pinned wheels that the corpus is made of: fetching them, and reading them."""

from __future__ import annotations

import email.parser
import sys
import zipfile
from dataclasses import dataclass
from email.message import Message
from importlib import resources
from pathlib import Path

from codex_lsp.errors import DamagedFileError, InvalidModelError
from codex_lsp.packages import Archive, fetch
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
        "idna",
        "networkx",
        "openai-agents",
        "panel-material-ui",
        "pyasn1",
        "pydantic-evals",
        "pygls",
        "rich",
        "simplejson",
        "smolagents",
        "starlette",
        "textfsm",
        "textual",
        "uritemplate",
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

        :raises DownloadError: it cannot be had
        :raises DamagedFileError: it is another file, or under another licence
        """
        with open_wheel(self, folder) as archive:
            names = [name for name in archive.namelist() if name.endswith(".py")]
            return {name: archive.read(name) for name in names}


def pinned_wheels() -> tuple[Wheel, ...]:
    """Return the corpus' wheels in their fixed order.

    :raises InvalidModelError: the list names a held-out package
    """
    return tuple(Wheel(**entry) for entry in read_pins("wheels.toml", "wheel"))


def read_pins(file: str, table: str) -> list[dict[str, str]]:
    """Return the entries of a list of pinned packages.

    :raises InvalidModelError: the list names a held-out package
    """
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    entries: list[dict[str, str]] = tomllib.loads(text)[table]
    if wrong := sorted(HELD_OUT.intersection(entry["name"] for entry in entries)):
        raise InvalidModelError(f"{file} lists {wrong[0]}, which is held out; remove it.")
    return entries


def open_wheel(wheel: Wheel, folder: Path) -> zipfile.ZipFile:
    """Open ``wheel``, fetched into ``folder`` with pip if it is not there.

    :raises DownloadError: it cannot be had
    :raises DamagedFileError: it is another file, or under another licence
    """
    pinned = Archive("wheel", wheel.name, wheel.version, wheel.licence, wheel.sha256, wheel.file)
    archive = zipfile.ZipFile(fetch(pinned, folder))
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
