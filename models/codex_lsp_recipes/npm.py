"""The pinned npm packages that the corpus takes JavaScript and TypeScript from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from codex_lsp.errors import DamagedFileError
from codex_lsp.packages import Archive, fetch, members
from codex_lsp_recipes.licences import PERMISSIVE
from codex_lsp_recipes.wheels import read_pins

SUFFIXES = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs")


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package of the npm registry.

    :ivar licence: what its package.json must say
    :ivar folder: its sources lie below it; what is elsewhere may be compiled from them
    """

    name: str
    version: str
    sha256: str
    licence: str
    folder: str

    def sources(self, folder: Path) -> dict[str, bytes]:
        """Return the source files by their paths, fetched into ``folder`` if need be.

        :raises DownloadError: it cannot be had
        :raises DamagedFileError: it is another file, or under another licence
        """
        archive = Archive("npm", self.name, self.version, self.licence, self.sha256)
        files = dict(members(fetch(archive, folder)))
        licence = json.loads(files["package.json"]).get("license")
        if licence != self.licence or licence not in PERMISSIVE:
            raise DamagedFileError(
                f"{archive.file} says its licence is {licence!r} instead of {self.licence!r}; take "
                "it out of npm.toml."
            )
        return {
            name: content
            for name, content in files.items()
            if name.startswith(self.folder) and name.endswith(SUFFIXES)
        }


def pinned_npm_packages() -> tuple[NpmPackage, ...]:
    """Return the corpus' npm packages in their fixed order.

    :raises InvalidModelError: the list names a held-out package
    """
    return tuple(NpmPackage(**entry) for entry in read_pins("npm.toml", "package"))
