"""The pipeline with a written model: what is decoded, kept, ranked, shown."""

from __future__ import annotations

import pytest

from codex_lsp.completer import Completer, CompleterOptions
from codex_lsp.engine.base import Cancellation, TokenSink
from codex_lsp.errors import GenerationCancelled
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Document,
    Prompt,
    Rejection,
    RejectionReason,
    Timing,
)
from tests.unit.fake_engine import FakeEngine, description

CURSOR = "¦"


def request(marked: str, **facts: str) -> CompletionRequest:
    """Make a request from a text with the cursor marked in it."""
    offset = marked.index(CURSOR)
    return CompletionRequest(Document(marked.replace(CURSOR, ""), **facts), offset)


def complete(engine: FakeEngine, marked: str, **sampling: int | float) -> Completion | Rejection:
    options = CompleterOptions(sampling=SamplingParams(**{"n": 2, **sampling}))
    return Completer(engine, description()).complete(request(marked), options).result


def completion_of(result: Completion | Rejection) -> Completion:
    assert isinstance(result, Completion), result
    return result


def test_the_likelier_line_wins_and_the_other_is_the_alternative() -> None:
    engine = FakeEngine([("a\nx", -1.0), ("bb\nx", -0.5)])
    result = completion_of(complete(engine, "x =¦"))
    assert (result.text, result.mean_logprob, result.tokens) == ("bb", -0.5, 2)
    assert [(item.text, item.rank, item.mean_logprob) for item in result.alternatives] == [
        ("bb", 0, -0.5),
        ("a", 1, -1.0),
    ]
    assert (result.start, result.end, result.complete) == (3, 3, True)


def test_a_line_is_decoded_to_its_end_and_no_further() -> None:
    engine = FakeEngine([("a\nmore", -1.0), ("bbb\nmore", -0.5)])
    complete(engine, "x =¦")
    assert engine.fed == [2, 4]


def test_the_mean_counts_only_tokens_that_are_kept() -> None:
    class Falling(FakeEngine):
        """Each token is less likely than the one before."""

        def generate(
            self,
            prompt: Prompt,
            params: SamplingParams,
            sink: TokenSink,
            cancellation: Cancellation,
            max_tokens: int,
        ) -> Timing:
            for index, char in enumerate("ab  \n"):
                sink.feed(0, self.tokenizer.encode(char)[0], -float(index))
            return Timing()

    result = completion_of(complete(Falling(), "x =¦", n=1))
    # The blanks and the newline behind `ab` are not shown, so they do not count.
    assert (result.text, result.tokens, result.mean_logprob) == ("ab", 2, -0.5)


def test_equal_candidates_are_merged_and_counted() -> None:
    engine = FakeEngine([("a\n", -1.0), ("b\n", -2.0), ("a  \n", -0.5)])
    result = completion_of(complete(engine, "x =¦", n=3))
    assert [(item.text, item.agreement) for item in result.alternatives] == [("a", 2), ("b", 1)]
    assert result.mean_logprob == -0.5


def test_a_healed_blank_is_no_part_of_the_completion() -> None:
    engine = FakeEngine([(" 1\n", -1.0), ("+1\n", -0.1)])
    result = completion_of(complete(engine, "x = ¦"))
    assert result.text == "1"
    assert len(result.alternatives) == 1
    assert engine.prompts[0].healed == " "


def test_when_no_row_begins_with_the_healed_blank_it_is_given_to_the_model() -> None:
    engine = FakeEngine([("+1\n", -1.0), ("*1\n", -0.1)], [("2\n", -1.0), ("3\n", -2.0)])
    assert completion_of(complete(engine, "x = ¦")).text == "2"
    assert [prompt.healed for prompt in engine.prompts] == [" ", ""]


def test_after_the_first_lines_only_the_winner_goes_on() -> None:
    engine = FakeEngine([("\n  a\n  b\nc", -1.0), ("\n  dddd\n  e\nf", -0.5)])
    seen: list[tuple[str, bool]] = []
    outcome = Completer(engine, description()).complete(
        request("def f():¦"),
        CompleterOptions(sampling=SamplingParams(n=2)),
        listener=lambda item: seen.append((item.text, item.complete)),
    )
    assert completion_of(outcome.result).text == "\n  dddd\n  e"
    assert seen[0] == ("\n  dddd", False)
    assert seen[-1] == ("\n  dddd\n  e", False)
    assert [text for text, _ in seen] == sorted((text for text, _ in seen), key=len)
    # Row 1 has its first line with its eighth token; row 0 hears of it with its ninth.
    assert engine.fed == [9, len("\n  dddd\n  e\nf")]


def test_alternatives_of_a_block_are_first_lines() -> None:
    engine = FakeEngine([("\n  a\n  b\nc", -1.0), ("\n  d\n  e\nf", -0.5)])
    result = completion_of(complete(engine, "def f():¦"))
    assert [item.text for item in result.alternatives] == ["\n  d\n  e", "\n  a"]


def test_a_block_cut_by_the_token_limit_ends_with_a_whole_line() -> None:
    engine = FakeEngine([("\n  aa\n  bb\n  cccc", -1.0), ("\n  dd\n  ee\n  ffff", -2.0)])
    assert completion_of(complete(engine, "def f():¦", max_tokens=14)).text == "\n  aa\n  bb"


def test_the_end_of_text_ends_a_row() -> None:
    engine = FakeEngine([("a<end>", -1.0), ("<end>", -0.1)])
    result = completion_of(complete(engine, "x =¦"))
    assert [item.text for item in result.alternatives] == ["a"]


def test_nothing_to_add_is_a_reason() -> None:
    engine = FakeEngine([("<end>", -1.0), ("\n", -0.1)])
    result = complete(engine, "x = 1¦")
    assert isinstance(result, Rejection)
    assert result.reason is RejectionReason.EMPTY


def test_a_candidate_below_the_threshold_is_not_shown() -> None:
    engine = FakeEngine([("a\n", -3.0), ("b\n", -2.0)])
    options = CompleterOptions(sampling=SamplingParams(n=2), min_mean_logprob=-1.5)
    result = Completer(engine, description()).complete(request("x =¦"), options).result
    assert result == Rejection(
        RejectionReason.LOW_CONFIDENCE,
        "The best candidate's mean log-probability is -2.00, below the threshold of -1.5.",
    )


def test_an_empty_document_gives_the_model_nothing_to_go_on() -> None:
    result = complete(FakeEngine(), "¦")
    assert isinstance(result, Rejection)
    assert result.reason is RejectionReason.EMPTY


def test_the_middle_of_a_word_is_not_completed() -> None:
    result = complete(FakeEngine(), "pri¦nt")
    assert isinstance(result, Rejection)
    assert result.reason is RejectionReason.MID_WORD


def test_the_answer_has_the_line_endings_of_the_document() -> None:
    engine = FakeEngine([("\n  a\n  b\nc", -1.0), ("\n  d\nf", -2.0)])
    result = completion_of(complete(engine, "import x\r\ndef f():¦\r\n"))
    assert result.text == "\r\n  a\r\n  b"


def test_greedy_decoding_needs_one_row() -> None:
    engine = FakeEngine([("a\n", -1.0)])
    assert len(completion_of(complete(engine, "x =¦", temperature=0, n=4)).alternatives) == 1


def test_a_raised_flag_stops_the_rows_at_once() -> None:
    flag = Cancellation()
    engine = FakeEngine(
        [("aaaaaaaa\n", -1.0), ("bbbbbbbb\n", -2.0)],
        on_step=lambda step: flag.cancel() if step == 3 else None,
    )
    with pytest.raises(GenerationCancelled):
        Completer(engine, description()).complete(
            request("x =¦"), CompleterOptions(sampling=SamplingParams(n=2)), flag
        )
    assert engine.fed == [3, 3]


def test_earlier_cells_of_a_notebook_are_read_but_not_counted() -> None:
    engine = FakeEngine([("b\n", -1.0), ("c\n", -2.0)])
    asked = CompletionRequest(Document("x =", preceding="import a\n"), 3)
    options = CompleterOptions(sampling=SamplingParams(n=2))
    result = completion_of(Completer(engine, description()).complete(asked, options).result)
    assert (result.start, result.end) == (3, 3)
    assert engine.tokenizer.decode(engine.prompts[0].ids) == "import a\nx ="
