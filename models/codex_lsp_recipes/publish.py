"""The command `export`: a checkpoint to an adapter, and to a model directory that uses it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codex_lsp.errors import UsageError
from codex_lsp.model_dir import FimTokens, PromptFormat, digest_file
from codex_lsp_models import build
from codex_lsp_models.adapter import AdaptedGguf, AdapterFacts
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.manifest import load_manifest
from codex_lsp_models.progress import silent
from codex_lsp_recipes import checkpoint as checkpoints
from codex_lsp_recipes.base import BASE, base_source, base_tokenizer, fetch_base, sentinels_of
from codex_lsp_recipes.exporting import export
from codex_lsp_recipes.settings import FIM_TOKENS, START_TOKEN

NAME = "smollm2-135m-code"
LICENCE = "Apache-2.0"


@dataclass(frozen=True, slots=True)
class Published:
    """What an export wrote."""

    adapter: Path
    sha256: str
    bytes: int
    model: Path


def publish(checkpoint: Path, base: Path, output: Path, quantization: str) -> Published:
    """Write ``adapter.gguf`` and the model directory ``model`` into the folder ``output``.

    The model directory is made from base and adapter as a pull of the finished model makes it.

    :raises UsageError: there is no such checkpoint, or ``output`` holds something already
    :raises PullError: the base cannot be had
    """
    state = checkpoints.load(checkpoint)
    if output.exists() and any(output.iterdir()):
        raise UsageError(f"{output} is not empty; name a new folder with --out.")
    output.mkdir(parents=True, exist_ok=True)
    base_file = fetch_base(base)
    gguf = GgufFile(base_file)
    sentinels = sentinels_of(base_tokenizer(gguf))
    row_ids = (sentinels.prefix, sentinels.suffix, sentinels.middle)
    source = base_source()
    adapter = output / "adapter.gguf"
    facts = AdapterFacts(NAME, LICENCE, source.member_sha256, row_ids)
    export(state, gguf, facts, adapter, quantization)
    digest = digest_file(adapter)
    manifest = load_manifest(BASE)
    prefix, suffix, middle = FIM_TOKENS
    fim = FimTokens(prefix, suffix, middle, order=state.settings.mix.order)
    prompt = PromptFormat(bos=START_TOKEN, stop=manifest.prompt.stop, fim=fim)
    model = output / "model"
    build.write_gguf_model(
        AdaptedGguf(base_file, adapter, source.member_sha256),
        build.Facts(
            name=NAME,
            licence=LICENCE,
            description=f"{BASE} fine-tuned on public code, {state.tokens:,} tokens",
            source=source.record() | {"adapter_sha256": digest.sha256},
            prompt=prompt,
            sampling=manifest.sampling,
            min_mean_logprob=manifest.min_mean_logprob,
        ),
        model,
        manifest.quantization,
        silent,
    )
    return Published(adapter, digest.sha256, digest.bytes, model)
