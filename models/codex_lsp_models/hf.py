"""Converts Hugging Face weights with CTranslate2's own converter. Needs the extra ``convert``.

Whatever needs torch, transformers or huggingface_hub is imported when it is called for.
"""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codex_lsp.errors import ConversionError, PullError
from codex_lsp.model_dir import UNKNOWN_STATE_BYTES, FimOrder, digest_file
from codex_lsp_models import build
from codex_lsp_models.progress import Phase, Progress, ProgressEvent
from codex_lsp_models.prompt_format import detect

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_FILES = ("*.json", "*.safetensors", "*.model", "*.txt", "README.md", "LICENSE*")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked to be made.

    :ivar source: the folder or repository as the user gave it
    """

    name: str
    source: str
    revision: str | None
    quantization: str
    fim_order: FimOrder | None


def is_repository(source: str) -> bool:
    """Say whether ``source`` has the form ``owner/name``."""
    return _REPOSITORY.fullmatch(source) is not None and not source.startswith(".")


def download(repository: str, revision: str | None, scratch: Path, progress: Progress) -> Path:
    """Fetch a repository of the hub into ``scratch``; return its folder.

    :raises PullError: the hub cannot be reached, or does not give the repository away
    """
    hub = _need("huggingface_hub")
    progress(ProgressEvent(Phase.DOWNLOAD, f"Downloading {repository}"))
    folder = scratch / "repository"
    try:
        hub.snapshot_download(
            repository, revision=revision, local_dir=folder, allow_patterns=list(_FILES)
        )
    except hub.errors.GatedRepoError as error:
        raise PullError(
            f"{repository} is gated: accept its terms on its page, then run `hf auth login`."
        ) from error
    except (hub.errors.RepositoryNotFoundError, hub.errors.RevisionNotFoundError) as error:
        raise PullError(
            f"The hub has no {repository} at revision {revision or 'main'} for you; check its "
            "spelling, or run `hf auth login` if it is private."
        ) from error
    except Exception as error:  # its HTTP library changes, and with it the errors
        raise PullError(
            f"{repository} could not be downloaded from the hub ({type(error).__name__}); check "
            "the network, or download it elsewhere and give the path of the folder."
        ) from error
    return folder


def convert_folder(folder: Path, wish: Wish, output: Path, progress: Progress) -> None:
    """Convert the Hugging Face model in ``folder`` into the model directory ``output``.

    :raises ConversionError: the extra is missing, CTranslate2 knows no such architecture, or the
        result does not work
    """
    transformers, converters = _need("transformers"), _need("ctranslate2.converters")
    _need("torch")
    progress(ProgressEvent(Phase.CONVERT, f"Converting {wish.source} to {wish.quantization}"))
    try:
        # Left open, whoever sits at the terminal is asked whether to run what came with the model.
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            str(folder), use_fast=True, trust_remote_code=False
        )
        backend = tokenizer.backend_tokenizer
        converter = _whole(converters.TransformersConverter)(str(folder))
        converter.convert(str(output), quantization=wish.quantization, force=True)
    except Exception as error:  # their libraries have errors of their own for damaged files
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the model
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ConversionError(f"{wish.source} cannot be converted: {reason[:300]}") from error
    backend.no_truncation()
    backend.no_padding()
    build.save_tokenizer(backend, output)
    config = _read_json(folder / "config.json")
    facts = build.Facts(
        name=wish.name,
        licence=_licence(folder),
        description=f"Converted from {wish.source}",
        source=_source(folder, wish),
        prompt=detect(
            set(backend.get_vocab(with_added_tokens=True)),
            bos=_bos(tokenizer),
            end=_end_tokens(folder, config, tokenizer),
            order=wish.fim_order,
        ),
    )
    limits = build.Limits(_context_length(config, folder), _state_bytes(config))
    build.finish(output, facts, limits, wish.quantization, progress)


def _whole(converter: Any) -> Any:
    """Return CTranslate2's ``converter`` as one that refuses weights of which some are missing.

    transformers puts random numbers in their place, and says so in a log.
    """

    class Whole(converter):  # type: ignore[misc]
        def load_model(self, model_class: Any, name_or_path: str, **options: Any) -> Any:
            model, found = model_class.from_pretrained(
                name_or_path, output_loading_info=True, **options
            )
            missing = sorted(found["missing_keys"])
            if missing:
                raise ConversionError(
                    f"its files lack {len(missing)} of its weights, {missing[0]} among them; "
                    "fetch it again."
                )
            return model

    return Whole


def _need(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConversionError(
            "Converting Hugging Face weights needs torch and transformers; install them with "
            "`pip install 'codex-lsp[convert]'`."
        ) from error


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _bos(tokenizer: Any) -> str:
    # By what the tokenizer does; several name a start token that they never use.
    ids = tokenizer("a")["input_ids"]
    return str(tokenizer.bos_token) if ids and ids[0] == tokenizer.bos_token_id else ""


def _end_tokens(folder: Path, config: dict[str, Any], tokenizer: Any) -> list[str]:
    ids: list[int] = []
    for value in (
        tokenizer.eos_token_id,
        config.get("eos_token_id"),
        _read_json(folder / "generation_config.json").get("eos_token_id"),
    ):
        ids.extend(value if isinstance(value, list) else [] if value is None else [value])
    tokens = [tokenizer.convert_ids_to_tokens(token_id) for token_id in dict.fromkeys(ids)]
    return [token for token in tokens if token]


def _context_length(config: dict[str, Any], folder: Path) -> int:
    for key in ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"):
        if isinstance(config.get(key), int):
            return int(config[key])
    raise ConversionError(f"The config.json of {folder.name} does not say its context length.")


def _state_bytes(config: dict[str, Any]) -> int:
    layers = config.get("num_hidden_layers", config.get("n_layer"))
    hidden = config.get("hidden_size", config.get("n_embd"))
    if isinstance(layers, int) and isinstance(hidden, int):
        return build.state_bytes_per_token(layers, hidden)
    return UNKNOWN_STATE_BYTES


def _licence(folder: Path) -> str:
    try:
        card = (folder / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "unknown"
    found = re.search(r"^license:\s*(\S+)\s*$", card.split("\n---", 1)[0], re.MULTILINE)
    return found.group(1) if found else "unknown"


def _source(folder: Path, wish: Wish) -> dict[str, str]:
    weights = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))
    record = {"kind": "hf", "repository": wish.source}
    if wish.revision:
        record["revision"] = wish.revision
    for file in weights:
        record[f"sha256 {file.name}"] = digest_file(file).sha256
    return record
