from dataclasses import replace

import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.problems import Hole
from codex_lsp.evals.prompts import ProblemPrompts
from codex_lsp.evals.sampler import draw
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Candidate, FinishReason
from tests.unit.evals.problem_files import ADD, add_problem
from tests.unit.fake_engine import FakeEngine, byte_tokenizer, description


def samples(*rows: tuple[str, float], max_tokens: int = 60) -> tuple[list[Candidate], FakeEngine]:
    engine = FakeEngine(list(rows))
    prompts = ProblemPrompts(description(), engine.tokenizer)
    params = SamplingParams(n=len(rows), max_tokens=max_tokens)
    return list(draw(engine, prompts, add_problem(), params).candidates), engine


def test_every_row_goes_on_to_its_own_end() -> None:
    found, _ = samples(("\n    return 1\ndef f", -1.0), ("\n    x = 2\n    return x<end>", -2.0))
    assert [item.text for item in found] == ["    return 1", "    x = 2\n    return x"]
    assert [item.finish_reason for item in found] == [FinishReason.STOP, FinishReason.END_OF_TEXT]


def test_only_kept_tokens_count_for_the_score() -> None:
    # One byte a token: twelve are kept, the newline and the stop sequence are not.
    (found,), _ = samples(("\n    return 1\nclass A", -0.5))
    assert len(found.tokens) == 12
    assert found.total_logprob == -6.0
    assert found.mean_logprob == -0.5


def test_a_row_ends_at_the_limit() -> None:
    (found,), _ = samples(("\n    return 1 + 1", -1.0), max_tokens=10)
    assert (found.text, found.finish_reason) == ("    return", FinishReason.LENGTH)


def test_rows_are_told_to_stop_as_soon_as_they_have_ended() -> None:
    _, engine = samples(("\n    a\nif b: print(b)", -1.0), ("\n    a\n    b<end>", -1.0))
    assert engine.fed == [len("\n    a\nif"), len("\n    a\n    b") + 1]


def test_the_last_newline_is_left_to_the_samples() -> None:
    _, engine = samples(("\n    return 1<end>", -1.0))
    (prompt,) = engine.prompts
    assert prompt.healed == "\n"
    assert engine.tokenizer.decode(prompt.ids) == ADD["prompt"][:-1]


@pytest.mark.parametrize("end", ["\n\n", "\n    \n\n"])
def test_blank_lines_at_a_prompts_end_are_not_shown(end: str) -> None:
    tokenizer = byte_tokenizer()
    hole = replace(add_problem(), hole=Hole.LINE, prompt=f"def one():\n\n    a = 1{end}")
    prompt = ProblemPrompts(description(), tokenizer).build(hole, 20)
    assert (tokenizer.decode(prompt.ids), prompt.healed) == ("def one():\n\n    a = 1", "\n")


def test_a_sample_that_does_not_begin_with_it_is_lost() -> None:
    found, _ = samples((" pass<end>", -1.0), ("\n    pass<end>", -1.0))
    assert [item.text for item in found] == ["", "    pass"]
    assert found[0].finish_reason is FinishReason.MISMATCH


def test_when_all_are_lost_the_newline_is_given() -> None:
    engine = FakeEngine([("pass", -1.0)], [("    pass<end>", -1.0)])
    prompts = ProblemPrompts(description(), engine.tokenizer)
    drawn = draw(engine, prompts, add_problem(), SamplingParams(n=1, max_tokens=60))
    (found,) = drawn.candidates
    # Both batches took their time.
    assert drawn.ms == 6.0
    assert found.text == "    pass"
    assert engine.tokenizer.decode(engine.prompts[1].ids) == ADD["prompt"]


def test_a_problem_that_does_not_fit_is_refused_not_cut() -> None:
    engine = FakeEngine()
    prompts = ProblemPrompts(description(context_length=80), engine.tokenizer)
    with pytest.raises(UsageError, match=r"^Own/0 .* the model's window holds 80"):
        draw(engine, prompts, add_problem(), SamplingParams(n=1, max_tokens=20))


def test_a_lines_own_end_is_shown_behind_its_hole() -> None:
    tokenizer = byte_tokenizer()
    prompts = ProblemPrompts(description(fim=True), tokenizer)
    hole = replace(add_problem(), hole=Hole.LINE, prompt="a = 1\n", suffix="c = 3\n")
    pre, suf, mid = (tokenizer.token_id(name) for name in ("<pre>", "<suf>", "<mid>"))
    suffix = tokenizer.encode("\nc = 3\n")
    prompt = prompts.build(hole, 8)
    assert (prompt.ids, prompt.healed) == (
        (pre, suf, *suffix, mid, *tokenizer.encode("a = 1")),
        "\n",
    )
