"""What is left off the end of a prompt, and the tokens that may take its place."""

from __future__ import annotations

import pytest

from codex_lsp.completer import Completer
from codex_lsp.healing import healed_blank, healed_word
from codex_lsp.options import CompleterOptions
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Completion, CompletionRequest, Document
from tests.unit.fake_engine import FakeEngine, byte_tokenizer, description


@pytest.mark.parametrize(
    ("prefix", "healed"),
    [
        ("x = ", " "),
        ("def f():\n    ", " "),
        ("if x {\n\t", "\t"),
        ("def f():\n", "\n"),
        ("x = 1\n", ""),
        ("x =", ""),
        ("", ""),
    ],
)
def test_a_blank_belongs_to_what_follows_it(prefix: str, healed: str) -> None:
    assert healed_blank(prefix) == healed


@pytest.mark.parametrize(
    ("prefix", "healed"),
    [
        ("x = pri", " pri"),
        ("x =  pri", " pri"),
        ("f(pri", "pri"),
        ("self.foo_ba", "_ba"),
        ("self.__in", "__in"),
        ("x = über1", " über1"),
        ("x.\tpri", "pri"),
        ("x = ", ""),
        ("x = f(", ""),
        ("", ""),
        # Nothing would be left of the prompt.
        ("pri", ""),
        ("\n pri", ""),
        ("x = " + "a" * 15, " " + "a" * 15),
        ("x = " + "a" * 16, ""),
        ("x = " + "a" * 40, ""),
    ],
)
def test_the_beginning_of_a_word_belongs_to_its_end(prefix: str, healed: str) -> None:
    assert healed_word(prefix) == healed


def test_tokens_that_spell_a_beginning_are_found() -> None:
    tokenizer = byte_tokenizer()
    assert tokenizer.starting_with("a") == tokenizer.encode("a")
    assert tokenizer.starting_with("ab") == ()
    # Neither a control token nor a line feed nor half a character is one.
    assert tokenizer.starting_with("<end") == ()
    assert tokenizer.starting_with("\n") == ()
    assert len(tokenizer.starting_with("")) == 127


def complete(engine: FakeEngine, text: str) -> Completion:
    options = CompleterOptions(profile="eager", sampling=SamplingParams(n=2))
    request = CompletionRequest(Document(text), len(text))
    result = Completer(engine, description()).complete(request, options).result
    assert isinstance(result, Completion)
    return result


def test_a_begun_word_is_given_to_the_rows_as_the_token_it_becomes() -> None:
    engine = FakeEngine([("bc\n", -1.0), ("bd\n", -2.0)], first=("p", -0.5, 0.2))
    result = complete(engine, "x\n(p")
    assert [engine.tokenizer.decode(prompt.ids) for prompt in engine.asked] == ["x\n("]
    assert [engine.tokenizer.decode(prompt.ids) for prompt in engine.prompts] == ["x\n(p"]
    # What stands in the document already is no part of the completion nor of its score.
    assert [(item.text, item.mean_logprob) for item in result.alternatives] == [
        ("bc", -1.0),
        ("bd", -2.0),
    ]


def test_a_word_that_the_model_does_not_expect_is_given_as_it_stands() -> None:
    engine = FakeEngine([("bc\n", -1.0), ("bd\n", -2.0)], first=("p", -0.5, 0.00001))
    assert complete(engine, "x\n(p").text == "bc"
    assert [prompt.healed for prompt in engine.prompts] == [""]


def test_a_word_that_no_single_token_spells_is_given_as_it_stands() -> None:
    engine = FakeEngine([("bc\n", -1.0), ("bd\n", -2.0)], first=("p", -0.5, 0.5))
    assert complete(engine, "x\n(pr").text == "bc"
    assert engine.asked == []
