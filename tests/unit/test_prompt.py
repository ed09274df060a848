"""Context to token ids: windows, anchors, healing, fill-in-the-middle, control tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_lsp.anchors import anchor_offset
from codex_lsp.context import ContextOptions, build_context
from codex_lsp.context.window import indent_unit, line_ending, normalise, window_start
from codex_lsp.healing import healed_blank
from codex_lsp.options import TokenBudget
from codex_lsp.prompt import PromptBuilder
from codex_lsp.types import (
    CompletionRequest,
    Context,
    Document,
    Rejection,
    Shape,
    Snippet,
    SnippetKind,
)
from tests.unit.fake_engine import byte_tokenizer, description

TOKENIZER = byte_tokenizer()


def context_of(prefix: str, suffix: str = "", max_lines: int = 12) -> Context:
    request = CompletionRequest(Document(prefix + suffix), len(prefix))
    context = build_context(request, ContextOptions(max_lines=max_lines))
    assert isinstance(context, Context)
    return context


def text_of(ids: tuple[int, ...]) -> str:
    return TOKENIZER.decode(ids)


def test_the_prompt_is_split_behind_the_last_character_above_the_cursors_line() -> None:
    builder = PromptBuilder(description(), TOKENIZER)
    prompt = builder.build(context_of("a = 1\n\n  b ="), TokenBudget(), 10)[0]
    assert (text_of(prompt.anchor_ids), text_of(prompt.tail_ids)) == ("a = 1", "\n\n  b =")
    assert prompt.healed == ""


def test_typing_on_a_line_leaves_the_anchor_where_it_is() -> None:
    builder = PromptBuilder(description(), TOKENIZER)
    anchors = {
        builder.build(context_of("a = 1\n" + line), TokenBudget(), 10)[0].anchor_ids
        for line in ("", "b", "b =", "b = f(")
    }
    assert [text_of(anchor) for anchor in anchors] == ["a = 1"]


def test_what_is_left_to_the_candidates_is_no_part_of_the_prompt() -> None:
    builder = PromptBuilder(description(), TOKENIZER)
    prompt = builder.build(context_of("a = 1\nb = pri"), TokenBudget(), 10, " pri")[0]
    assert (text_of(prompt.ids), prompt.healed) == ("a = 1\nb =", " pri")


def test_a_prompt_keeps_to_its_budget_and_begins_with_a_line() -> None:
    builder = PromptBuilder(description(), TOKENIZER)
    prompt = builder.build(context_of("first\nsecond\nthird"), TokenBudget(prefix=14), 10)[0]
    assert text_of(prompt.ids) == "second\nthird"


def test_a_prompt_leaves_room_for_what_is_decoded() -> None:
    builder = PromptBuilder(description(context_length=30), TOKENIZER)
    prompt = builder.build(context_of("x" * 100), TokenBudget(), 10)[0]
    assert text_of(prompt.ids) == "x" * 17


def test_the_suffix_goes_into_the_anchor_of_a_fill_in_the_middle_prompt() -> None:
    builder = PromptBuilder(description(fim=True), TOKENIZER)
    prompt = builder.build(context_of("a\nb =", " 1\nc"), TokenBudget(), 10)[0]
    pre, suf, mid = (TOKENIZER.token_id(name) for name in ("<pre>", "<suf>", "<mid>"))
    anchor = (pre, *TOKENIZER.encode("a"), suf, *TOKENIZER.encode(" 1\nc"), mid)
    assert prompt.anchor_ids == anchor
    assert text_of(prompt.tail_ids) == "\nb ="


def test_the_suffix_can_come_first() -> None:
    facts = description(fim=True)
    fim = facts.prompt.fim
    assert fim is not None
    spm = replace(facts, prompt=replace(facts.prompt, fim=replace(fim, order="SPM")))
    prompt = PromptBuilder(spm, TOKENIZER).build(context_of("a\nb", "(c"), TokenBudget(), 10)[0]
    pre, suf, mid = (TOKENIZER.token_id(name) for name in ("<pre>", "<suf>", "<mid>"))
    assert prompt.anchor_ids == (pre, suf, *TOKENIZER.encode("(c"), mid, *TOKENIZER.encode("a"))


@pytest.mark.parametrize("suffix", ["", "\n", " \n\n\t\n", ")", '")\n', "}));\n\n"])
def test_a_suffix_that_says_nothing_is_not_told(suffix: str) -> None:
    context = context_of("a = 1\nb = f(", suffix)
    told = PromptBuilder(description(fim=True), TOKENIZER).build(context, TokenBudget(), 10)
    assert told == PromptBuilder(description(), TOKENIZER).build(context, TokenBudget(), 10)


@pytest.mark.parametrize(
    ("suffix", "told"),
    [
        ("x", "x"),
        ("\nx", "\nx"),
        (", b)", ", b)"),
        (")\nx", "\nx"),
        ('");\n  })\n})\n', "\n  })\n})\n"),
    ],
)
def test_any_other_suffix_is_but_for_what_an_editor_closes(suffix: str, told: str) -> None:
    builder = PromptBuilder(description(fim=True), TOKENIZER)
    prompt = builder.build(context_of("a = 1\nb = f(", suffix), TokenBudget(), 10)[0]
    pre, suf, mid = (TOKENIZER.token_id(name) for name in ("<pre>", "<suf>", "<mid>"))
    head = (pre, *TOKENIZER.encode("a = 1"))
    assert prompt.anchor_ids == (*head, suf, *TOKENIZER.encode(told), mid)


def test_a_suffix_without_room_leaves_no_sentinels_behind() -> None:
    builder = PromptBuilder(description(fim=True), TOKENIZER)
    prompt = builder.build(context_of("a\nb", "\nc"), TokenBudget(suffix=0), 10)[0]
    assert text_of(prompt.ids) == "a\nb"


@pytest.mark.parametrize("below", ["", "\nc = 3\n"])
def test_a_bracket_that_the_editor_closes_keeps_the_anchor(below: str) -> None:
    builder = PromptBuilder(description(fim=True), TOKENIZER)
    places = [("b = ", ""), ("b = f(", ")"), ('b = f("', '")'), ('b = f("c"', ")")]
    contexts = [context_of("a = 1\n" + line, suffix + below) for line, suffix in places]
    anchors = {builder.build(item, TokenBudget(), 10)[0].anchor_ids for item in contexts}
    assert len(anchors) == 1


@pytest.mark.parametrize(
    ("prefix", "suffix", "fim", "says"),
    [
        ("", "x", False, False),
        ("", "x", True, True),
        ("\n ", " )\n", True, False),
        ("a", "", True, True),
        ("a", "", False, True),
    ],
)
def test_whether_there_is_anything_to_go_on(
    prefix: str, suffix: str, fim: bool, says: bool
) -> None:
    builder = PromptBuilder(description(fim=fim), TOKENIZER)
    assert builder.says_something(context_of(prefix, suffix), TokenBudget()) is says


def test_a_model_that_is_to_read_no_suffix_has_nothing_to_go_on_in_front_of_one() -> None:
    builder = PromptBuilder(description(fim=True), TOKENIZER)
    context = context_of("", "x")
    assert builder.build(context, TokenBudget(suffix=0), 10)[0].ids == ()
    assert not builder.says_something(context, TokenBudget(suffix=0))


def test_control_tokens_in_the_users_text_are_only_text() -> None:
    ids = TOKENIZER.encode("a<end>b")
    assert TOKENIZER.token_id("<end>") not in ids
    assert text_of(ids) == "a<end>b"


def test_lone_surrogates_are_replaced() -> None:
    assert text_of(TOKENIZER.encode("a\ud800b")) == "a?b"


@given(st.text(alphabet=st.sampled_from("ab \t\n(é😀"), max_size=40), st.integers(1, 40))
def test_splitting_and_cutting_never_change_an_id(prefix: str, budget: int) -> None:
    builder = PromptBuilder(description(), TOKENIZER)
    context = context_of(prefix)
    prompt = builder.build(context, TokenBudget(prefix=budget), 10, healed_blank(prefix))[0]
    kept = context.prefix[: len(context.prefix) - len(prompt.healed)]
    whole = TOKENIZER.encode(kept)
    assert prompt.ids == whole[len(whole) - len(prompt.ids) :]
    assert kept + prompt.healed == context.prefix


FIRST = Snippet("a.py", "x = 1", SnippetKind.IMPORTED)
SECOND = Snippet("b.py", "y = 2\nz = 3", SnippetKind.SIMILAR)
BLOCK = "# b.py\n# y = 2\n# z = 3\n# a.py\n# x = 1\n"


def with_snippets(prefix: str, *snippets: Snippet, suffix: str = "") -> Context:
    return replace(context_of(prefix, suffix), language="python", snippets=snippets)


def test_snippets_stand_in_front_of_the_anchor_the_most_useful_nearest_to_the_code() -> None:
    builder = PromptBuilder(description(), TOKENIZER)
    context = with_snippets("a = 1\n  b =", FIRST, SECOND)
    prompt, anchor = builder.build(context, TokenBudget(), 10)
    assert text_of(prompt.anchor_ids) == BLOCK + "a = 1"
    assert text_of(prompt.tail_ids) == "\n  b ="
    assert (anchor.text, anchor.snippets) == ("a = 1", (FIRST, SECOND))


def test_the_same_snippets_keep_the_anchor_and_others_move_it() -> None:
    builder = PromptBuilder(description(), TOKENIZER)
    first, anchor = builder.build(with_snippets("a = 1\nb", FIRST), TokenBudget(), 10)
    same, kept = builder.build(
        with_snippets("a = 1\nb = 2\nc", FIRST), TokenBudget(), 10, anchor=anchor
    )
    assert kept is anchor
    assert same.anchor_ids == first.anchor_ids
    other, moved = builder.build(with_snippets("a = 1\nb = 2\nc"), TokenBudget(), 10, anchor=anchor)
    assert text_of(other.anchor_ids) == "a = 1\nb = 2"
    assert moved.snippets == ()


@given(st.integers(10, 120), st.sampled_from([0.0, 0.25, 0.5]), st.integers(0, 200))
def test_snippets_and_text_share_the_budget(limit: int, share: float, length: int) -> None:
    builder = PromptBuilder(description(), TOKENIZER)
    context = with_snippets("x" * length + "\ny", FIRST, SECOND)
    prompt, _ = builder.build(context, TokenBudget(limit, 128, share), 10)
    shown = text_of(prompt.ids)
    block = shown[: shown.rfind("# ") + 8] if "# " in shown else ""
    assert len(prompt.ids) <= limit
    assert len(block) <= limit * share
    assert block in (
        "",
        "# a.py\n# x = 1\n",
        "# b.py\n# y = 2\n",
        "# b.py\n# y = 2\n# z = 3\n",
        "# b.py\n# y = 2\n# a.py\n# x = 1\n",
        BLOCK,
    )


def test_a_snippet_that_is_too_long_is_cut_behind_a_line() -> None:
    builder = PromptBuilder(description(), TOKENIZER)
    path_only = builder.build(with_snippets("a", SECOND), TokenBudget(56), 10)[0]
    assert text_of(path_only.ids) == "a"
    cut = builder.build(with_snippets("a", SECOND), TokenBudget(68), 10)[0]
    assert text_of(cut.ids) == "# b.py\n# y = 2\na"


def test_snippets_are_part_of_the_text_before_in_a_fill_in_the_middle_prompt() -> None:
    builder = PromptBuilder(description(fim=True), TOKENIZER)
    context = with_snippets("a\nb =", FIRST, suffix="\nc")
    prompt, _ = builder.build(context, TokenBudget(), 10)
    pre, suf, mid = (TOKENIZER.token_id(name) for name in ("<pre>", "<suf>", "<mid>"))
    text = TOKENIZER.encode("# a.py\n# x = 1\na")
    assert prompt.anchor_ids == (pre, *text, suf, *TOKENIZER.encode("\nc"), mid)


def test_anchor_offset() -> None:
    assert anchor_offset("a \n\n  b") == 1
    assert anchor_offset("a") == 0


def test_the_window_begins_with_a_line() -> None:
    assert window_start("ab\ncd\nef", 8, 4) == 6
    assert window_start("ab\ncd\nef", 8, 100) == 0
    assert window_start("ab\r\ncd", 6, 2) == 4
    assert window_start("abcdef", 6, 3) == 3


def test_line_endings() -> None:
    assert normalise("a\r\nb\rc\n") == "a\nb\nc\n"
    assert [line_ending(text) for text in ("a", "a\r\nb\n", "a\n", "a\rb")] == [
        "\n",
        "\r\n",
        "\n",
        "\r",
    ]


@pytest.mark.parametrize(
    ("text", "unit"),
    [("a\n  b\n    c", "  "), ("a\n\tb", "\t"), ("a", "    "), ("a\n    b\n", "    ")],
)
def test_indent_unit(text: str, unit: str) -> None:
    assert indent_unit(text) == unit


@pytest.mark.parametrize(
    ("prefix", "suffix", "shape"),
    [
        ("x = ", "", Shape.LINE),
        ("x = f(", ")", Shape.LINE),
        ("def f():", "\n", Shape.BLOCK),
        ("if (x) {", "", Shape.BLOCK),
        ("while x; do", "", Shape.BLOCK),
        ("    ", "\nx", Shape.BLOCK),
        ("", "", Shape.BLOCK),
        ("    ", "x", Shape.LINE),
    ],
)
def test_shape(prefix: str, suffix: str, shape: Shape) -> None:
    assert context_of(prefix, suffix).shape is shape
    assert context_of(prefix, suffix, max_lines=1).shape is Shape.LINE


def test_the_middle_of_a_word_has_no_context() -> None:
    request = CompletionRequest(Document("print"), 3)
    assert isinstance(build_context(request, ContextOptions()), Rejection)
