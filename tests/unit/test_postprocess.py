"""What the filters do to a candidate, with the cursor marked in the document."""

from __future__ import annotations

import pytest

from codex_lsp.brackets import closed_length, is_paired, unopened_closers
from codex_lsp.context import ContextOptions, build_context
from codex_lsp.postprocess import FILTERS, Draft, apply_filters
from codex_lsp.postprocess.same_line import longest_overlap
from codex_lsp.types import (
    Candidate,
    CompletionRequest,
    Context,
    Document,
    FinishReason,
    Rejection,
    RejectionReason,
    Token,
)


def context_of(marked: str) -> Context:
    offset = marked.index("¦")
    request = CompletionRequest(Document(marked.replace("¦", "")), offset)
    context = build_context(request, ContextOptions())
    assert isinstance(context, Context)
    return context


def candidate_of(text: str, finish: FinishReason = FinishReason.STOP) -> Candidate:
    """Make a candidate of one token a character, each with log-probability -1."""
    return Candidate(tuple(Token(ord(char), char, -1.0) for char in text), finish)


def show(marked: str, text: str, finish: FinishReason = FinishReason.STOP) -> str:
    """Return the document's line as it would be, or the reason why it stays."""
    draft = apply_filters(candidate_of(text, finish), context_of(marked), FILTERS)
    if isinstance(draft, Rejection):
        return draft.reason.name
    before, after = marked.split("¦")
    return f"{before}[{draft.text}]{after[draft.replaces :]}"


@pytest.mark.parametrize(
    ("marked", "text", "shown"),
    [
        ("foo(¦)", "a, b)", "foo([a, b])"),
        ("foo(¦)", "bar(a)", "foo([bar(a)])"),
        ("foo(¦)", "bar(a))", "foo([bar(a)])"),
        ("foo(¦)", "a):", "foo([a):]"),
        ("foo(¦)", "a) + 1", "foo([a) + 1]"),
        ("foo(bar(¦))", "a))", "foo(bar([a]))"),
        ("foo(bar(¦))", "a), b", "foo(bar([a), b])"),
        ("x = '¦'", "abc'", "x = '[abc]'"),
        ("x = ['¦']", "a', 'b']", "x = ['[a', 'b]']"),
        ("f('¦')", "a', 'b')", "f('[a', 'b]')"),
        ("x = ¦ + total", "count + total", "x = [count] + total"),
        ("x = ¦y", "y", "REPEATS_SUFFIX"),
        ("foo(¦)", ")", "REPEATS_SUFFIX"),
        ("x = ¦", "1  ", "x = [1]"),
        ("x = ¦", "   ", "EMPTY"),
        ("x = ¦", "", "EMPTY"),
    ],
)
def test_the_rest_of_the_line_is_neither_repeated_nor_broken(
    marked: str, text: str, shown: str
) -> None:
    assert show(marked, text) == shown


@pytest.mark.parametrize(
    ("marked", "text", "shown"),
    [
        ("a\n¦\nreturn x\n", "b = 1\nreturn x\n", "a\n[b = 1]\nreturn x\n"),
        ("a\n¦\n\n\nreturn x\n", "return x", "REPEATS_SUFFIX"),
        ("a\n    ¦\n    return x\n", "b\n    return x", "a\n    [b]\n    return x\n"),
        ("f(\n  ¦\n)\n", "a,\n)", "f(\n  [a,]\n)\n"),
        ("ret¦\nreturn x\n", "urn x", "REPEATS_SUFFIX"),
    ],
)
def test_the_next_line_is_not_suggested_again(marked: str, text: str, shown: str) -> None:
    assert show(marked, text) == shown


def test_a_half_line_at_the_token_limit_is_dropped() -> None:
    assert show("f:¦", "\n  a\n  bcd", FinishReason.LENGTH) == "f:[\n  a]"
    assert show("f ¦", "abc", FinishReason.LENGTH) == "f [abc]"


def test_a_candidate_that_takes_back_what_was_typed_is_rejected() -> None:
    assert show("x ¦", "abc", FinishReason.MISMATCH) == "EMPTY"


def test_what_is_cut_leaves_the_score() -> None:
    tokens = (Token(1, "ab", -1.0), Token(2, ")", -9.0), Token(3, " ", -9.0))
    draft = apply_filters(Candidate(tokens, FinishReason.STOP), context_of("f(¦)"), FILTERS)
    assert isinstance(draft, Draft)
    assert (draft.text, draft.candidate.mean_logprob) == ("ab", -1.0)


def test_reasons_carry_a_sentence() -> None:
    rejection = apply_filters(candidate_of(""), context_of("x = ¦"), FILTERS)
    assert rejection == Rejection(
        RejectionReason.EMPTY, "The model has nothing to add here.", by="blanks"
    )


def test_a_draft_names_the_filters_that_changed_it() -> None:
    context = context_of("f(¦)\nreturn x\n")
    changed = apply_filters(candidate_of("a) "), context, FILTERS)
    assert isinstance(changed, Draft)
    assert (changed.text, changed.trimmed_by) == ("a", ("same_line",))
    whole = apply_filters(candidate_of("a"), context, FILTERS)
    assert isinstance(whole, Draft)
    assert whole.trimmed_by == ()
    several = apply_filters(candidate_of("a \nreturn x"), context_of("¦\nreturn x"), FILTERS)
    assert isinstance(several, Draft)
    assert several.trimmed_by == ("indentation", "next_lines")


def test_what_is_replaced_counts_as_a_change() -> None:
    draft = apply_filters(candidate_of("a) + 1"), context_of("f(¦)"), FILTERS)
    assert isinstance(draft, Draft)
    assert (draft.replaces, draft.trimmed_by) == (1, ("same_line",))


@pytest.mark.parametrize(
    ("text", "rest", "size"),
    [
        ("a, b)", ")", 1),
        ("a, b))", "))", 2),
        ("bar(a)", ")", 0),
        ("x", "xyz", 0),
        ("abc", "abc", 3),
        ("the end", "end of", 3),
        ("abc", "", 0),
    ],
)
def test_longest_overlap(text: str, rest: str, size: int) -> None:
    assert longest_overlap(text, rest) == size


def test_unopened_closers() -> None:
    assert unopened_closers("a) + (b) ]") == frozenset({1, 9})


@pytest.mark.parametrize(
    ("text", "rest", "length"),
    [
        ("a) + 1", ")", 1),
        ("a) + 1", ");", 1),
        ("a) + 1;", ");", 2),
        ("a(b)", ")", 0),
        ("a), b", "))", 1),
        ("a", ";", 0),
        ("a', b", "')", 1),
        ("a', b)", "')", 2),
    ],
)
def test_closed_length(text: str, rest: str, length: int) -> None:
    assert closed_length(text, rest) == length


@pytest.mark.parametrize(
    ("line", "begun", "paired"),
    [
        ("f(a, [b])", "", True),
        ("f(a))", "f(", False),
        ("f(a", "f(", False),
        ("} else if (f(a)) {}", "} else if (", True),
        ("} else if (f(a))) {}", "} else if (", False),
        ('size="small"', "size", True),
        ('size="small', "size", False),
        (r'print("\"")', "print(", True),
        ("f(a]", "f(", False),
    ],
)
def test_a_line_is_paired_when_nothing_is_left_over(line: str, begun: str, paired: bool) -> None:
    assert is_paired(line, begun) is paired
