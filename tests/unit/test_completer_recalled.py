"""Recalled lines beside samples: which of them are shown, and what they cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codex_lsp.completer import Completer
from codex_lsp.options import CompleterOptions
from codex_lsp.sampling import SamplingParams
from codex_lsp.typed import TypedText
from codex_lsp.types import (
    CompletionRequest,
    Recalled,
    Source,
    Work,
)
from tests.unit.completing import completion_of, request
from tests.unit.fake_engine import FakeEngine, description, merging_tokenizer


def with_recalled(marked: str, *lines: tuple[str, float]) -> CompletionRequest:
    return replace(request(marked), recalled=tuple(Recalled(*line) for line in lines))


def test_a_recalled_line_that_is_likely_right_answers_without_the_model() -> None:
    engine = FakeEngine()
    outcome = Completer(engine, description()).complete(
        with_recalled("x =¦", (" f(y)  ", 0.6), (" f(z)", 0.1)), CompleterOptions()
    )
    result = completion_of(outcome.result)
    assert [
        (item.text, item.source, item.mean_logprob, item.confidence) for item in result.alternatives
    ] == [(" f(y)", Source.RECALLED, None, 0.6), (" f(z)", Source.RECALLED, None, 0.1)]
    assert outcome.work == Work()
    assert engine.scored == []


def test_recalled_lines_compete_with_samples_by_confidence() -> None:
    # Of samples with four tokens of -0.8 one in twenty is right.
    engine = FakeEngine([("abc\n", -0.8), ("abd\n", -0.9)])
    outcome = Completer(engine, description()).complete(
        with_recalled("x =¦", (" f(y)", 0.2), ("zz", 0.001)),
        CompleterOptions(profile="eager", sampling=SamplingParams(n=2)),
    )
    result = completion_of(outcome.result)
    assert [item.text for item in result.alternatives] == [" f(y)", "abc", "abd", "zz"]
    assert [item.rank for item in result.alternatives] == [0, 1, 2, 3]
    assert result.mean_logprob is None
    assert result.complete


def test_recalled_lines_are_scored_behind_what_precedes_them() -> None:
    engine = FakeEngine([("abc\n", -0.5)], scores={" f(y)": -0.25, "zz": -4.0, "q": -1.0})
    outcome = Completer(engine, description()).complete(
        with_recalled("x =¦", (" f(y)", 0.2), ("zz", 0.02), ("q", 0.05)),
        CompleterOptions(profile="eager", sampling=SamplingParams(n=1)),
    )
    result = completion_of(outcome.result)
    assert engine.scored == ["x = f(y)", "x =zz"]
    assert outcome.work == Work(read=3, decoded=4, scored=8 + 5)
    assert [(item.text, item.mean_logprob) for item in result.alternatives] == [
        (" f(y)", -0.25),
        ("abc", -0.5),
        ("q", None),
        ("zz", -4.0),
    ]


def test_a_text_that_is_both_sampled_and_recalled_is_one_candidate() -> None:
    engine = FakeEngine([("abc\n", -0.9), ("xyz\n", -0.8)])
    outcome = Completer(engine, description()).complete(
        with_recalled("x =¦", ("abc", 0.2)),
        CompleterOptions(profile="eager", sampling=SamplingParams(n=2)),
    )
    (best, other) = completion_of(outcome.result).alternatives
    assert (best.text, best.source, best.agreement) == ("abc", Source.SAMPLED, 2)
    assert (best.confidence, best.mean_logprob) == (0.2, pytest.approx(-0.9))
    assert other.text == "xyz"


def test_recalled_lines_that_the_filters_refuse_or_the_user_leaves_are_not_shown() -> None:
    typed = TypedText("a")
    engine = FakeEngine([("abc\n", -0.9)])
    outcome = Completer(engine, description()).complete(
        with_recalled("x =¦)", (")", 0.2), ("xyz", 0.2), ("aq", 0.2)),
        CompleterOptions(profile="eager", sampling=SamplingParams(n=1)),
        typed=typed,
    )
    texts = [item.text for item in completion_of(outcome.result).alternatives]
    assert texts == ["aq", "abc"]


def test_a_line_whose_first_token_begins_the_file_is_kept_whole_and_not_scored() -> None:
    engine = FakeEngine([("abc\n", -0.9)], scores={"import os": -1.0})
    engine.tokenizer = merging_tokenizer(("i", "m"), ("p", "o"), ("im", "po"))
    outcome = Completer(engine, description()).complete(
        with_recalled("im¦", ("port os", 0.2)),
        CompleterOptions(profile="eager", sampling=SamplingParams(n=1)),
    )
    first = completion_of(outcome.result).alternatives[0]
    assert engine.scored == ["import os"]
    assert (first.text, first.mean_logprob, first.confidence) == ("port os", None, 0.2)
