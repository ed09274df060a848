"""A low-rank adapter, added to a base's weights without torch.

The file is a GGUF LoRA adapter as llama.cpp reads them: for a tensor ``T`` of the base there are
``T.lora_a``, [rank, in], and ``T.lora_b``, [out, rank], and what is added to T is alpha / rank
times B A, in the base file's own row order. Besides, an adapter may replace rows of the embeddings,
as for tokens that the base was never trained on: ``token_embd.rows``, [n, hidden], and their token
ids in the metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from codex_lsp.errors import ConversionError, UsageError
from codex_lsp_models.gguf_llama import GgufFile

Array = NDArray[np.float32]

EMBEDDING = "token_embd.weight"
_ROWS = "token_embd.rows"
_ROW_IDS = "codex_lsp.adapter.row_ids"
_BASE_SHA256 = "codex_lsp.adapter.base_sha256"
_KINDS = {
    "f32": gguf.GGMLQuantizationType.F32,
    "f16": gguf.GGMLQuantizationType.F16,
    "q8_0": gguf.GGMLQuantizationType.Q8_0,
}


@dataclass(frozen=True, slots=True)
class AdapterFacts:
    """What an adapter says of itself.

    :ivar base_sha256: of the GGUF file that it was trained on; it fits no other
    :ivar row_ids: the tokens whose embeddings it replaces
    """

    name: str
    licence: str
    base_sha256: str
    row_ids: tuple[int, ...]


class AdaptedGguf(GgufFile):
    """A base's GGUF file, whose tensors come with an adapter added."""

    def __init__(self, base: Path, adapter: Path, base_sha256: str) -> None:
        """Open both.

        :param base_sha256: that of ``base``, which was checked
        :raises DamagedFileError: one of them is not a GGUF file
        :raises ConversionError: ``adapter`` is none, or one for another base
        """
        super().__init__(base)
        self._adapter = GgufFile(adapter)
        if self._adapter.value("general.type") != "adapter":
            raise ConversionError(f"{adapter.name} is not an adapter.")
        if (wanted := self._adapter.required(_BASE_SHA256)) != base_sha256:
            raise ConversionError(
                f"{adapter.name} was trained on another base: its sha256 is {wanted} and that of "
                f"{base.name} is {base_sha256}."
            )
        self._alpha = float(self._adapter.required("adapter.lora.alpha"))
        self._row_ids: list[int] = self._adapter.value(_ROW_IDS, [])
        for name in self._adapter.names():
            of = name.removesuffix(".lora_a").removesuffix(".lora_b")
            if name != _ROWS and not self.has(of):
                raise ConversionError(f"{adapter.name} changes {of!r}, which {base.name} lacks.")

    def tensor(self, name: str) -> Array:
        """Return the adapted tensor ``name``, float32, in row-major [out, in] order.

        :raises ConversionError: the adapter's matrices do not fit it
        """
        weight = super().tensor(name)
        if self._adapter.has(f"{name}.lora_a"):
            low = self._adapter.tensor(f"{name}.lora_a")
            high = self._adapter.tensor(f"{name}.lora_b")
            if (high.shape[0], low.shape[1]) != weight.shape or high.shape[1] != low.shape[0]:
                raise ConversionError(
                    f"The adapter has {high.shape} x {low.shape} for {name!r} of {weight.shape}."
                )
            weight += np.float32(self._alpha / low.shape[0]) * (high @ low)
        if name == EMBEDDING and self._row_ids:
            weight[self._row_ids] = self._adapter.tensor(_ROWS)
        return weight


def write_adapter(
    file: Path,
    facts: AdapterFacts,
    pairs: Mapping[str, tuple[Array, Array]],
    scale: float,
    rows: Mapping[int, Array],
    quantization: str,
) -> None:
    """Write an adapter.

    :param pairs: A, [rank, in], and B, [out, rank], by the name of the base's tensor
    :param scale: what their product is multiplied by; all have one rank
    :param rows: embeddings by token id
    :param quantization: how A and B are stored: ``f32``, ``f16`` or ``q8_0``
    :raises UsageError: there is no such kind
    """
    if quantization not in _KINDS:
        raise UsageError(
            f"{quantization!r} is no way to store an adapter; use {', '.join(_KINDS)}."
        )
    (rank,) = {low.shape[0] for low, _ in pairs.values()}
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", scale * rank)
    writer.add_name(facts.name)
    writer.add_license(facts.licence)
    writer.add_string(_BASE_SHA256, facts.base_sha256)
    if rows:
        writer.add_array(_ROW_IDS, [int(token_id) for token_id in rows])
        writer.add_tensor(_ROWS, np.stack(list(rows.values())).astype(np.float32))
    kind = _KINDS[quantization]
    for name, (low, high) in pairs.items():
        for part, matrix in (("lora_a", low), ("lora_b", high)):
            data = gguf.quantize(np.ascontiguousarray(matrix, np.float32), kind)
            writer.add_tensor(f"{name}.{part}", data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
