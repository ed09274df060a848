"""The CTranslate2 engine on the real model: cached or not, cancelled or not, it says the same."""

from __future__ import annotations

import argparse
import math
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from codex_lsp.completer import Completer
from codex_lsp.engine.base import Cancellation
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.errors import EngineError, GenerationCancelled
from codex_lsp.model_dir import ModelDir, load
from codex_lsp.options import CompleterOptions, EngineOptions
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Completion, CompletionRequest, Document, Prompt

GREEDY = SamplingParams(temperature=0)


class Collect:
    """A sink that keeps everything."""

    def __init__(self, cancel_at: tuple[Cancellation, int] | None = None) -> None:
        self.rows: dict[int, list[tuple[int, float]]] = {}
        self._cancel_at = cancel_at
        self.fed = 0

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        self.fed += 1
        self.rows.setdefault(row, []).append((token_id, logprob))
        if self._cancel_at is not None and self.fed == self._cancel_at[1]:
            self._cancel_at[0].cancel()
        return False


@pytest.fixture(scope="module")
def engine(model: ModelDir) -> Iterator[CTranslate2Engine]:
    engine = CTranslate2Engine(model, EngineOptions(seed=1, max_cache_mb=100))
    yield engine
    engine.close()


def code_ids(engine: CTranslate2Engine, count: int) -> tuple[int, ...]:
    text = Path(str(argparse.__file__)).read_text(encoding="utf-8")
    return engine.tokenizer.encode(text)[:count]


def generate(engine: CTranslate2Engine, prompt: Prompt, tokens: int = 8) -> list[tuple[int, float]]:
    sink = Collect()
    engine.generate(prompt, GREEDY, sink, Cancellation(), tokens)
    return sink.rows[0]


@pytest.fixture(scope="module")
def exact_engine(model: ModelDir) -> Iterator[CTranslate2Engine]:
    """In float32: int8 kernels differ in the last digits with the number of tokens read at once."""
    engine = CTranslate2Engine(model, EngineOptions(compute_type="float32"))
    yield engine
    engine.close()


@pytest.mark.parametrize(("length", "split"), [(40, 30), (200, 150), (200, 199), (400, 100)])
def test_a_kept_anchor_changes_nothing(
    exact_engine: CTranslate2Engine, length: int, split: int
) -> None:
    ids = code_ids(exact_engine, length)
    whole = generate(exact_engine, Prompt((), ids))
    for _ in range(2):  # the first keeps the anchor, the second goes on from it
        kept = generate(exact_engine, Prompt(ids[:split], ids[split:]))
        assert [token_id for token_id, _ in kept] == [token_id for token_id, _ in whole]
        assert [logprob for _, logprob in kept] == pytest.approx(
            [logprob for _, logprob in whole], abs=1e-4
        )


def test_the_memory_of_kept_anchors_stays_within_its_limit(engine: CTranslate2Engine) -> None:
    ids = code_ids(engine, 600)
    before = engine.prefix_cache.dropped
    first = generate(engine, Prompt(ids[:300], ids[300:310]))
    for start in range(1, 5):
        generate(engine, Prompt(ids[start : start + 300], ids[start + 300 : start + 310]), 1)
        assert engine.prefix_cache.kept_tokens * 138_240 <= 100_000_000
    assert engine.prefix_cache.dropped > before
    assert generate(engine, Prompt(ids[:300], ids[300:310])) == first


def test_weights_that_were_away_for_a_while_do_not_end_the_engine(
    model: ModelDir, tmp_path: Path
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model.path, copy)
    engine = CTranslate2Engine(load(copy), EngineOptions(max_cache_mb=50))
    ids = code_ids(engine, 600)
    first = generate(engine, Prompt(ids[:300], ids[300:310]))
    weights = copy / "model.bin"
    weights.rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(EngineError, match="The model failed while decoding: "):
            generate(engine, Prompt(ids[1:301], ids[301:310]))
    (tmp_path / "away").rename(weights)
    assert generate(engine, Prompt(ids[:300], ids[300:310])) == first
    assert engine.prefix_cache.kept_tokens == 300
    engine.close()


def test_a_cancelled_generation_stops_within_a_step_and_leaves_the_engine_sound(
    engine: CTranslate2Engine,
) -> None:
    ids = code_ids(engine, 100)
    expected = generate(engine, Prompt((), ids))
    flag = Cancellation()
    sink = Collect((flag, 10))
    with pytest.raises(GenerationCancelled):
        engine.generate(Prompt((), ids), SamplingParams(n=4), sink, flag, 50)
    assert sink.fed == 10
    assert generate(engine, Prompt((), ids)) == expected
    with pytest.raises(GenerationCancelled):
        engine.generate(Prompt((), ids), GREEDY, sink, flag, 50)
    assert sink.fed == 10


def test_what_a_sink_raises_is_not_told_as_a_failure_of_the_model(
    engine: CTranslate2Engine,
) -> None:
    class Broken:
        def feed(self, row: int, token_id: int, logprob: float) -> bool:
            raise ValueError("text of the user's")

    with pytest.raises(ValueError, match=r"^text of the user's$"):
        engine.generate(Prompt((), code_ids(engine, 5)), GREEDY, Broken(), Cancellation(), 3)
    assert generate(engine, Prompt((), code_ids(engine, 5)), 2)


def test_of_one_likeliest_token_rows_are_greedy(engine: CTranslate2Engine) -> None:
    ids = code_ids(engine, 60)
    sink = Collect()
    params = SamplingParams(n=3, temperature=3.0, top_k=1)
    engine.generate(Prompt((), ids), params, sink, Cancellation(), 8)
    (alone,) = {tuple(token for token, _ in row) for row in sink.rows.values()}
    assert alone == tuple(token for token, _ in generate(engine, Prompt((), ids)))


def test_rows_that_are_stopped_get_no_more_tokens(engine: CTranslate2Engine) -> None:
    class StopOdd(Collect):
        def feed(self, row: int, token_id: int, logprob: float) -> bool:
            super().feed(row, token_id, logprob)
            return row % 2 == 1

    sink = StopOdd()
    prompt = Prompt((), code_ids(engine, 50))
    engine.generate(prompt, SamplingParams(n=4), sink, Cancellation(), 6)
    assert {row: len(tokens) for row, tokens in sink.rows.items()} == {0: 6, 1: 1, 2: 6, 3: 1}


def test_a_seed_belongs_to_an_engine(model: ModelDir) -> None:
    seen = []
    for seed in (5, 5, 6):
        engine = CTranslate2Engine(model, EngineOptions(seed=seed))
        sink = Collect()
        prompt = Prompt((), engine.tokenizer.encode("import os\n\nfor name"))
        engine.generate(prompt, SamplingParams(n=3, temperature=1.5), sink, Cancellation(), 8)
        engine.close()
        seen.append(sink.rows)
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


def test_a_closed_engine_and_a_wrong_device_say_so(model: ModelDir) -> None:
    engine = CTranslate2Engine(model)
    engine.close()
    with pytest.raises(EngineError, match=r"The engine has been closed\."):
        engine.generate(Prompt((), (1,)), GREEDY, Collect(), Cancellation(), 1)
    with pytest.raises(EngineError, match="cannot load"):
        CTranslate2Engine(model, EngineOptions(compute_type="float8"))


def test_scores_are_the_log_probabilities_that_decoding_gives(
    exact_engine: CTranslate2Engine,
) -> None:
    ids = code_ids(exact_engine, 60)
    decoded = generate(exact_engine, Prompt((), ids))
    sequence = (*ids, *(token_id for token_id, _ in decoded))
    pending = exact_engine.score([sequence, ids])
    while (scores := pending.get()) is None:
        time.sleep(0.005)
    assert [len(logprobs) for logprobs in scores] == [len(sequence) - 1, len(ids) - 1]
    assert list(scores[0][-len(decoded) :]) == pytest.approx(
        [logprob for _, logprob in decoded], abs=1e-3
    )


def test_lines_are_scored_while_others_are_sampled(model: ModelDir) -> None:
    engine = CTranslate2Engine(model)
    ids = code_ids(engine, 64)

    class Look(Collect):
        """Ends once the scores are there."""

        def feed(self, row: int, token_id: int, logprob: float) -> bool:
            super().feed(row, token_id, logprob)
            return pending.get() is not None

    pending = engine.score([ids])
    sink = Look()
    engine.generate(Prompt((), ids), SamplingParams(n=1), sink, Cancellation(), 1000)
    engine.close()
    assert sink.fed < 1000
    assert pending.get() is not None


def test_the_first_token_is_the_likeliest_of_those_allowed(
    exact_engine: CTranslate2Engine,
) -> None:
    tokenizer = exact_engine.tokenizer
    ids = tokenizer.encode("def add(a, b):\n    return")
    ((greedy, logprob),) = generate(exact_engine, Prompt((), ids), 1)
    everything = exact_engine.first_token(Prompt((), ids), range(49_152), Cancellation())
    assert (everything.id, everything.mass) == (greedy, pytest.approx(1.0))
    assert everything.logprob == pytest.approx(logprob, abs=1e-4)
    (b,) = tokenizer.encode(" b")
    (z,) = tokenizer.encode(" z")
    some = exact_engine.first_token(Prompt(ids[:4], ids[4:]), (z, b), Cancellation())
    assert some.id == b
    # Among two tokens, of which the other has the rest.
    assert 0.5 < math.exp(some.logprob) < 1
    assert some.mass < everything.mass
    called_off = Cancellation()
    called_off.cancel()
    with pytest.raises(GenerationCancelled):
        exact_engine.first_token(Prompt((), ids), (z, b), called_off)


def test_a_word_that_has_been_begun_is_finished(model: ModelDir) -> None:
    engine = CTranslate2Engine(model, EngineOptions(seed=1))
    text = "import sys\n\nfor name in sys.argv:\n    pri"
    request = CompletionRequest(Document(text, "python"), len(text))
    options = CompleterOptions(profile="eager")
    result = Completer(engine, model.description).complete(request, options).result
    engine.close()
    assert isinstance(result, Completion)
    assert result.text.startswith("nt(")
    assert all(item.text.startswith("nt") for item in result.alternatives)
