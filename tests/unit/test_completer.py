"""The pipeline with a written model: what is decoded, kept, ranked, shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from codex_lsp.completer import Completer
from codex_lsp.engine.base import Cancellation, Generation, TokenSink
from codex_lsp.errors import GenerationCancelled
from codex_lsp.options import CompleterOptions, TokenBudget
from codex_lsp.sampling import SamplingParams
from codex_lsp.typed import TypedText
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Document,
    Prompt,
    Rejection,
    RejectionReason,
    Timing,
    Trigger,
    Work,
)
from tests.unit.completing import complete, completion_of, request
from tests.unit.fake_engine import FakeEngine, description


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
        ) -> Generation:
            for index, char in enumerate("ab  \n"):
                sink.feed(0, self.tokenizer.encode(char)[0], -float(index))
            return Generation(Timing())

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
        CompleterOptions(profile="eager", sampling=SamplingParams(n=2, patience=None)),
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
    options = CompleterOptions(profile="eager", sampling=SamplingParams(n=2), min_mean_logprob=-1.5)
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
            request("x =¦"), CompleterOptions(profile="eager", sampling=SamplingParams(n=2)), flag
        )
    assert engine.fed == [3, 3]


def test_earlier_cells_of_a_notebook_are_read_but_not_counted() -> None:
    engine = FakeEngine([("b\n", -1.0), ("c\n", -2.0)])
    asked = CompletionRequest(Document("x =", preceding="import a\n"), 3)
    options = CompleterOptions(profile="eager", sampling=SamplingParams(n=2))
    result = completion_of(Completer(engine, description()).complete(asked, options).result)
    assert (result.start, result.end) == (3, 3)
    assert engine.tokenizer.decode(engine.prompts[0].ids) == "import a\nx ="


def complete_while_typing(
    engine: FakeEngine, marked: str, typed: TypedText
) -> Completion | Rejection:
    options = CompleterOptions(profile="eager", sampling=SamplingParams(n=2, patience=None))
    completer = Completer(engine, description())
    return completer.complete(request(marked), options, typed=typed).result


def type_at(typed: TypedText, typing: dict[int, str]) -> Callable[[int], None]:
    """Make a hook that has typed ``typing[step]`` by the time of a decoding step."""

    def on_step(step: int) -> None:
        typed.text = typing.get(step, typed.text)

    return on_step


def test_rows_that_say_something_else_than_was_typed_meanwhile_are_given_up() -> None:
    typed = TypedText()
    engine = FakeEngine([("xyzw\n", -0.1), ("abcd\n", -1.0)], on_step=type_at(typed, {1: "ab"}))
    result = completion_of(complete_while_typing(engine, "x =¦", typed))
    assert [item.text for item in result.alternatives] == ["abcd"]
    assert engine.fed == [2, 5]


def test_when_no_row_says_what_was_typed_the_request_is_superseded() -> None:
    typed = TypedText()
    engine = FakeEngine([("xyzw\n", -0.1), ("abcd\n", -1.0)], on_step=type_at(typed, {2: "ax"}))
    result = complete_while_typing(engine, "x =¦", typed)
    assert isinstance(result, Rejection)
    assert result.reason is RejectionReason.SUPERSEDED
    assert engine.fed == [3, 3]


def test_a_line_that_has_ended_counts_no_more_once_all_of_it_is_typed() -> None:
    typed = TypedText()
    engine = FakeEngine([("ab\n", -0.1), ("abcd\n", -1.0)], on_step=type_at(typed, {4: "ab"}))
    result = completion_of(complete_while_typing(engine, "x =¦", typed))
    assert [item.text for item in result.alternatives] == ["abcd"]


def test_a_block_that_the_user_types_away_keeps_its_whole_lines() -> None:
    typed = TypedText()
    block = "\n    first = 1\n    second = compute(a)\n"
    engine = FakeEngine([(block, -0.1), (block, -0.1)], on_step=type_at(typed, {30: "\n    z"}))
    completer = Completer(engine, description())
    options = CompleterOptions(profile="eager", sampling=SamplingParams(n=2))
    told: list[str] = []
    asked = request("def f():¦\n")
    found = completer.complete(
        asked, options, listener=lambda item: told.append(item.text), typed=typed
    )
    assert told[-1] == "\n    first = 1\n    second = com"
    assert completion_of(found.result).text == "\n    first = 1"


def test_warming_reads_the_anchor_that_the_next_request_uses() -> None:
    text = "".join(f"value_{number} = {number}\n" for number in range(20))
    engine = FakeEngine([("z", -1.0)], [("1\n", -1.0), ("2\n", -1.0)])
    completer = Completer(engine, description())
    options = CompleterOptions(profile="eager", sampling=SamplingParams(n=2))
    completer.warm(request(text + "¦", uri="file:///a.py"), options)
    completer.complete(request(text + "last =¦", uri="file:///a.py"), options)
    assert engine.prompts[0].anchor_ids == engine.prompts[1].anchor_ids
    assert engine.fed == [2, 2]


def test_warming_moves_an_anchor_up_that_has_fallen_behind() -> None:
    head = "".join(f"value_{number} = {number}\n" for number in range(20))
    more = "".join(f"other_{number} = {number}\n" for number in range(8))
    engine = FakeEngine([("1\n", -1.0), ("2\n", -1.0)], [("z", -1.0)])
    completer = Completer(engine, description())
    options = CompleterOptions(
        profile="eager", sampling=SamplingParams(n=2), budget=TokenBudget(prefix=512)
    )
    completer.complete(request(head + "last =¦", uri="file:///a.py"), options)
    completer.warm(request(head + more + "¦", uri="file:///a.py"), options)
    anchors = [engine.tokenizer.decode(prompt.anchor_ids) for prompt in engine.prompts]
    assert anchors == [head.rstrip(), (head + more).rstrip()]


def test_warming_does_nothing_where_the_anchor_is_near() -> None:
    head = "".join(f"value_{number} = {number}\n" for number in range(20))
    engine = FakeEngine([("1\n", -1.0), ("2\n", -1.0)])
    completer = Completer(engine, description())
    options = CompleterOptions(profile="eager", sampling=SamplingParams(n=2))
    completer.complete(request(head + "last =¦", uri="file:///a.py"), options)
    assert completer.warm(request(head + "last = 1\n¦", uri="file:///a.py"), options) == Work()
    assert len(engine.prompts) == 1


def test_the_work_of_a_request_is_counted() -> None:
    engine = FakeEngine([("ab\n", -0.5), ("c\n", -1.0)])
    options = CompleterOptions(profile="eager", sampling=SamplingParams(n=2))
    outcome = Completer(engine, description()).complete(request("x =¦"), options)
    assert outcome.work == Work(read=3, kept=0, decoded=5)


def test_rows_that_are_far_behind_the_first_whole_line_are_not_waited_for() -> None:
    engine = FakeEngine([("ab\n", -1.0), ("abcdefgh\n", -0.4), ("abcd\n", -0.5)])
    result = completion_of(complete(engine, "x =¦", n=3))
    # The second could still be better, but has two steps more than the first, and no third.
    assert [item.text for item in result.alternatives] == ["abcd", "ab"]
    assert engine.fed == [3, 5, 5]


def test_rows_that_cannot_be_better_any_more_end_at_once() -> None:
    engine = FakeEngine([("ab\n", -0.1), ("abcdefgh\n", -5.0)])
    result = completion_of(complete(engine, "x =¦", patience=20))
    assert [item.text for item in result.alternatives] == ["ab"]
    assert engine.fed == [3, 3]


def test_one_row_goes_on_alone_where_all_are_sure_of_the_first_token() -> None:
    engine = FakeEngine([("abc\n", -0.05), ("abd\n", -0.05), ("abe\n", -0.05)])
    result = completion_of(complete(engine, "x =¦", n=3))
    assert [item.text for item in result.alternatives] == ["abc"]
    # The second is stopped when it is fed the next time, the third at once.
    assert engine.fed == [4, 2, 1]


def test_rows_that_are_not_sure_or_do_not_agree_all_go_on() -> None:
    unsure = FakeEngine([("abc\n", -0.2), ("abd\n", -0.2)])
    assert len(completion_of(complete(unsure, "x =¦")).alternatives) == 2
    differing = FakeEngine([("abc\n", -0.05), ("bcd\n", -0.05)])
    assert len(completion_of(complete(differing, "x =¦")).alternatives) == 2


def test_a_line_that_could_not_be_shown_keeps_no_other_from_its_end() -> None:
    engine = FakeEngine([("\n", -0.1), ("abcdefgh\n", -5.0)])
    result = completion_of(complete(engine, "x =¦", patience=0))
    assert [item.text for item in result.alternatives] == ["abcdefgh"]


def test_who_asks_by_hand_gets_every_row_to_its_end() -> None:
    engine = FakeEngine([("ab\n", -0.1), ("abcdefgh\n", -5.0)])
    options = CompleterOptions(
        profile="eager", sampling=SamplingParams(n=2, patience=0), max_latency_ms=0
    )
    asked = replace(request("x =¦"), trigger=Trigger.INVOKED)
    result = completion_of(Completer(engine, description()).complete(asked, options).result)
    assert [item.text for item in result.alternatives] == ["ab", "abcdefgh"]


def test_when_it_is_late_the_first_whole_line_is_shown_at_once() -> None:
    engine = FakeEngine([("ab\n", -1.0), ("abcdefgh\n", -0.2)])
    sampling = SamplingParams(n=2, patience=20)
    options = CompleterOptions(profile="eager", sampling=sampling, max_latency_ms=0)
    completer = Completer(engine, description())
    result = completion_of(completer.complete(request("x =¦"), options).result)
    assert [item.text for item in result.alternatives] == ["ab"]
    assert engine.fed == [3, 3]


def test_a_row_that_repeats_itself_is_not_decoded_to_the_limit() -> None:
    engine = FakeEngine([("ab." * 20, -0.1), ("c\n", -2.0)])
    options = CompleterOptions(profile="eager", sampling=SamplingParams(n=2, patience=None))
    result = Completer(engine, description()).complete(request("x =¦"), options).result
    assert isinstance(result, Completion)
    assert [item.text for item in result.alternatives] == ["c"]
    assert engine.fed == [20, 2]


def test_when_all_rows_repeat_themselves_that_is_the_reason() -> None:
    result = complete(FakeEngine([("ab." * 20, -0.1)]), "x =¦", n=1)
    assert result == Rejection(
        RejectionReason.REPETITION,
        "The model says the same over and over; there is nothing to show.",
        by="repetition",
    )


def test_a_block_that_begins_to_repeat_itself_keeps_what_came_before() -> None:
    said = "\n    a = 1\n" + "    bcd = bcd\n" * 9
    result = complete(FakeEngine([(said, -0.1)]), "def f():¦\n", n=1)
    assert isinstance(result, Completion)
    assert result.text == "\n    a = 1\n    bcd = bcd"


def test_a_line_that_is_indented_anew_is_still_gone_on_with() -> None:
    said = "\n    b = 1\n    return b\nx"
    result = complete(FakeEngine([(said, -0.1)]), "def g():\n\treturn 1\n\n\ndef f():¦\n", n=1)
    assert isinstance(result, Completion)
    assert result.text == "\n\tb = 1\n\treturn b"


def test_a_long_completion_leaves_half_of_a_small_model_to_the_prompt() -> None:
    engine = FakeEngine([("a" * 40, -1.0)])
    Completer(engine, description(context_length=40)).complete(
        request("w = 0; x = 1; y = 2; z =¦"),
        CompleterOptions(profile="eager", sampling=SamplingParams(n=1, max_tokens=100)),
    )
    assert engine.tokenizer.decode(engine.prompts[0].ids) == "x = 1; y = 2; z ="
    assert engine.fed == [20]
