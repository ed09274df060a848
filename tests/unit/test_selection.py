"""What the pipeline shows of insecure, unsure and disagreeing candidates."""

from __future__ import annotations

from typing import Any

import pytest

from codex_lsp.completer import Completer
from codex_lsp.options import CompleterOptions
from codex_lsp.process import framing
from codex_lsp.process.messages import Ended
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Document,
    Outcome,
    Recalled,
    Rejection,
    RejectionReason,
    Source,
    Trigger,
)
from tests.unit.fake_engine import FakeEngine, description

JS = "javascript"
EVAL = " eval(a)\n"


def outcome(
    engine: FakeEngine,
    text: str = "x =",
    recalled: tuple[Recalled, ...] = (),
    trigger: Trigger = Trigger.AUTOMATIC,
    n: int = 2,
    **options: Any,
) -> Outcome:
    request = CompletionRequest(Document(text, JS), len(text), trigger, recalled)
    options = {"profile": "eager", **options}
    chosen = CompleterOptions(sampling=SamplingParams(n=n), max_latency_ms=None, **options)
    return Completer(engine, description()).complete(request, chosen)


def shown(found: Outcome) -> list[tuple[str, tuple[str, ...]]]:
    assert isinstance(found.result, Completion), found.result
    return [(item.text, item.findings) for item in found.result.alternatives]


def test_an_insecure_candidate_ranks_behind_clean_ones() -> None:
    engine = FakeEngine([(EVAL, -0.1), (" parse(a)\n", -1.0)])
    assert shown(outcome(engine)) == [(" parse(a)", ()), (" eval(a)", ("eval",))]


def test_nothing_is_given_up_for_an_insecure_candidate() -> None:
    # Its whole line would end the others two steps later, and its score rule them out.
    engine = FakeEngine([(EVAL, -0.1), (" parse(aaaaaaaaaa)\n", -1.0)])
    assert shown(outcome(engine))[0] == (" parse(aaaaaaaaaa)", ())


def test_when_it_is_all_there_is_it_is_marked() -> None:
    engine = FakeEngine([(EVAL, -0.1), (EVAL, -0.2)])
    assert shown(outcome(engine)) == [(" eval(a)", ("eval",))]


def test_rejected_it_is_not_shown_and_explained() -> None:
    engine = FakeEngine([(EVAL, -0.1), (" parse(a)\n", -1.0)])
    found = outcome(engine, safety="reject")
    assert shown(found) == [(" parse(a)", ())]
    reasons = [item.rejection.reason for item in found.considered if item.rejection]
    assert reasons == [RejectionReason.UNSAFE]


def test_when_all_are_rejected_the_reason_says_why() -> None:
    engine = FakeEngine([(EVAL, -0.1), (EVAL, -0.2)])
    assert outcome(engine, safety="reject").result == Rejection(
        RejectionReason.UNSAFE, "It would make the code insecure: Text is run as code."
    )


def test_off_nothing_is_looked_at() -> None:
    engine = FakeEngine([(EVAL, -0.1), (" parse(a)\n", -1.0)])
    assert shown(outcome(engine, safety="off"))[0] == (" eval(a)", ())


def test_recalled_lines_are_checked_too() -> None:
    engine = FakeEngine([(" parse(a)\n", -1.0)])
    found = outcome(engine, recalled=(Recalled(" eval(b)", 0.9),), n=1)
    # Likely as it is, it does not answer by itself.
    assert shown(found) == [(" parse(a)", ()), (" eval(b)", ("eval",))]
    assert isinstance(found.result, Completion)
    assert found.result.alternatives[1].source is Source.RECALLED
    clean = outcome(FakeEngine(), recalled=(Recalled(" eval(b)", 0.8), Recalled(" b", 0.6)))
    assert shown(clean) == [(" b", ()), (" eval(b)", ("eval",))]


BLOCK = ("\n  let b = 1\n  eval(b)\n  c()\n}\nd", -0.5)


def test_a_block_is_marked_by_what_comes_behind_its_first_line() -> None:
    found = outcome(FakeEngine([BLOCK]), "function f() {", n=1)
    assert shown(found)[0] == ("\n  let b = 1\n  eval(b)\n  c()\n}", ("eval",))


def test_a_block_ends_before_a_line_that_is_rejected() -> None:
    seen: list[str] = []
    request = CompletionRequest(Document("function f() {", JS), 14)
    options = CompleterOptions(sampling=SamplingParams(n=1), profile="eager", safety="reject")
    found = Completer(FakeEngine([BLOCK]), description()).complete(
        request, options, listener=lambda item: seen.append(item.text)
    )
    assert shown(found)[0] == ("\n  let b = 1", ())
    assert set(seen) == {"\n  let b = 1"}


def test_a_block_that_grows_has_no_end_yet_that_would_count() -> None:
    text = "function f() {"
    told: list[Completion] = []
    Completer(FakeEngine([("\n  a();\n  b();\n}", -1.0)]), description()).complete(
        CompletionRequest(Document(text, JS), len(text)),
        CompleterOptions(sampling=SamplingParams(n=1), profile="eager"),
        listener=told.append,
    )
    logprobs = [(item.text, item.alternatives[0].logprob) for item in told]
    assert logprobs[:2] == [("\n  a();", -8.0), ("\n  a();\n  b", -11.0)]


def test_an_unsure_candidate_is_not_shown_unless_asked_for_by_hand() -> None:
    rows = [("ab\n", -2.0), ("cd\n", -3.0)]
    found = outcome(FakeEngine(rows), profile="balanced").result
    assert found == Rejection(
        RejectionReason.LOW_CONFIDENCE,
        "The best candidate is 0.0 % likely to be right; "
        "the profile 'balanced' shows candidates from 5 % on.",
    )
    by_hand = outcome(FakeEngine(rows), profile="confident", trigger=Trigger.INVOKED)
    assert [text for text, _ in shown(by_hand)] == ["ab", "cd"]
    assert [text for text, _ in shown(outcome(FakeEngine(rows)))] == ["ab", "cd"]


def test_a_recalled_line_has_to_be_as_sure() -> None:
    engine = FakeEngine([("ab\n", -9.0)])
    found = outcome(engine, recalled=(Recalled(" b", 0.19),), profile="confident", n=1)
    assert isinstance(found.result, Rejection)
    assert found.result.reason is RejectionReason.LOW_CONFIDENCE


@pytest.mark.parametrize(
    ("chosen", "trigger", "texts"),
    [
        (True, Trigger.AUTOMATIC, [" total", " total + 1", " total - 2"]),
        (True, Trigger.INVOKED, [" total + 1", " total - 2"]),
        (False, Trigger.AUTOMATIC, [" total + 1", " total - 2"]),
    ],
)
def test_consensus_shows_what_samples_agree_on(
    chosen: bool, trigger: Trigger, texts: list[str]
) -> None:
    engine = FakeEngine([(" total + 1\n", -0.5), (" total - 2\n", -0.6)])
    found = outcome(engine, consensus=chosen, trigger=trigger)
    assert [text for text, _ in shown(found)] == texts


def test_a_block_of_which_only_a_part_is_agreed_on_does_not_go_on() -> None:
    engine = FakeEngine([("\n  total + 1\n  a\n}\n", -0.5), ("\n  total - 2\n  b\n}\n", -0.6)])
    found = outcome(engine, "function f() {", consensus=True)
    assert [text for text, _ in shown(found)][:2] == ["\n  total", "\n  total + 1"]
    # To the end of the first lines; the first row is told at its next token.
    assert engine.fed == [14, 13]


def test_what_is_agreed_on_replaces_the_bracket_that_it_closes() -> None:
    rows = [("arg) + foo\n", -0.1), ("arg) + bar\n", -0.2), ("arg) + baz\n", -0.3)]
    document = Document("x = 1\ny = f()\n", JS)
    asked = CompletionRequest(document, len("x = 1\ny = f("))
    sampling = SamplingParams(n=3, patience=None)
    options = CompleterOptions(profile="eager", consensus=True, sampling=sampling)
    found = Completer(FakeEngine(rows), description()).complete(asked, options).result
    assert isinstance(found, Completion)
    assert [(item.text, item.replaces) for item in found.alternatives] == [
        ("arg)", 1),
        ("arg) + foo", 1),
        ("arg) + bar", 1),
        ("arg) + baz", 1),
    ]


def test_findings_and_confidence_cross_to_the_server() -> None:
    found = outcome(FakeEngine([(EVAL, -0.1), (EVAL, -0.2)]))
    sent = Ended(3, found)
    reader = _Bytes(framing.encode(sent))
    received = framing.read(reader)
    assert received == sent
    assert shown(received.outcome) == [(" eval(a)", ("eval",))]


class _Bytes:
    """What a pipe holds."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int) -> bytes:
        part, self._data = self._data[:size], self._data[size:]
        return part
