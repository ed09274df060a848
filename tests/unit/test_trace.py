"""What the pipeline reports of its candidates."""

from __future__ import annotations

from dataclasses import replace

from codex_lsp.completer import Completer
from codex_lsp.options import CompleterOptions
from codex_lsp.process import framing
from codex_lsp.process.messages import Ended
from codex_lsp.sampling import SamplingParams
from codex_lsp.trace import MAX_CANDIDATES, MAX_TEXT_CHARS, bounded, turned_down
from codex_lsp.types import (
    Candidate,
    CompletionRequest,
    Considered,
    Document,
    FinishReason,
    Outcome,
    Recalled,
    Rejection,
    RejectionReason,
    Source,
    Token,
)
from tests.unit.fake_engine import FakeEngine, description


def run(engine: FakeEngine, marked: str, *recalled: Recalled, threshold: float = -99.0) -> Outcome:
    offset = marked.index("¦")
    request = CompletionRequest(Document(marked.replace("¦", "")), offset, recalled=recalled)
    options = CompleterOptions(SamplingParams(n=2), min_mean_logprob=threshold)
    return Completer(engine, description()).complete(request, options)


def fates(outcome: Outcome) -> list[tuple[str, int | None, str]]:
    """Each candidate's text, its rank, and the filter that rejected it."""
    return [
        (item.text, item.rank, "" if item.rejection is None else item.rejection.by)
        for item in outcome.considered
    ]


def test_ranked_ones_come_first_then_those_that_filters_rejected() -> None:
    outcome = run(FakeEngine([("\n", -0.1), ("abc\n", -1.0)]), "x =¦\n")
    assert fates(outcome) == [("abc", 0, ""), ("", None, "blanks")]
    assert outcome.considered[1].rejection is not None
    assert outcome.considered[1].rejection.reason is RejectionReason.EMPTY


def test_one_below_the_threshold_keeps_its_rank() -> None:
    outcome = run(FakeEngine([("a\n", -3.0), ("b\n", -4.0)]), "x =¦\n", threshold=-2.0)
    assert isinstance(outcome.result, Rejection)
    assert outcome.result.reason is RejectionReason.LOW_CONFIDENCE
    assert fates(outcome) == [("a", 0, ""), ("b", 1, "")]


def test_a_recalled_line_that_a_filter_rejected_is_there_too() -> None:
    lines = (Recalled(" f(y)", 0.9), Recalled("   ", 0.1))
    outcome = run(FakeEngine(), "x =¦\n", *lines)
    assert fates(outcome) == [(" f(y)", 0, ""), ("   ", None, "blanks")]
    assert [item.source for item in outcome.considered] == [Source.RECALLED] * 2


def test_the_rejected_of_both_batches_are_there() -> None:
    # No row begins with the blank that was left out, so that it is given to the model after all.
    engine = FakeEngine([("a\n", -1.0), ("b\n", -1.0)], [("c\n", -1.0), ("\n", -1.0)])
    outcome = run(engine, "x = ¦\n")
    assert fates(outcome) == [("c", 0, ""), ("", None, "mismatch"), ("", None, "blanks")]
    assert outcome.considered[1].agreement == 2


def test_nothing_was_considered_before_the_model_was_asked() -> None:
    assert run(FakeEngine(), "¦").considered == ()


def test_it_is_bounded() -> None:
    token = Token(1, "x" * (MAX_TEXT_CHARS + 5), -1.0)
    rejection = Rejection(RejectionReason.EMPTY, "Nothing.", "blanks")
    long = turned_down(Candidate((token,), FinishReason.STOP), rejection)
    assert len(long.text) == MAX_TEXT_CHARS
    many = [replace(long, text=f"{index}") for index in range(MAX_CANDIDATES + 5)]
    assert len(bounded(many)) == MAX_CANDIDATES
    assert bounded([long, long, long]) == (replace(long, agreement=3),)


def test_it_adds_little_to_what_the_engines_process_says() -> None:
    outcome = run(FakeEngine([("\n", -0.1), ("abc\n", -1.0)]), "x =¦\n")
    without = replace(outcome, considered=())
    assert len(framing.encode(Ended(1, outcome))) - len(framing.encode(Ended(1, without))) < 1000


def test_equal_texts_with_different_fates_stay_apart() -> None:
    kept = Considered("a", -1.0, 1, Source.SAMPLED, rank=0)
    lost = replace(kept, rank=None, rejection=Rejection(RejectionReason.EMPTY, "", "blanks"))
    other = replace(lost, rejection=Rejection(RejectionReason.EMPTY, "", "mismatch"))
    assert bounded([kept, lost, other]) == (kept, lost, other)
