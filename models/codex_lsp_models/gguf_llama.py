"""GGUF Llama weights to a CTranslate2 model, from numpy arrays alone: no torch.

Source of the layout: llama.cpp's ``convert_hf_to_gguf.py`` stores the query and key rows of Llama
models permuted for its interleaved rotary embedding; CTranslate2 is told the half-split form, so
:func:`unpermute_rotary_rows` undoes it.

Not covered: architectures other than ``llama``, rotary scaling, mixture of experts. Each is refused
with a :class:`~codex_lsp.errors.ConversionError` instead of being converted wrongly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs import attention_spec, common_spec, transformer_spec
from gguf import GGUFReader, dequantize
from numpy.typing import NDArray

from codex_lsp.errors import ConversionError, DamagedFileError

Array = NDArray[np.float32]
LayerProgress = Callable[[int, int], None]
"""Called with (layers done, layers in all)."""


@dataclass(frozen=True, slots=True)
class LlamaShape:
    """The hyper-parameters of a Llama model that its weights' layout depends on."""

    layers: int
    heads: int
    kv_heads: int
    hidden: int
    feed_forward: int
    vocabulary: int
    context_length: int
    rope_base: float
    norm_epsilon: float


class GgufFile:
    """A GGUF file's metadata and tensors, the latter dequantized one at a time as float32."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._reader = GGUFReader(path)
        except (ValueError, IndexError, KeyError, TypeError, OSError) as error:
            raise DamagedFileError(
                f"{path.name} is not a whole GGUF file ({error}); get it again."
            ) from error
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}

    def value(self, key: str, default: Any = None) -> Any:
        """Return the metadata value of ``key``, or ``default`` where the file has none.

        :raises DamagedFileError: it is a text that is not UTF-8
        """
        field = self._reader.fields.get(key)
        try:
            return default if field is None else field.contents()
        except UnicodeDecodeError as error:
            raise DamagedFileError(
                f"{self.path.name} is damaged: its {key!r} is no text; get it again."
            ) from error

    def required(self, key: str) -> Any:
        """Return the metadata value of ``key``; a file without it cannot be converted."""
        value = self.value(key)
        if value is None:
            raise ConversionError(f"{self.path.name} lacks the metadata {key!r}.")
        return value

    def texts(self, key: str) -> list[str]:
        """Return the metadata value of ``key``, a list of texts.

        :raises ConversionError: it is missing, or something else
        """
        found = self.required(key)
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise ConversionError(f"{self.path.name} has a {key!r} that is no list of texts.")
        texts: list[str] = found
        return texts

    def token(self, name: str) -> str | None:
        """Return the token that is named as ``bos``, ``eos`` and the like; None where none is.

        :raises ConversionError: its id is not one of the vocabulary's
        """
        token_id = self.value(f"tokenizer.ggml.{name}_token_id")
        if token_id is None:
            return None
        tokens = self.texts("tokenizer.ggml.tokens")
        if not isinstance(token_id, int) or not 0 <= token_id < len(tokens):
            raise ConversionError(
                f"{self.path.name} names token {token_id} as its {name}, of {len(tokens)} tokens."
            )
        return tokens[token_id]

    def has(self, name: str) -> bool:
        """Say whether the file holds the tensor ``name``."""
        return name in self._tensors

    def names(self) -> list[str]:
        """List the tensors' names."""
        return list(self._tensors)

    def tensor(self, name: str) -> Array:
        """Return the tensor ``name``, float32, in row-major [out, in] order."""
        tensor = self._tensors.get(name)
        if tensor is None:
            raise ConversionError(f"{self.path.name} lacks the tensor {name!r}.")
        try:
            data: Array = dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        except NotImplementedError as error:
            raise ConversionError(
                f"{self.path.name} holds {name!r} as {tensor.tensor_type.name}, a type that cannot "
                "be read; use another quantization of the model."
            ) from error
        # CTranslate2 quantizes in place, and float32 tensors are views of the read-only file.
        return data if data.flags.writeable else data.copy()

    def shape(self) -> LlamaShape:
        """Read the model's shape; anything but a plain Llama is refused."""
        architecture = self.required("general.architecture")
        if architecture != "llama":
            raise ConversionError(
                f"{self.path.name} holds a {architecture!r} model; only Llama models are read from "
                "GGUF. Convert the original weights with the `convert` extra instead."
            )
        if (
            self.value("llama.rope.scaling.type", "none") != "none"
            or self.value("llama.rope.scale_linear", 1) != 1
            or self.has("rope_freqs.weight")
        ):
            raise ConversionError(f"{self.path.name} uses rotary scaling, which is not supported.")
        if self.value("llama.expert_count", 0):
            raise ConversionError(f"{self.path.name} is a mixture of experts: not supported.")
        heads = self._integer("llama.attention.head_count")
        shape = LlamaShape(
            layers=self._integer("llama.block_count"),
            heads=heads,
            kv_heads=self._integer("llama.attention.head_count_kv", heads),
            hidden=self._integer("llama.embedding_length"),
            feed_forward=self._integer("llama.feed_forward_length"),
            vocabulary=len(self.texts("tokenizer.ggml.tokens")),
            context_length=self._integer("llama.context_length"),
            rope_base=self._number("llama.rope.freq_base", 10000.0),
            norm_epsilon=self._number("llama.attention.layer_norm_rms_epsilon"),
        )
        self._see_that_plain(shape)
        return shape

    def _integer(self, key: str, default: int | None = None) -> int:
        value = self.required(key) if default is None else self.value(key, default)
        if not isinstance(value, int) or value < 1:
            # Some models give one number a layer.
            raise ConversionError(f"{self.path.name} has {key} {value!r}: not supported.")
        return value

    def _number(self, key: str, default: float | None = None) -> float:
        value = self.required(key) if default is None else self.value(key, default)
        if not isinstance(value, (int, float)):
            raise ConversionError(f"{self.path.name} has {key} {value!r}: not supported.")
        return float(value)

    def _see_that_plain(self, shape: LlamaShape) -> None:
        """See that the file holds what a plain Llama of ``shape`` has, and nothing besides.

        A bias, a norm of the queries or a wider head would otherwise be left out in silence.
        """
        head = shape.hidden // shape.heads
        if shape.hidden % shape.heads or head % 2 or shape.heads % shape.kv_heads:
            raise ConversionError(
                f"{self.path.name} has {shape.heads} heads, {shape.kv_heads} for keys, of "
                f"{shape.hidden} numbers in all: not supported."
            )
        for key in ("rope.dimension_count", "attention.key_length", "attention.value_length"):
            if (size := self.value(f"llama.{key}", head)) != head:
                raise ConversionError(
                    f"{self.path.name} has {key} {size} with heads of {head}: not supported."
                )
        # Before any are named: a damaged number of layers would fill the memory with names.
        if shape.layers > len(self._tensors):
            raise ConversionError(
                f"{self.path.name} has {len(self._tensors)} tensors, too few for {shape.layers} "
                "layers."
            )
        for name, expected in _tensor_shapes(shape).items():
            tensor = self._tensors.get(name)
            # GGUF gives the innermost dimension first.
            found = None if tensor is None else tuple(int(size) for size in tensor.shape[::-1])
            if found != expected and not (found is None and name == "output.weight"):
                raise ConversionError(
                    f"{self.path.name} has {name!r} of shape {found} instead of {expected}."
                )
        if extra := sorted(self._tensors.keys() - _tensor_shapes(shape).keys()):
            raise ConversionError(
                f"{self.path.name} holds {extra[0]!r}, which a plain Llama model does not have."
            )


def _tensor_shapes(shape: LlamaShape) -> dict[str, tuple[int, ...]]:
    """Name every tensor of a Llama model with its shape, [out, in]; the output may be missing."""
    hidden, wide = shape.hidden, shape.feed_forward
    narrow = hidden // shape.heads * shape.kv_heads
    block = {
        "attn_norm": (hidden,),
        "attn_q": (hidden, hidden),
        "attn_k": (narrow, hidden),
        "attn_v": (narrow, hidden),
        "attn_output": (hidden, hidden),
        "ffn_norm": (hidden,),
        "ffn_gate": (wide, hidden),
        "ffn_up": (wide, hidden),
        "ffn_down": (hidden, wide),
    }
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (shape.vocabulary, hidden),
        "output_norm.weight": (hidden,),
        "output.weight": (shape.vocabulary, hidden),
    }
    for index in range(shape.layers):
        shapes.update({f"blk.{index}.{name}.weight": size for name, size in block.items()})
    return shapes


def unpermute_rotary_rows(weight: Array, heads: int) -> Array:
    """Undo llama.cpp's row order of a query or key projection.

    GGUF keeps the two rotary halves of every head interleaved (row 2i is row i of the first half,
    row 2i+1 row i of the second); the result has the halves one after the other.

    :param weight: [heads * head_dim, hidden], float32
    """
    rows, columns = weight.shape
    paired = weight.reshape(heads, rows // heads // 2, 2, columns)
    return np.ascontiguousarray(paired.swapaxes(1, 2).reshape(rows, columns))


def permute_rotary_rows(weight: Array, heads: int) -> Array:
    """Put the rows of a query or key projection into llama.cpp's order, as GGUF has them.

    :param weight: [heads * head_dim, columns], the halves one after the other
    """
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))


def build_spec(
    gguf: GgufFile, shape: LlamaShape, progress: LayerProgress
) -> transformer_spec.TransformerDecoderModelSpec:
    """Fill a CTranslate2 decoder specification with the float32 weights of ``gguf``."""
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        shape.layers,
        shape.heads,
        pre_norm=True,
        activation=common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=0,
        rotary_interleave=False,
        rotary_base=shape.rope_base,
        num_heads_kv=None if shape.kv_heads == shape.heads else shape.kv_heads,
    )
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = gguf.tensor("token_embd.weight")
    # Llama models of this size tie the output projection to the embeddings; sharing the array lets
    # CTranslate2 store it once.
    tied = not gguf.has("output.weight")
    decoder.projection.weight = decoder.embeddings.weight if tied else gguf.tensor("output.weight")
    decoder.layer_norm.gamma = gguf.tensor("output_norm.weight")
    for index, layer in enumerate(decoder.layer):
        _fill_layer(layer, gguf, index, shape)
        progress(index + 1, shape.layers)
    return spec


def _fill_layer(layer: Any, gguf: GgufFile, index: int, shape: LlamaShape) -> None:
    def weight(name: str) -> Array:
        return gguf.tensor(f"blk.{index}.{name}.weight")

    attention: attention_spec.MultiHeadAttentionSpec = layer.self_attention
    attention.layer_norm.gamma = weight("attn_norm")
    attention.linear[0].weight = np.concatenate(
        [
            unpermute_rotary_rows(weight("attn_q"), shape.heads),
            unpermute_rotary_rows(weight("attn_k"), shape.kv_heads),
            weight("attn_v"),
        ]
    )
    attention.linear[1].weight = weight("attn_output")
    layer.ffn.layer_norm.gamma = weight("ffn_norm")
    layer.ffn.linear_0.weight = weight("ffn_gate")
    layer.ffn.linear_0_noact.weight = weight("ffn_up")
    layer.ffn.linear_1.weight = weight("ffn_down")


def convert(gguf: GgufFile, output: Path, quantization: str, progress: LayerProgress) -> None:
    """Write ``model.bin``, ``config.json`` and the vocabulary of ``gguf`` into ``output``.

    :param quantization: a CTranslate2 type, such as ``int8`` or ``float32``
    :raises ConversionError: the file holds something this converter would get wrong
    """
    shape = gguf.shape()
    spec = build_spec(gguf, shape, progress)
    tokens = gguf.texts("tokenizer.ggml.tokens")
    spec.register_vocabulary(tokens)
    spec.config.bos_token = gguf.token("bos") or tokens[0]
    spec.config.eos_token = gguf.token("eos") or tokens[0]
    spec.config.unk_token = gguf.token("unknown") or tokens[0]
    spec.config.layer_norm_epsilon = shape.norm_epsilon
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(output))
    if not ctranslate2.contains_model(str(output)):
        raise ConversionError(f"CTranslate2 does not recognise the model written to {output}.")
