"""Each ranker on the same candidates: scores, bounds, and who is shown."""

from __future__ import annotations

import math
import typing
from dataclasses import replace

import pytest

from codex_lsp.completer import Completer
from codex_lsp.options import CompleterOptions, RankerName
from codex_lsp.ranking import (
    RANKERS,
    Chance,
    MeanLogprob,
    SuffixLikelihood,
    SummedLogprob,
    make_ranker,
)
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import (
    Candidate,
    Completion,
    CompletionRequest,
    Context,
    Document,
    FinishReason,
    Shape,
    Token,
)
from tests.unit.fake_engine import FakeEngine, description

CONTEXT = Context("x = ", "\nprint(x)\n", "python", Shape.LINE)


def candidate(text: str, *logprobs: float) -> Candidate:
    """Make a candidate of one token for each log-probability; the first has all of the text."""
    tokens = [Token(1, "", value) for value in logprobs]
    tokens[0] = replace(tokens[0], text=text)
    return Candidate(tuple(tokens), FinishReason.STOP)


def shown_by(ranker: RankerName, engine: FakeEngine, **sampling: int | float | None) -> list[str]:
    sampled = SamplingParams(**{"n": 2, **sampling})
    options = CompleterOptions(sampling=sampled, ranker=ranker, profile="eager")
    request = CompletionRequest(Document("x =\nprint(x)\n"), 3)
    result = Completer(engine, description()).complete(request, options).result
    assert isinstance(result, Completion)
    return [item.text for item in result.alternatives]


def test_every_name_has_a_ranker() -> None:
    assert {"auto", *RANKERS} == set(typing.get_args(RankerName))
    made = {name: type(make_ranker(name, FakeEngine())) for name in RANKERS}
    assert made == {
        "mean-logprob": MeanLogprob,
        "summed-logprob": SummedLogprob,
        "random": Chance,
        "suffix-likelihood": SuffixLikelihood,
    }


def test_the_mean_prefers_the_long_and_likely_the_sum_the_short() -> None:
    rows = [("ab\n", -0.6), ("abcdefgh\n", -0.5)]
    assert shown_by("mean-logprob", FakeEngine(rows), patience=20) == ["abcdefgh", "ab"]
    assert shown_by("summed-logprob", FakeEngine(rows), patience=None) == ["ab", "abcdefgh"]


def test_the_sum_cannot_rise() -> None:
    ranker = SummedLogprob()
    assert ranker.score(candidate("a", -1.0, -3.0), CONTEXT) == -4.0
    assert ranker.bound(candidate("a", -1.0, -3.0), 7) == -4.0
    assert ranker.score(Candidate((), FinishReason.STOP), CONTEXT) == -math.inf
    assert ranker.bound(Candidate((), FinishReason.STOP), 7) == 0.0


def test_a_row_that_the_sum_rules_out_is_given_up() -> None:
    # Once `ab` is whole at -1.8, its end included, six tokens of -0.31 are too many.
    engine = FakeEngine([("ab\n", -0.6), ("abcdefgh\n", -0.31)])
    assert shown_by("summed-logprob", engine, patience=20) == ["ab"]
    assert engine.fed == [3, 6]


def test_chance_is_reproducible_even_and_never_rules_a_row_out() -> None:
    one, other = Chance(seed=7), Chance(seed=7)
    draws = [one.score(candidate("a", -1.0), CONTEXT) for _ in range(2000)]
    assert draws == [other.score(candidate("a", -1.0), CONTEXT) for _ in range(2000)]
    assert sum(draws) / 2000 == pytest.approx(0.5, abs=0.02)
    assert one.bound(candidate("a", -9.0), 0) == math.inf


def test_chance_shows_every_sample_in_turn() -> None:
    rows = [("ab\n", -0.6), ("cd\n", -0.5)]
    engine = FakeEngine(*[rows] * 40)
    completer = Completer(engine, description())
    options = CompleterOptions(sampling=SamplingParams(n=2), ranker="random", profile="eager")
    firsts = []
    for number in range(40):
        request = CompletionRequest(Document("x =\n", uri=f"file:///{number}"), 3)
        result = completer.complete(request, options).result
        assert isinstance(result, Completion)
        firsts.append(result.text)
    assert firsts.count("ab") + firsts.count("cd") == 40
    assert 8 < firsts.count("ab") < 32


class Follows(FakeEngine):
    """Gives the last tokens of a sequence the log-probability written for what it holds."""

    def __init__(self, follows: dict[str, float], *batches: list[tuple[str, float]]) -> None:
        super().__init__(*batches)
        self._follows = follows
        self.late = False

    def get(self) -> list[list[float]] | None:
        if self.late:
            return None
        found = []
        for text in self.scored:
            value = next(value for part, value in self._follows.items() if part in text)
            found.append([0.0] * (len(text.encode()) - 1 - 5) + [value] * 5)
        return found


def test_what_the_suffix_follows_best_is_shown() -> None:
    engine = Follows({"ab": -3.0, "cd": -1.0}, [("ab\n", -0.1), ("cd\n", -0.5)])
    assert shown_by("suffix-likelihood", engine) == ["cd", "ab"]
    # Prefix, candidate, and as much of the suffix as eight one-byte tokens are.
    assert engine.scored == ["x =ab\nprint(x", "x =cd\nprint(x"]


def test_the_suffix_counts_with_its_mean_behind_the_mean_of_the_candidate() -> None:
    ranker = SuffixLikelihood(Follows({"= ab": -3.0, "= cd": -1.0}))
    context = replace(CONTEXT, suffix="\nend")
    ab, cd = candidate("ab", -0.25, -0.25), candidate("cd", -0.5)
    # Of the five last tokens four are the suffix's.
    assert ranker.scores([ab, cd, ab], context) == [-3.25, -1.5, -3.25]
    assert ranker.bound(ab, 0) == math.inf


def test_only_a_short_window_is_read() -> None:
    engine = Follows({"ab": -3.0, "cd": -1.0})
    context = replace(CONTEXT, prefix="p" * 500, suffix="s" * 500)
    SuffixLikelihood(engine).scores([candidate("ab", -1.0), candidate("cd", -1.0)], context)
    assert engine.scored == ["p" * 12 + text + "s" * 8 for text in ("ab", "cd")]


@pytest.mark.parametrize("suffix", ["", " \n\n"])
def test_without_a_suffix_the_model_is_not_asked(suffix: str) -> None:
    engine = FakeEngine()
    candidates = [candidate("ab", -1.0), candidate("cd", -2.0)]
    context = replace(CONTEXT, suffix=suffix)
    assert SuffixLikelihood(engine).scores(candidates, context) == [-1.0, -2.0]
    assert engine.scored == []


def test_scores_that_do_not_come_in_time_are_done_without() -> None:
    candidates = [candidate("ab", -1.0), candidate("cd", -2.0)]
    engine = FakeEngine(scores=None)
    assert SuffixLikelihood(engine, wait_ms=0).scores(candidates, CONTEXT) == [-1.0, -2.0]
    assert len(engine.scored) == 2


def test_an_engine_that_has_no_scores_is_not_asked_for_ever() -> None:
    candidates = [candidate("ab", -1.0), candidate("cd", -2.0)]
    engine = Follows({"ab": -3.0, "cd": -1.0})
    ranker = SuffixLikelihood(engine, wait_ms=0)
    engine.late = True
    for _ in range(2):
        assert ranker.scores(candidates, CONTEXT) == [-1.0, -2.0]
    engine.late = False
    assert ranker.scores(candidates, CONTEXT) != [-1.0, -2.0]
    engine.late = True
    for _ in range(3):
        assert ranker.scores(candidates, CONTEXT) == [-1.0, -2.0]
    engine.late, engine.scored = False, []
    assert ranker.scores(candidates, CONTEXT) == [-1.0, -2.0]
    assert engine.scored == []


def test_a_model_that_reads_the_suffix_is_not_asked_about_it() -> None:
    engine = Follows({"ab": -3.0, "cd": -1.0}, [("ab\n", -0.1), ("cd\n", -0.5)])
    options = CompleterOptions(
        sampling=SamplingParams(n=2), ranker="suffix-likelihood", profile="eager"
    )
    request = CompletionRequest(Document("x =\nprint(x)\n"), 3)
    result = Completer(engine, description(fim=True)).complete(request, options).result
    assert isinstance(result, Completion)
    assert (result.text, engine.scored) == ("ab", [])
