"""The self-describing model directory: the contract between who writes models and who runs them.

A directory holds CTranslate2 weights (``model.bin``, ``config.json``, a vocabulary), the
``tokenizer.json`` of the ``tokenizers`` library, and ``codex-lsp.toml``, which says everything else
that running the model takes. No other place may know a model by its name.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs
import tomli_w

from codex_lsp.confidence_weights import ConfidenceWeights
from codex_lsp.errors import DamagedFileError, InvalidModelError, ModelNotFoundError
from codex_lsp.sampling import SamplingParams

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DESCRIPTION_FILE = "codex-lsp.toml"
WEIGHTS_FILE = "model.bin"
TOKENIZER_FILE = "tokenizer.json"
FORMAT = 1
"""The version of the description's format; a newer one is refused, not guessed at."""

UNKNOWN_STATE_BYTES = 1_000_000
"""Assumed for a model that does not say; it is that of one with 3 billion parameters."""

FimOrder = Literal["PSM", "SPM"]


@dataclass(frozen=True, slots=True)
class FimTokens:
    """The sentinels of a fill-in-the-middle model, as token strings (Bavarian et al. 2022)."""

    prefix: str
    suffix: str
    middle: str
    order: FimOrder = "PSM"


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """How text becomes a prompt.

    :ivar bos: the token put before every prompt; empty for none
    :ivar stop: the tokens that end a document
    :ivar fim: sentinels; None for a model that only continues a prefix
    :ivar file_separator: the token put between files; empty for none
    """

    bos: str = ""
    stop: tuple[str, ...] = ()
    fim: FimTokens | None = None
    file_separator: str = ""
    repo_name: str = ""


@dataclass(frozen=True, slots=True)
class SamplingDefaults:
    """The sampling that suits this model."""

    temperature: float = 0.4
    top_k: int = 40
    top_p: float = 0.95


@dataclass(frozen=True, slots=True)
class FileDigest:
    """What a file of the directory must look like."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """The content of ``codex-lsp.toml``.

    :ivar context_length: the longest sequence the model was trained for, in tokens
    :ivar quantization: the CTranslate2 type of the stored weights
    :ivar source: where the weights came from: kind, package, version or revision, file, sha256
    :ivar files: every other file of the directory by name
    :ivar state_bytes_per_token: what a token of context takes in memory while it is kept (keys and
        values of all layers; CTranslate2 replicates grouped heads, and has them in float32 on CPU)
    :ivar confidence: None where nothing has been fitted to the model
    """

    name: str
    licence: str
    context_length: int
    quantization: str
    source: Mapping[str, str] = field(default_factory=dict)
    prompt: PromptFormat = field(default_factory=PromptFormat)
    sampling: SamplingDefaults = field(default_factory=SamplingDefaults)
    files: Mapping[str, FileDigest] = field(default_factory=dict)
    description: str = ""
    state_bytes_per_token: int = UNKNOWN_STATE_BYTES
    confidence: ConfidenceWeights | None = None

    @property
    def kind(self) -> str:
        """``fim`` where the model can see the text right of the cursor, else ``prefix``."""
        return "prefix" if self.prompt.fim is None else "fim"

    @property
    def adapter_sha256(self) -> str:
        """The digest of the adapter in its weights; empty for weights as they were published."""
        return self.source.get("adapter_sha256", "")

    @property
    def origin(self) -> str:
        """What its weights were made of, in a few words; empty where that is not known."""
        package, version = (self.source.get(key, "") for key in ("package", "version"))
        base = f"{package} {version}".strip() or self.source.get("file", "")
        adapter = self.source.get("adapter", "")
        return f"{base} with the adapter {adapter}" if adapter else base


@dataclass(frozen=True, slots=True)
class ModelDir:
    """An installed model."""

    path: Path
    description: ModelDescription


def models_home() -> Path:
    """Return the folder that holds the user's models."""
    return data_home() / "models"


def data_home() -> Path:
    """Return the folder of all that codex-lsp keeps for the user.

    The environment variable ``CODEX_LSP_HOME`` moves it; else it is the platform's data directory.
    """
    if home := os.environ.get("CODEX_LSP_HOME"):
        return Path(os.path.expanduser(home))
    return Path(platformdirs.user_data_dir("codex-lsp", appauthor=False))


def dump(description: ModelDescription) -> str:
    """Write ``description`` as the text of a ``codex-lsp.toml``."""
    prompt = dataclasses.asdict(description.prompt)
    fim = prompt.pop("fim")
    prompt["kind"] = description.kind
    if fim is not None:
        prompt["fim"] = fim
    model = {
        "name": description.name,
        "description": description.description,
        "licence": description.licence,
        "context_length": description.context_length,
        "quantization": description.quantization,
        "state_bytes_per_token": description.state_bytes_per_token,
    }
    confidence = description.confidence
    return tomli_w.dumps(
        {
            "format": FORMAT,
            "model": model,
            "source": dict(description.source),
            "prompt": prompt,
            "sampling": dataclasses.asdict(description.sampling),
            **({} if confidence is None else {"confidence": dataclasses.asdict(confidence)}),
            "files": {
                name: dataclasses.asdict(digest) for name, digest in description.files.items()
            },
        }
    )


def parse(text: str, origin: str) -> ModelDescription:
    """Read the text of a ``codex-lsp.toml``.

    :param origin: what to call the text in an error
    :raises InvalidModelError: it is not TOML, lacks something, or is of a newer format
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidModelError(f"{origin} is not valid TOML: {error}") from error
    if raw.get("format") != FORMAT:
        raise InvalidModelError(
            f"{origin} has format {raw.get('format')!r}; this version reads format {FORMAT}. "
            "Pull the model again, or update codex-lsp."
        )
    try:
        return _description(raw)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidModelError(f"{origin} is incomplete or wrong: {error!r}") from error


def _description(raw: Mapping[str, Any]) -> ModelDescription:
    model, prompt = raw["model"], dict(raw["prompt"])
    fim = prompt.get("fim")
    kind = prompt.get("kind", "prefix")
    if kind not in ("prefix", "fim") or (kind == "fim") != (fim is not None):
        raise ValueError(f"prompt.kind is {kind!r}, which does not fit its fim table")
    if fim is not None and fim.get("order", "PSM") not in get_args(FimOrder):
        raise ValueError(f"prompt.fim.order is {fim['order']!r}")
    if not isinstance(stop := prompt.get("stop", []), list):
        raise ValueError(f"prompt.stop is {stop!r}, which is no list of tokens")
    context_length = int(model["context_length"])
    state_bytes = int(model.get("state_bytes_per_token", UNKNOWN_STATE_BYTES))
    if min(context_length, state_bytes) < 1:
        raise ValueError("model.context_length and state_bytes_per_token have to be 1 or more")
    sampling = raw.get("sampling", {})
    SamplingParams(**sampling)  # refuses what cannot be
    return ModelDescription(
        name=model["name"],
        description=model.get("description", ""),
        licence=model["licence"],
        context_length=context_length,
        quantization=model["quantization"],
        state_bytes_per_token=state_bytes,
        source=dict(raw.get("source", {})),
        prompt=PromptFormat(
            bos=prompt.get("bos", ""),
            stop=tuple(stop),
            fim=None if fim is None else FimTokens(**fim),
            file_separator=prompt.get("file_separator", ""),
            repo_name=prompt.get("repo_name", ""),
        ),
        sampling=SamplingDefaults(**sampling),
        files={name: FileDigest(**digest) for name, digest in raw.get("files", {}).items()},
        confidence=ConfidenceWeights.of_table(raw["confidence"]) if "confidence" in raw else None,
    )


def load(path: Path) -> ModelDir:
    """Read the description of the model in ``path`` and see that its files are all there.

    Sizes are compared, which costs nothing; :func:`verify` reads every byte.

    :raises ModelNotFoundError: there is no model directory at ``path``
    :raises InvalidModelError: it breaks the contract
    :raises DamagedFileError: a file is missing or has the wrong size
    """
    description_file = path / DESCRIPTION_FILE
    try:
        text = description_file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise ModelNotFoundError(
            f"There is no model at {path}: it has no {DESCRIPTION_FILE}."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidModelError(f"{description_file} cannot be read: {error}") from error
    description = parse(text, str(description_file))
    for name, digest in description.files.items():
        file = path / name
        if not file.is_file():
            raise DamagedFileError(f"{file} is missing; pull the model {description.name} again.")
        if file.stat().st_size != digest.bytes:
            raise DamagedFileError(
                f"{file} has {file.stat().st_size} bytes instead of {digest.bytes}; pull the "
                f"model {description.name} again."
            )
    return ModelDir(path, description)


def find(name_or_path: str, home: Path | None = None) -> ModelDir:
    """Find a model by the name it was installed under, or by the path of its directory.

    :raises ModelNotFoundError: neither is there
    """
    home = models_home() if home is None else home
    is_path = any(mark in name_or_path for mark in "/\\")
    if name_or_path and not is_path:
        installed = home / name_or_path
        if installed.is_dir():
            return load(installed)
    path = Path(os.path.expanduser(name_or_path))
    if name_or_path and path.is_dir():
        return load(path)
    if is_path:
        raise ModelNotFoundError(
            f"There is no directory {name_or_path}; give the path of a model directory, or the "
            "name of an installed model."
        )
    raise ModelNotFoundError(
        f"The model {name_or_path!r} is not installed; "
        f"`codex-lsp models pull {name_or_path}` gets it if it is one that codex-lsp knows."
    )


def installed(home: Path | None = None) -> list[Path]:
    """List the directories of ``home`` that hold a model description, by name.

    Hidden ones are models in the making, or set aside by a run that was killed.
    """
    home = models_home() if home is None else home
    if not home.is_dir():
        return []
    return sorted(
        entry
        for entry in home.iterdir()
        if not entry.name.startswith(".") and (entry / DESCRIPTION_FILE).is_file()
    )


def digest_file(path: Path, advance: Callable[[int], None] = lambda _: None) -> FileDigest:
    """Read a file and return its size and sha256; ``advance`` is told the bytes read so far."""
    sha = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            sha.update(chunk)
            size += len(chunk)
            advance(len(chunk))
    return FileDigest(size, sha.hexdigest())


def verify(model: ModelDir) -> None:
    """Read every byte of the model's files and compare with the description.

    :raises DamagedFileError: names the first file that differs
    """
    for name, expected in model.description.files.items():
        file = model.path / name
        if digest_file(file) != expected:
            raise DamagedFileError(
                f"{file} is damaged (its sha256 is not the recorded one); pull the model "
                f"{model.description.name} again with `codex-lsp models pull --force`."
            )
