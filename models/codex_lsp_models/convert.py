"""Installs a model of the user's own: a Llama GGUF file, a Hugging Face folder or repository."""

from __future__ import annotations

import os
from pathlib import Path

from codex_lsp.errors import UsageError
from codex_lsp.model_dir import FimOrder, ModelDir, digest_file
from codex_lsp_models import build, hf, sources
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.gguf_tokenizer import control_tokens
from codex_lsp_models.installing import install
from codex_lsp_models.manifest import known_names
from codex_lsp_models.progress import Phase, Progress, byte_counter, silent
from codex_lsp_models.prompt_format import detect


def convert(
    source: str,
    name: str,
    *,
    home: Path | None = None,
    force: bool = False,
    quantization: str = "int8",
    revision: str | None = None,
    fim_order: FimOrder | None = None,
    progress: Progress = silent,
) -> ModelDir:
    """Convert the model ``source`` and install it as ``name``.

    A GGUF file needs no more than codex-lsp itself; Hugging Face weights need the extra
    ``convert``. The prompt format is found from the vocabulary and the licence from the model's own
    data; both stand in ``codex-lsp.toml``, where they can be mended.

    :param source: a GGUF file, a Hugging Face folder, or a repository ``owner/name``
    :param force: replace an installed model of that name
    :param revision: a branch, tag or commit of a repository
    :param fim_order: overrides the order that goes with the sentinels found
    :raises UsageError: no such source; or the name is taken, or not a possible one
    :raises PullError: the repository could not be fetched, or the disk is full
    :raises ConversionError: the model cannot be converted faithfully
    """
    build.check_quantization(quantization)
    if name.casefold() in known_names():  # the same folder where a disk tells no case apart
        raise UsageError(f"{name!r} is the name of a known model; choose another.")
    path = Path(os.path.expanduser(source))
    is_file = path.is_file()
    if is_file and not sources.is_gguf(path):
        raise UsageError(f"{path} is not a GGUF file; give one, or a Hugging Face folder.")
    if not is_file and not path.is_dir() and not hf.is_repository(source):
        raise UsageError(
            f"{source!r} is neither a file, a folder, nor a repository of the form owner/name."
        )
    if path.is_dir() and not (path / "config.json").is_file():
        raise UsageError(f"{path} is no Hugging Face model: it has no config.json.")

    def present(model: ModelDir) -> bool:
        raise UsageError(
            f"A model named {name!r} is already installed; choose another name, or pass --force "
            "to replace it."
        )

    def work(scratch: Path) -> Path:
        output = scratch / "model"
        if is_file:
            _convert_gguf(path, name, output, quantization, fim_order, progress)
        else:
            folder = path if path.is_dir() else hf.download(source, revision, scratch, progress)
            wish = hf.Wish(name, source, revision, quantization, fim_order)
            hf.convert_folder(folder, wish, output, progress)
        return output

    # A source is at least as large as its int8 form unless it is more finely quantized than that.
    size = _size_of(path)
    return install(name, home, work, present, space=2 * size, force=force, progress=progress)


def _convert_gguf(
    path: Path,
    name: str,
    output: Path,
    quantization: str,
    order: FimOrder | None,
    progress: Progress,
) -> None:
    gguf = GgufFile(path)
    advance = byte_counter(progress, Phase.CHECK, f"Reading {path.name}", path.stat().st_size)
    facts = build.Facts(
        name=name,
        licence=str(gguf.value("general.license", "unknown")),
        description=str(gguf.value("general.name", path.stem)),
        source={
            "kind": "gguf",
            "file": path.name,
            "sha256": digest_file(path, advance).sha256,
        },
        prompt=detect(
            set(control_tokens(gguf)),
            bos=gguf.token("bos") or "" if gguf.value("tokenizer.ggml.add_bos_token") else "",
            end=[token for token in (gguf.token("eos"), gguf.token("eot")) if token],
            order=order,
        ),
    )
    build.write_gguf_model(gguf, facts, output, quantization, progress)


def _size_of(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.glob("*.safetensors"))
    return path.stat().st_size if path.is_file() else 0
