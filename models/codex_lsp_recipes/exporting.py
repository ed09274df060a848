"""Writes a checkpoint's adapter as the file that :mod:`codex_lsp_models.adapter` applies.

The file is a GGUF LoRA adapter as llama.cpp has them, in the base file's tensor names and row
order.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codex_lsp_models.adapter import AdapterFacts, write_adapter
from codex_lsp_models.gguf_llama import GgufFile, permute_rotary_rows
from codex_lsp_recipes.checkpoint import Checkpoint

Array = NDArray[np.float32]


def export(
    checkpoint: Checkpoint, gguf: GgufFile, facts: AdapterFacts, file: Path, quantization: str
) -> None:
    """Write the adapter of ``checkpoint`` for the base in ``gguf``.

    :param quantization: how the matrices are stored: ``f32``, ``f16`` or ``q8_0``
    """
    tensors = {name: value.numpy() for name, value in checkpoint.parameters.items()}
    shape = gguf.shape()
    pairs: dict[str, tuple[Array, Array]] = {}
    for index in range(shape.layers):
        pairs.update(_layer(tensors, index, gguf))
    rows = dict(zip(facts.row_ids, tensors["rows"], strict=True))
    write_adapter(file, facts, pairs, checkpoint.settings.scale, rows, quantization)


def _layer(
    tensors: Mapping[str, Array], index: int, gguf: GgufFile
) -> dict[str, tuple[Array, Array]]:
    """Divide the joined matrices of a layer into those of the GGUF file: (A, B) by tensor name."""
    shape = gguf.shape()
    narrow = shape.hidden // shape.heads * shape.kv_heads

    def pair(name: str) -> tuple[Array, Array]:
        return tensors[f"blocks.{index}.{name}.a"], tensors[f"blocks.{index}.{name}.b"]

    attention, attention_b = pair("attn_qkv")
    queries, keys, values = np.split(attention_b, [shape.hidden, shape.hidden + narrow])
    forward, forward_b = pair("ffn_gate_up")
    gate, up = np.split(forward_b, 2)
    found = {
        "attn_q": (attention, permute_rotary_rows(queries, shape.heads)),
        "attn_k": (attention, permute_rotary_rows(keys, shape.kv_heads)),
        "attn_v": (attention, values),
        "attn_output": pair("attn_output"),
        "ffn_gate": (forward, gate),
        "ffn_up": (forward, up),
        "ffn_down": pair("ffn_down"),
    }
    return {f"blk.{index}.{name}.weight": matrices for name, matrices in found.items()}
