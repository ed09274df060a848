"""The default model's base in torch: frozen weights, and the adapter that is trained beside them.

A Llama decoder as CTranslate2 runs it, with queries, keys and values in one matrix and the two
input halves of the feed-forward layer in another: fewer and larger products, which is what a
processor likes. LoRA (Hu et al. 2021, arXiv 2106.09685) stands beside each of the four matrices of
a layer; the weights themselves get no gradient, which saves a third of the arithmetic, and are kept
in bfloat16. The embeddings of the fill-in-the-middle sentinels are trained whole: the base never
saw them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from codex_lsp_models.gguf_llama import GgufFile, LlamaShape, unpermute_rotary_rows
from codex_lsp_recipes.attention import causal_attention
from codex_lsp_recipes.head import head_logprobs, head_loss


class LoraLinear(nn.Module):
    """A frozen matrix and a trained low-rank one: x W^T + scale (x A^T) B^T."""

    weight: Tensor

    def __init__(self, weight: Tensor, rank: int, scale: float) -> None:
        """Keep ``weight``, [out, in], in its type; A is random and B zero, float32."""
        super().__init__()
        out_features, in_features = weight.shape
        self.register_buffer("weight", weight, persistent=False)
        self.scale = scale
        self.a = nn.Parameter(torch.randn(rank, in_features) / in_features**0.5)
        self.b = nn.Parameter(torch.zeros(out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """Map [tokens, in] to [tokens, out], in the type of ``x``."""
        low = functional.linear(x, self.a.to(x.dtype))
        full = functional.linear(x, self.weight)
        return torch.addmm(full, low, (self.scale * self.b).to(x.dtype).T)


class Block(nn.Module):
    """One layer: attention, then the gated feed-forward layer, each on a normalised input."""

    attn_norm: Tensor
    ffn_norm: Tensor

    def __init__(
        self, weights: dict[str, Tensor], shape: LlamaShape, rank: int, scale: float
    ) -> None:
        """Take the frozen ``weights`` by the names of :func:`block_weights`."""
        super().__init__()
        self.shape = shape
        self.attn_qkv = LoraLinear(weights["attn_qkv"], rank, scale)
        self.attn_output = LoraLinear(weights["attn_output"], rank, scale)
        self.ffn_gate_up = LoraLinear(weights["ffn_gate_up"], rank, scale)
        self.ffn_down = LoraLinear(weights["ffn_down"], rank, scale)
        self.register_buffer("attn_norm", weights["attn_norm"], persistent=False)
        self.register_buffer("ffn_norm", weights["ffn_norm"], persistent=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, rows: int) -> Tensor:
        """Map the residual stream, [rows * length, hidden], float32."""
        x = x + self._attend(self._norm(x, self.attn_norm), cos, sin, rows)
        gate, up = self.ffn_gate_up(self._norm(x, self.ffn_norm)).chunk(2, dim=-1)
        out: Tensor = self.ffn_down(functional.silu(gate) * up)
        return x + out

    def _norm(self, x: Tensor, gamma: Tensor) -> Tensor:
        return rms_norm(x, gamma, self.shape.norm_epsilon).to(self.attn_qkv.weight.dtype)

    def _attend(self, x: Tensor, cos: Tensor, sin: Tensor, rows: int) -> Tensor:
        shape = self.shape
        size = shape.hidden // shape.heads
        heads = self.attn_qkv(x).view(rows, -1, shape.heads + 2 * shape.kv_heads, size)
        heads = heads.transpose(1, 2)
        turned = rotate(heads[:, : shape.heads + shape.kv_heads], cos, sin)
        queries, keys = turned[:, : shape.heads], turned[:, shape.heads :]
        values = heads[:, shape.heads + shape.kv_heads :]
        mixed = causal_attention(queries, keys, values)
        out: Tensor = self.attn_output(mixed.transpose(1, 2).reshape(x.shape[0], shape.hidden))
        return out


class AdaptedLlama(nn.Module):
    """The frozen model of a GGUF file with its adapter.

    :ivar embedding: [vocabulary, hidden], also the output projection
    :ivar row_ids: the tokens whose embeddings are trained, [n]
    :ivar rows: those embeddings, [n, hidden], float32
    """

    embedding: Tensor
    output_norm: Tensor
    row_ids: Tensor

    def __init__(
        self,
        gguf: GgufFile,
        row_ids: Sequence[int],
        rank: int,
        scale: float,
        dtype: torch.dtype = torch.bfloat16,
    ) -> None:
        """Read the weights of ``gguf`` as ``dtype``, in which products are computed, too."""
        super().__init__()
        self.shape = gguf.shape()
        embedding = torch.from_numpy(gguf.tensor("token_embd.weight"))
        self.register_buffer("embedding", embedding.to(dtype), persistent=False)
        norm = torch.from_numpy(gguf.tensor("output_norm.weight"))
        self.register_buffer("output_norm", norm, persistent=False)
        self.register_buffer("row_ids", torch.tensor(row_ids), persistent=False)
        # Never trained, the sentinels are all alike in the file; noise of the usual length parts
        # them.
        spread = embedding.std()
        self.rows = nn.Parameter(torch.randn(len(row_ids), self.shape.hidden) * spread)
        self.blocks = nn.ModuleList(
            Block(block_weights(gguf, self.shape, index, dtype), self.shape, rank, scale)
            for index in range(self.shape.layers)
        )

    def hidden(self, ids: Tensor) -> Tensor:
        """Return the last layer's normalised output for ``ids``, [rows, length, hidden]."""
        rows, length = ids.shape
        flat = ids.reshape(-1)
        x = functional.embedding(flat, self.embedding).float()
        for index, token_id in enumerate(self.row_ids):
            x = torch.where((flat == token_id)[:, None], self.rows[index], x)
        cos, sin = rotary(length, self.shape, self.embedding.dtype)
        for block in self.blocks:
            x = block(x, cos, sin, rows)
        x = rms_norm(x, self.output_norm, self.shape.norm_epsilon)
        return x.to(self.embedding.dtype).view(rows, length, -1)

    def loss(self, ids: Tensor, weights: Tensor) -> Tensor:
        """Return the weighted sum of the next tokens' negative log-probabilities, in nats.

        :param ids: [rows, length]
        :param weights: [rows, length]; that at a place is of the token there, as a target
        """
        hidden = self.hidden(ids)[:, :-1].reshape(-1, self.shape.hidden)
        targets, wanted = ids[:, 1:].reshape(-1), weights[:, 1:].reshape(-1)
        return head_loss(hidden, self.embedding, self.rows, self.row_ids, targets, wanted)

    @torch.no_grad()
    def logprobs(self, ids: Tensor) -> Tensor:
        """Return the log-probability of each token but the first, [rows, length - 1], float32."""
        hidden = self.hidden(ids)[:, :-1].reshape(-1, self.shape.hidden)
        found = head_logprobs(
            hidden, self.embedding, self.rows, self.row_ids, ids[:, 1:].reshape(-1)
        )
        return found.view(ids.shape[0], -1)


def block_weights(
    gguf: GgufFile, shape: LlamaShape, index: int, dtype: torch.dtype
) -> dict[str, Tensor]:
    """Return the frozen weights of one layer; the norms stay float32."""

    def read(name: str) -> np.ndarray:
        return gguf.tensor(f"blk.{index}.{name}.weight")

    queries = unpermute_rotary_rows(read("attn_q"), shape.heads)
    keys = unpermute_rotary_rows(read("attn_k"), shape.kv_heads)
    matrices = {
        "attn_qkv": np.concatenate([queries, keys, read("attn_v")]),
        "attn_output": read("attn_output"),
        "ffn_gate_up": np.concatenate([read("ffn_gate"), read("ffn_up")]),
        "ffn_down": read("ffn_down"),
    }
    tensors = {name: torch.from_numpy(matrix).to(dtype) for name, matrix in matrices.items()}
    norms = {name: torch.from_numpy(read(name)) for name in ("attn_norm", "ffn_norm")}
    return tensors | norms


def rms_norm(x: Tensor, gamma: Tensor, epsilon: float) -> Tensor:
    """Normalise the last dimension by its root mean square, in float32."""
    return functional.rms_norm(x, gamma.shape, gamma, epsilon)


def rotary(length: int, shape: LlamaShape, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return cosines and sines of the rotary embedding, each [length, head size]."""
    size = shape.hidden // shape.heads
    steps = shape.rope_base ** (-torch.arange(0, size, 2).float() / size)
    angles = torch.outer(torch.arange(length).float(), steps)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Apply the rotary embedding, whose halves lie one after the other, to [..., length, size]."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin
