"""What there is to list and to show: the known models, and those in the models folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codex_lsp import model_dir
from codex_lsp.errors import ModelError
from codex_lsp.model_dir import ModelDescription
from codex_lsp_models.manifest import Manifest, known_models, known_names, load_manifest


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that is known, or installed, or both.

    :ivar manifest: None for a model of the user's own
    :ivar path: where it is installed; None if it is not
    :ivar installed: its description; None if it is not installed or cannot be read
    :ivar installed_bytes: what its files take on disk; 0 if it is not installed
    :ivar problem: one sentence if the installed model is damaged; empty if it is whole
    """

    name: str
    manifest: Manifest | None = None
    path: Path | None = None
    installed: ModelDescription | None = None
    installed_bytes: int = 0
    problem: str = ""

    @property
    def outdated(self) -> bool:
        """Whether a pull would install it anew, with the adapter that comes with this codex-lsp."""
        if self.manifest is None or self.installed is None:
            return False
        return self.manifest.adapter_sha256 != self.installed.adapter_sha256


def entries(home: Path | None = None) -> list[Entry]:
    """List all models: the default, the other known ones, then the user's own by name."""
    home = model_dir.models_home() if home is None else home
    manifests = {manifest.name: manifest for manifest in known_models()}
    own = [path.name for path in model_dir.installed(home) if path.name not in manifests]
    return [_entry(name, home, manifests.get(name)) for name in [*manifests, *own]]


def entry(name: str, home: Path | None = None) -> Entry:
    """Return what is known of one model.

    :raises ModelNotFoundError: it is neither known nor installed
    """
    home = model_dir.models_home() if home is None else home
    manifest: Manifest | None = None
    if name in known_names() or home / name not in model_dir.installed(home):
        manifest = load_manifest(name)
    return _entry(name, home, manifest)


def _entry(name: str, home: Path, manifest: Manifest | None) -> Entry:
    path = home / name
    if not (path / model_dir.DESCRIPTION_FILE).is_file():
        return Entry(name, manifest)
    size = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    try:
        description = model_dir.load(path).description
    except ModelError as error:
        return Entry(name, manifest, path, None, size, str(error))
    return Entry(name, manifest, path, description, size)
