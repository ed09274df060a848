"""What holds of the filters for any text at all."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from codex_lsp.context import ContextOptions, build_context
from codex_lsp.postprocess import FILTERS, Draft, apply_filters
from codex_lsp.types import (
    Candidate,
    CompletionRequest,
    Context,
    Document,
    FinishReason,
    Token,
)

LANGUAGES = st.sampled_from(
    [
        "",
        "python",
        "javascript",
        "go",
        "rust",
        "c",
        "html",
        "markdown",
        "shellscript",
        "sql",
        "yaml",
    ]
)
PIECES = st.sampled_from(
    list("()[]{}\"'`,;:=<>\\#")
    + [
        "x",
        "foo",
        "items_items_items",
        "a_b",
        " ",
        "  ",
        "    ",
        "\t",
        "\n",
        "\n    ",
        "\n\t",
        "\r\n",
    ]
    + ["# note", "// note", "/*", "*/", '"""', "```", "=>", "return x", "\nreturn x", "été", "𝒳"]
    + [
        "Copyright (c) 2020",
        "jane@roe.org",
        "AKIA" + "Q5JZ7XT2M4WB9KLP",
        "This is the one that you",
    ]
)
TEXTS = st.lists(PIECES, max_size=24).map("".join)
FINISHES = st.sampled_from(
    [FinishReason.STOP, FinishReason.LENGTH, FinishReason.REPETITION, FinishReason.END_OF_TEXT]
)


def candidate_of(pieces: list[str], finish: FinishReason) -> Candidate:
    return Candidate(tuple(Token(0, piece, -1.0) for piece in pieces), finish)


def context_of(before: str, after: str, language: str) -> Context | None:
    document = Document(before + after, language)
    context = build_context(CompletionRequest(document, len(before)), ContextOptions())
    return context if isinstance(context, Context) else None


def bare(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=400, deadline=None)
@given(TEXTS, TEXTS, LANGUAGES, st.lists(PIECES, max_size=24), FINISHES)
def test_what_is_shown_comes_from_the_sample_and_passes_again(
    before: str, after: str, language: str, sample: list[str], finish: FinishReason
) -> None:
    context = context_of(before, after, language)
    if context is None:
        return
    candidate = candidate_of(sample, finish)
    result = apply_filters(candidate, context, FILTERS)
    if not isinstance(result, Draft):
        assert result.by in {step.name for step in FILTERS}
        assert result.detail.endswith(".")
        return
    # Blanks may be spelled otherwise; nothing else is.
    assert bare(candidate.text).startswith(bare(result.text))
    assert "\r" not in result.text
    assert result.text.strip()
    assert 0 <= result.replaces <= len(context.line_after)
    if result.joins:
        return  # it may stand there for what followed it in the sample, and has been cut
    again = apply_filters(result.candidate, context, FILTERS)
    assert isinstance(again, Draft)
    assert replace(again, trimmed_by=()) == replace(result, trimmed_by=())


@st.composite
def nested_code(draw: st.DrawFn) -> tuple[str, str, str]:
    """Return the text on both sides of a cursor that stands in brackets, and the language.

    Each bracket is closed, on its own line or, indented like it, on a line below.
    """
    before, after, indent = "", "", 0
    line = "foo"
    for opener in draw(st.lists(st.sampled_from("([{"), min_size=1, max_size=4)):
        closer = {"(": ")", "[": "]", "{": "}"}[opener]
        if draw(st.booleans()):
            before += f"{line}{opener}"
            after = f"{closer}{after}"
            line = draw(st.sampled_from(["", "a, ", "bar"]))
        else:
            before += f"{line}{opener}\n"
            after = f"\n{' ' * indent}{closer}{after}"
            indent += 4
            line = " " * indent + draw(st.sampled_from(["", "bar"]))
    return before + line, after + "\n", draw(st.sampled_from(["", "python", "javascript", "go"]))


WELL_NESTED = st.recursive(
    st.sampled_from(["a", "b, ", " + ", "\n    "]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["()", "[]", "{}"]), inner).map(
            lambda pair: f"{pair[0][0]}{pair[1]}{pair[0][1]}"
        ),
        st.tuples(inner, inner).map("".join),
    ),
    max_leaves=4,
)
CLOSING = st.lists(st.one_of(WELL_NESTED, st.sampled_from(list(")]}"))), min_size=1, max_size=6)


def closed_without_need(text: str) -> bool:
    """Say whether a bracket is closed, of whatever kind, when none of its kind is open."""
    for opener, closer in ("()", "[]", "{}"):
        depth = 0
        for char in text:
            depth += (char == opener) - (char == closer)
            if depth < 0:
                return True
    return False


@settings(max_examples=400, deadline=None)
@given(nested_code(), CLOSING)
def test_no_bracket_is_closed_twice(code: tuple[str, str, str], sample: list[str]) -> None:
    before, after, language = code
    assert not closed_without_need(before + after)
    context = context_of(before, after, language)
    if context is None:
        return
    result = apply_filters(candidate_of(sample, FinishReason.STOP), context, FILTERS)
    if isinstance(result, Draft):
        document = before + result.text + after[result.replaces :]
        assert not closed_without_need(document), document
