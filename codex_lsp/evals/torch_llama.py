"""A Llama decoder in torch that decodes many rows behind one prompt.

CTranslate2 copies the states of every row at each step, and keeps several copies of the heads that
are shared, which is most of the time of a hundred rows. Here a prompt's states are there once for
all rows, a row's own are not moved, and heads that share keys are one product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

PAGE = 64
"""A page's tokens: more means more to mask, fewer means more products."""

Weights = Mapping[str, NDArray[np.generic]]


_OF_LAYER = (
    "ffn/layer_norm/gamma",
    "ffn/linear_0/weight",
    "ffn/linear_0_noact/weight",
    "ffn/linear_1/weight",
    "self_attention/layer_norm/gamma",
    "self_attention/linear_0/weight",
    "self_attention/linear_1/weight",
    "self_attention/rotary_base",
)
_SWISH = 2  # CTranslate2's number
_FIXED = {
    "activation": _SWISH,
    "alibi": 0,
    "pre_norm": 1,
    "scale_embeddings": 0,
    "start_from_zero_embedding": 0,
}
_FIXED_OF_LAYER = {"rotary_dim": 0, "rotary_interleave": 0}  # the whole head, in halves
_KV_HEADS = "self_attention/num_heads_kv"  # only where there are fewer than heads
_UNUSED = {
    f"decoder/{name}"
    for name in (
        "alibi_use_positive_positions",
        "alignment_heads",
        "alignment_layer",
        "scale_alibi",
    )
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a decoder.

    :ivar kv_heads: the heads that have keys and values of their own
    """

    layers: int
    heads: int
    kv_heads: int
    head_size: int
    rope_base: float
    norm_epsilon: float


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's weights: norms [hidden] in float32, matrices [out, in]."""

    attn_norm: Tensor
    qkv: Tensor
    attn_out: Tensor
    ffn_norm: Tensor
    gate_up: Tensor
    down: Tensor


class Rows:
    """The states of the rows that are decoded: the prompt's, shared, and each row's own.

    A row's own states lie in pages: products want them in one piece, and what has been written is
    never moved to make room.

    :ivar prompt: for each layer keys and values, each [kv heads, prompt, size]
    :ivar pages: for each page and layer keys and values, each [rows * kv heads, PAGE, size]; zero
        where nothing has been written yet
    :ivar length: the tokens that each row has
    """

    def __init__(self, prompt: Sequence[tuple[Tensor, Tensor]], rows: int) -> None:
        """Begin ``rows`` rows behind the prompt."""
        self.prompt = prompt
        self.pages: list[list[tuple[Tensor, Tensor]]] = []
        self.length = 0
        self._rows = rows

    @property
    def prompt_length(self) -> int:
        """How many tokens the prompt has."""
        return self.prompt[0][0].shape[1]

    def grow(self) -> None:
        """Make room for one more token of each row."""
        if self.length == len(self.pages) * PAGE:
            like = self.prompt[0][0]
            shape = (self._rows * like.shape[0], PAGE, like.shape[2])
            self.pages.append([(like.new_zeros(shape), like.new_zeros(shape)) for _ in self.prompt])
        self.length += 1

    def keep(self, rows: Tensor) -> None:
        """Drop all but these ``rows``."""

        def kept(states: Tensor) -> Tensor:
            return states.view(self._rows, -1)[rows].view(-1, *states.shape[1:])

        self.pages = [[(kept(keys), kept(values)) for keys, values in page] for page in self.pages]
        self._rows = len(rows)


class TorchLlama:
    """The weights of a model directory, and what is computed with them.

    :ivar embedding: [vocabulary, hidden]
    :ivar projection: [vocabulary, hidden], of the output
    """

    def __init__(self, weights: Weights, norm_epsilon: float, dtype: torch.dtype) -> None:
        """Take what :func:`~codex_lsp.evals.weights.read_weights` found.

        :param dtype: of matrices and their products; the residual stream is float32
        :raises ValueError: the model is no Llama decoder as this one
        """
        self.shape = _shape(weights, norm_epsilon)
        self.dtype = dtype
        self.embedding = _matrix(weights, "decoder/embeddings", dtype)
        self.projection = self.embedding
        if weights["decoder/projection/weight"] is not weights["decoder/embeddings/weight"]:
            self.projection = _matrix(weights, "decoder/projection", dtype)
        self.norm = _vector(weights, "decoder/layer_norm/gamma")
        self.layers = [
            _layer(weights, f"decoder/layer_{index}", dtype) for index in range(self.shape.layers)
        ]

    @torch.inference_mode()
    def read(self, ids: list[int]) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Return the logits behind the prompt ``ids``, [vocabulary], and its states."""
        states = []
        x = self.embedding[torch.tensor(ids)].float()
        cos, sin = self._rotary(0, len(ids))
        for layer in self.layers:
            queries, keys, values = self._qkv(layer, x, cos, sin)
            states.append((keys, values))
            mixed = functional.scaled_dot_product_attention(
                queries[None], keys[None], values[None], is_causal=True, enable_gqa=True
            )[0]
            x = self._rest(layer, x, mixed.transpose(0, 1).reshape(len(ids), -1))
        return self._logits(x[-1:])[0], states

    @torch.inference_mode()
    def step(self, tokens: Tensor, rows: Rows) -> Tensor:
        """Read one more token of each row; return the logits behind it.

        :param tokens: [rows]
        :return: [rows, vocabulary], float32
        """
        x = self.embedding[tokens].float()
        cos, sin = self._rotary(rows.prompt_length + rows.length, 1)
        rows.grow()
        for index, layer in enumerate(self.layers):
            queries, keys, values = self._qkv(layer, x, cos, sin)
            own = [page[index] for page in rows.pages]
            at = (rows.length - 1) % PAGE
            for states, new in zip(own[-1], (keys, values), strict=True):
                states[:, at] = new.transpose(0, 1).reshape(len(states), -1)
            mixed = self._attend(queries, rows.prompt[index], own, rows.length)
            x = self._rest(layer, x, mixed)
        return self._logits(x)

    def _attend(
        self,
        queries: Tensor,
        prompt: tuple[Tensor, Tensor],
        own: Sequence[tuple[Tensor, Tensor]],
        length: int,
    ) -> Tensor:
        """Attend to the prompt and to the row's own ``length`` tokens.

        :param queries: [heads, rows, size]; consecutive heads share keys and values
        :return: [rows, heads * size]
        """
        heads, count, size = queries.shape
        shared = self.shape.kv_heads
        group = heads // shared
        of_prompt = torch.bmm(queries.reshape(shared, -1, size), prompt[0].transpose(1, 2))
        scores = [of_prompt.view(heads, count, -1).transpose(0, 1)]
        by_row = queries.transpose(0, 1).reshape(count * shared, group, size)
        for keys, _ in own:
            scores.append(torch.bmm(by_row, keys.transpose(1, 2)).view(count, heads, PAGE))
        together = torch.cat(scores, dim=-1).float()
        # What the last page has room for.
        together[..., together.shape[-1] - len(own) * PAGE + length :] = float("-inf")
        shares = (together * size**-0.5).softmax(-1).to(self.dtype)
        to_prompt, *to_own = shares.split([prompt[0].shape[1], *[PAGE] * len(own)], dim=-1)
        to_prompt = to_prompt.transpose(0, 1).reshape(shared, group * count, -1)
        mixed = torch.bmm(to_prompt, prompt[1]).view(heads, count, size).transpose(0, 1)
        for part, (_, values) in zip(to_own, own, strict=True):
            part = part.reshape(count * shared, group, PAGE)
            mixed = mixed + torch.bmm(part, values).view(count, heads, size)
        return mixed.reshape(count, -1)

    def _qkv(
        self, layer: Layer, x: Tensor, cos: Tensor, sin: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, each [heads, length, size]."""
        shape = self.shape
        heads = functional.linear(self._normed(x, layer.attn_norm), layer.qkv)
        heads = heads.view(len(x), -1, shape.head_size).transpose(0, 1)
        turned = _rotate(heads[: shape.heads + shape.kv_heads].float(), cos, sin).to(self.dtype)
        return turned[: shape.heads], turned[shape.heads :], heads[shape.heads + shape.kv_heads :]

    def _rest(self, layer: Layer, x: Tensor, mixed: Tensor) -> Tensor:
        x = x + functional.linear(mixed, layer.attn_out)
        gate, up = functional.linear(self._normed(x, layer.ffn_norm), layer.gate_up).chunk(2, -1)
        return x + functional.linear(functional.silu(gate) * up, layer.down)

    def _normed(self, x: Tensor, gamma: Tensor) -> Tensor:
        return functional.rms_norm(x, gamma.shape, gamma, self.shape.norm_epsilon).to(self.dtype)

    def _logits(self, x: Tensor) -> Tensor:
        return functional.linear(self._normed(x, self.norm), self.projection).float()

    def _rotary(self, start: int, length: int) -> tuple[Tensor, Tensor]:
        size = self.shape.head_size
        steps = self.shape.rope_base ** (-torch.arange(0, size, 2).float() / size)
        angles = torch.outer(torch.arange(start, start + length).float(), steps)
        angles = torch.cat([angles, angles], dim=-1)
        return angles.cos(), angles.sin()


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


def _shape(weights: Weights, norm_epsilon: float) -> Shape:
    """Return the sizes.

    :raises ValueError: something is missing, or there that would be left out
    """
    layers = [name.split("/")[1] for name in weights if name.endswith("/linear_0_noact/weight")]
    needed = {"decoder/num_heads", "decoder/layer_norm/gamma"}
    needed |= {f"decoder/{name}/weight" for name in ("embeddings", "projection")}
    needed |= {f"decoder/{layer}/{name}" for layer in layers for name in _OF_LAYER}
    fixed = {f"decoder/{name}": value for name, value in _FIXED.items()}
    fixed |= {
        f"decoder/{layer}/self_attention/{name}": value
        for layer in layers
        for name, value in _FIXED_OF_LAYER.items()
    }
    for name in sorted(needed | set(fixed)):
        if name not in weights:
            raise ValueError(f"it has no {name}")
    for name, value in fixed.items():
        if weights[name].item() != value:
            raise ValueError(f"{name} is {weights[name].item()}, and {value} is known")
    known = needed | set(fixed) | _UNUSED | {f"decoder/{layer}/{_KV_HEADS}" for layer in layers}
    for name in sorted(weights):
        if name.removesuffix("_scale") not in known:
            raise ValueError(f"it has {name}")
    attention = "decoder/layer_0/self_attention"
    heads = int(weights["decoder/num_heads"].item())
    kv_heads = weights.get(f"decoder/layer_0/{_KV_HEADS}")
    return Shape(
        len(layers),
        heads,
        heads if kv_heads is None else int(kv_heads.item()),
        weights[f"{attention}/linear_1/weight"].shape[1] // heads,
        float(weights[f"{attention}/rotary_base"].item()),
        norm_epsilon,
    )


def _vector(weights: Weights, name: str) -> Tensor:
    return torch.tensor(weights[name]).float()


def _matrix(weights: Weights, name: str, dtype: torch.dtype) -> Tensor:
    matrix = _vector(weights, f"{name}/weight")
    if f"{name}/weight_scale" in weights:
        matrix /= _vector(weights, f"{name}/weight_scale").reshape(-1, 1)
    return matrix.to(dtype)


def _layer(weights: Weights, name: str, dtype: torch.dtype) -> Layer:
    gate, up = (_matrix(weights, f"{name}/ffn/linear_0{kind}", dtype) for kind in ("", "_noact"))
    return Layer(
        _vector(weights, f"{name}/self_attention/layer_norm/gamma"),
        _matrix(weights, f"{name}/self_attention/linear_0", dtype),
        _matrix(weights, f"{name}/self_attention/linear_1", dtype),
        _vector(weights, f"{name}/ffn/layer_norm/gamma"),
        torch.cat([gate, up]),
        _matrix(weights, f"{name}/ffn/linear_1", dtype),
    )
