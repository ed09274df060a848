"""What is merged, how far samples agree, and who may be shown."""

from __future__ import annotations

import pytest

from codex_lsp.options import Profile, TermWeights
from codex_lsp.ordering import Ranked, bonus, consensus, rank
from codex_lsp.postprocess import Draft
from codex_lsp.ranking import FALLBACK, MeanLogprob, sampled_confidence, too_unsure
from codex_lsp.ranking.agreement import agreed_length, normalised
from codex_lsp.types import (
    Candidate,
    Context,
    FinishReason,
    Rejection,
    RejectionReason,
    Shape,
    Token,
)

CONTEXT = Context("x = ", "", "python", Shape.LINE)


def draft(text: str, logprob: float = -1.0, finish: FinishReason = FinishReason.STOP) -> Draft:
    """Make a draft of one token a character."""
    return Draft(Candidate(tuple(Token(1, char, logprob) for char in text), finish))


def order(*drafts: Draft | Rejection, **weights: float) -> list[tuple[str, int]]:
    ranked = rank(dict(enumerate(drafts)), MeanLogprob(), CONTEXT, TermWeights(**weights))
    return [(item.draft.text, item.agreement) for item in ranked]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("f(a, b)", "f(a,b)", True),
        ("f(a)", "f( a )", True),
        ("f('a')", 'f("a")', True),
        ("f(a);", "f(a)", True),
        ("return x", "return  x", True),
        ("a  \nb", "a\nb", True),
        ("return x", "returnx", False),
        ("if a:\n    b", "if a:\n  b", False),
        ("f(a)", "f(b)", False),
        ("a\nb", "a b", False),
    ],
)
def test_style_makes_no_difference(one: str, other: str, same: bool) -> None:
    assert (normalised(one) == normalised(other)) is same


def test_the_best_of_those_that_say_the_same_stands_for_all() -> None:
    assert order(draft("f(a, b)", -0.7), draft("g()", -0.6), draft("f(a,b)", -0.5)) == [
        ("f(a,b)", 2),
        ("g()", 1),
    ]


def test_a_line_that_never_ended_is_dropped_unless_all_are_such() -> None:
    half = draft("f(f(f(f(", -0.1, FinishReason.LENGTH)
    assert order(half, draft("g()", -2.0)) == [("g()", 1)]
    assert order(half) == [("f(f(f(f(", 1)]
    assert order(half, Rejection(RejectionReason.EMPTY)) == [("f(f(f(f(", 1)]


def test_agreement_counts_with_its_weight() -> None:
    drafts = [draft("a", -0.5), draft("b", -0.7), draft("b", -0.7), draft("b", -0.8)]
    assert order(*drafts) == [("a", 1), ("b", 3)]
    assert order(*drafts, agreement=0.1) == [("a", 1), ("b", 3)]
    assert order(*drafts, agreement=0.15) == [("b", 3), ("a", 1)]
    assert bonus(1, TermWeights(agreement=0.5)) == 0.0
    assert bonus(4, TermWeights(agreement=0.5)) == 1.0


@pytest.mark.parametrize(
    ("best", "others", "agreed"),
    [
        # All go on differently behind the first part.
        ("total + tax", [("total - tax", 1), ("total * 2", 1)], "total"),
        ("value.strip()", [("value.lower()", 1)], "value"),
        # No bracket is left open, no string, and no word is cut.
        ("fetch(url, 1)", [("fetch(url, 2)", 1)], "fetch"),
        ('say + "one"', [('say + "two"', 1)], "say"),
        ("fetch(a)[one]", [("fetch(a)[two]", 1)], "fetch(a)"),
        ("fetch(')') + 1", [("fetch(')') + 2", 1)], "fetch(')')"),
        ("items_all", [("items_any", 1)], None),
        ("items", [("items_any", 1)], None),
        # One of three is outvoted, two of four are not.
        ("name = one", [("name = two", 1), ("other", 1)], "name"),
        ("name = one", [("name = one()", 1), ("other", 1)], None),
        ("name", [("name", 1), ("other", 1)], None),
        ("name = 1", [("name = 2", 1), ("other", 2)], None),
        # Too little, or all of it.
        ("x = 1", [("x = 2", 1)], None),
        ("((a))", [("((b))", 1)], None),
        ("same", [("same", 3)], None),
        ("\n    total + 1", [("\n    total + 2", 1)], "\n    total"),
    ],
)
def test_how_far_samples_agree(
    best: str, others: list[tuple[str, int]], agreed: str | None
) -> None:
    length = agreed_length(best, others)
    assert (None if length is None else best[:length]) == agreed


def test_the_more_samples_the_more_votes() -> None:
    assert agreed_length("name = 1", [("name = 2", 1), ("other", 1)]) == 4
    assert agreed_length("name = 1", [("name = 2", 1), ("other", 1)], count=4) is None


def ranked(text: str, row: int | None, agreement: int = 1) -> Ranked:
    return Ranked(draft(text), 0.5, row, agreement)


def test_the_consensus_stands_before_what_it_was_made_of() -> None:
    items = [ranked("total + tax", 1), ranked("total - tax", 0, 2), ranked("other", 2)]
    found = consensus(items, CONTEXT)
    assert found[1:] == items
    first = found[0]
    assert (first.draft.text, first.row, first.agreement) == ("total", 1, 3)
    assert first.draft.trimmed_by == ("consensus",)
    # That the samples go on behind it is no reason to be less sure of it.
    assert first.draft.candidate.end_logprob is None
    assert first.confidence == sampled_confidence(draft("total").candidate, FALLBACK.sampled)


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ([], "x = "),
        ([ranked("total + tax", 0)], "x = "),
        ([ranked("total + tax", None), ranked("total - tax", 0)], "x = "),
        ([ranked("total + tax", 0), ranked("total - tax", 1)], 'x = "'),
    ],
)
def test_without_samples_that_go_apart_all_stays_as_it_is(items: list[Ranked], line: str) -> None:
    assert consensus(items, Context(line, "", "python", Shape.LINE)) == items


@pytest.mark.parametrize(
    ("profile", "refused", "shown"), [("confident", 0.299, 0.3), ("balanced", 0.049, 0.05)]
)
def test_a_profile_has_its_threshold(profile: Profile, refused: float, shown: float) -> None:
    assert too_unsure(shown, profile) is None
    rejection = too_unsure(refused, profile)
    assert rejection is not None
    assert rejection.reason is RejectionReason.LOW_CONFIDENCE
    assert too_unsure(0.0, "eager") is None


def test_the_reason_says_the_numbers() -> None:
    assert too_unsure(0.0123, "balanced") == Rejection(
        RejectionReason.LOW_CONFIDENCE,
        "The best candidate is 1.2 % likely to be right; "
        "the profile 'balanced' shows candidates from 5 % on.",
    )
