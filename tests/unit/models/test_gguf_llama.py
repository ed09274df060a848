from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_model import HEADS, HIDDEN, KV_HEADS, LAYERS, Tiny, TinySpec, tensors, write_gguf

from codex_lsp.errors import ConversionError, DamagedFileError
from codex_lsp_models.build import read_logprobs
from codex_lsp_models.gguf_llama import GgufFile, convert, unpermute_rotary_rows

IDS = [5, 40, 41, 200, 7, 7, 150, 280, 12]


def test_unpermute_puts_the_two_halves_of_every_head_one_after_the_other() -> None:
    # Two heads of four rows; GGUF keeps row i of both halves side by side.
    rows = np.array([[0], [2], [1], [3], [10], [12], [11], [13]], dtype=np.float32)
    expected = np.array([[0], [1], [2], [3], [10], [11], [12], [13]], dtype=np.float32)
    np.testing.assert_array_equal(unpermute_rotary_rows(rows, heads=2), expected)


def test_unpermute_undoes_what_llama_cpp_does() -> None:
    weight = np.arange(64 * 3, dtype=np.float32).reshape(64, 3)
    # convert_hf_to_gguf.py, LlamaModel.permute
    permuted = weight.reshape(4, 2, 8, 3).swapaxes(1, 2).reshape(64, 3)
    np.testing.assert_array_equal(unpermute_rotary_rows(permuted, heads=4), weight)


def llama_logprobs(weights: dict[str, np.ndarray], ids: list[int]) -> np.ndarray:
    """Llama as llama.cpp computes it: rotary embedding over pairs of neighbours, float64."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    head = HIDDEN // HEADS
    positions = np.arange(len(ids))[:, None] * 10000.0 ** (-np.arange(0, head, 2) / head)
    cos, sin = np.cos(positions)[:, None], np.sin(positions)[:, None]

    def norm(x: np.ndarray, gamma: np.ndarray) -> np.ndarray:
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * gamma

    def rotate(x: np.ndarray) -> np.ndarray:
        even, odd = x[..., 0::2], x[..., 1::2]
        return np.stack([even * cos - odd * sin, even * sin + odd * cos], -1).reshape(x.shape)

    def softmax(x: np.ndarray) -> np.ndarray:
        exp = np.exp(x - x.max(-1, keepdims=True))
        return exp / exp.sum(-1, keepdims=True)

    x = w["token_embd.weight"][ids]
    mask = np.triu(np.full((len(ids), len(ids)), -np.inf), 1)
    for layer in range(LAYERS):

        def at(name: str, layer: int = layer) -> np.ndarray:
            return w[f"blk.{layer}.{name}.weight"]

        h = norm(x, at("attn_norm"))
        q = rotate((h @ at("attn_q").T).reshape(-1, HEADS, head))
        k = rotate((h @ at("attn_k").T).reshape(-1, KV_HEADS, head))
        v = (h @ at("attn_v").T).reshape(-1, KV_HEADS, head)
        k, v = (np.repeat(part, HEADS // KV_HEADS, axis=1) for part in (k, v))
        attention = softmax(np.einsum("ihd,jhd->hij", q, k) / np.sqrt(head) + mask)
        x = x + np.einsum("hij,jhd->ihd", attention, v).reshape(-1, HIDDEN) @ at("attn_output").T
        h = norm(x, at("ffn_norm"))
        gate = h @ at("ffn_gate").T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ at("ffn_up").T)) @ at("ffn_down").T
    output = w.get("output.weight", w["token_embd.weight"])
    return np.log(softmax(norm(x, w["output_norm.weight"]) @ output.T))


@pytest.mark.parametrize("tied", [True, False])
def test_a_converted_model_computes_what_the_weights_say(tmp_path: Path, tied: bool) -> None:
    spec = TinySpec(tied=tied)
    gguf = GgufFile(write_gguf(tmp_path / "tiny.gguf", spec))
    output = tmp_path / "model"
    output.mkdir()
    done: list[tuple[int, int]] = []
    convert(gguf, output, "float32", lambda layer, layers: done.append((layer, layers)))

    (found,) = read_logprobs(output, [IDS])
    wanted = llama_logprobs(tensors(spec, gguf.shape().vocabulary), IDS)

    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-5
    assert done == [(1, 2), (2, 2)]


def test_converting_leaves_the_source_file_as_it_was(tiny: Tiny, tmp_path: Path) -> None:
    before = tiny.gguf.read_bytes()
    convert(GgufFile(tiny.gguf), tmp_path, "int8", lambda layer, layers: None)
    assert tiny.gguf.read_bytes() == before


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (TinySpec(architecture="mamba"), "holds a 'mamba' model; only Llama models are read"),
        (TinySpec(metadata={"llama.rope.scaling.type": "yarn"}), "uses rotary scaling"),
        (TinySpec(extra={"rope_freqs.weight": (4,)}), "uses rotary scaling"),
        (TinySpec(metadata={"llama.expert_count": 8}), "is a mixture of experts"),
        (TinySpec(metadata={"llama.attention.key_length": 16}), "attention.key_length 16"),
        (TinySpec(extra={"blk.0.attn_q.bias": (32,)}), "holds 'blk.0.attn_q.bias', which a plain"),
        (TinySpec(left_out=("blk.1.ffn_up.weight",)), "'blk.1.ffn_up.weight' of shape None"),
        (
            TinySpec(extra={"token_embd.weight": (9, 32)}),
            r"'token_embd.weight' of shape \(9, 32\) instead of \(\d+, 32\)",
        ),
        (TinySpec(metadata={"llama.block_count": 2**32 - 1}), "too few for 4294967295 layers"),
        (TinySpec(metadata={"llama.attention.head_count": 3}), "has 3 heads, 2 for keys, of 32"),
        (TinySpec(metadata={"llama.rope.freq_base": "fast"}), "freq_base 'fast': not supported"),
        (
            TinySpec(metadata={"llama.attention.layer_norm_rms_epsilon": [1, 2]}),
            r"epsilon \[1, 2\]: not supported",
        ),
        (TinySpec(metadata={"tokenizer.ggml.tokens": 3}), "tokens' that is no list of texts"),
        (TinySpec(metadata={"tokenizer.ggml.tokens": [3]}), "tokens' that is no list of texts"),
    ],
    ids=lambda value: value.replace("\\", "")[:20] if isinstance(value, str) else "",
)
def test_what_would_be_converted_wrongly_is_refused(
    tmp_path: Path, spec: TinySpec, message: str
) -> None:
    gguf = GgufFile(write_gguf(tmp_path / "odd.gguf", spec))
    with pytest.raises(ConversionError, match=message):
        gguf.shape()


@pytest.mark.parametrize("keep", [0, 10, 500, 20_000, -1])
def test_a_cut_file_is_said_to_be_damaged(tiny: Tiny, tmp_path: Path, keep: int) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(tiny.gguf.read_bytes()[:keep])
    with pytest.raises(DamagedFileError, match=r"^cut\.gguf is not a whole GGUF file \("):
        GgufFile(cut)


def test_a_text_that_is_damaged_is_said_to_be(tiny: Tiny, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(tiny.gguf.read_bytes().replace(b"apache-2.0", b"ap\xc4che-2.0"))
    with pytest.raises(
        DamagedFileError, match=r"^damaged\.gguf is damaged: its 'general\.license'"
    ):
        GgufFile(damaged).value("general.license")


def test_a_token_that_is_none_is_refused(tmp_path: Path) -> None:
    spec = TinySpec(metadata={"tokenizer.ggml.eot_token_id": 99_999})
    gguf = GgufFile(write_gguf(tmp_path / "odd.gguf", spec))
    assert gguf.token("eos") == "<|endoftext|>"
    assert gguf.token("sep") is None
    with pytest.raises(ConversionError, match=r"names token 99999 as its eot, of \d+ tokens\.$"):
        gguf.token("eot")


def test_missing_metadata_is_named(tiny: Tiny) -> None:
    with pytest.raises(ConversionError, match=r"tiny\.gguf lacks the metadata 'llama\.nothing'"):
        GgufFile(tiny.gguf).required("llama.nothing")
    with pytest.raises(ConversionError, match=r"tiny\.gguf lacks the tensor 'nothing'"):
        GgufFile(tiny.gguf).tensor("nothing")
