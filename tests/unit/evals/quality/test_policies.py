from __future__ import annotations

import pytest

from codex_lsp.evals.quality.policies import POLICIES, agreement, figures
from tests.unit.evals.quality.places import NOTHING, outcome, shown

LIKELY = shown("x()", -0.1, similarity=0.2)
SHORT = shown("y", -0.3)
RIGHT = shown("z(1)\nmore", -0.9, exact=True)
AGREES = shown("z(1)", -1.0, exact=True)
SAMPLES = outcome(LIKELY, RIGHT, AGREES, NOTHING, greedy=LIKELY, editor=RIGHT)


@pytest.mark.parametrize(
    ("name", "weighted"),
    [
        ("editor's default", [(1.0, RIGHT)]),
        ("greedy, one row", [(1.0, LIKELY)]),
        ("one sample", [(0.25, LIKELY), (0.25, RIGHT), (0.25, AGREES), (0.25, NOTHING)]),
        ("any of 4", [(1 / 3, LIKELY), (1 / 3, RIGHT), (1 / 3, AGREES)]),
        ("best of 4: mean log-probability", [(1.0, LIKELY)]),
        ("best of 4: agreement, then mean", [(1.0, RIGHT)]),
        ("best of 4: oracle", [(1.0, RIGHT)]),
    ],
)
def test_policies_choose_among_what_passed(name: str, weighted: object) -> None:
    assert POLICIES[name](SAMPLES) == weighted


def test_the_sum_favours_few_tokens() -> None:
    long = shown("long", -0.2)
    few = shown("few", -0.3)
    object.__setattr__(few, "tokens", 1)
    choose = POLICIES["best of 4: summed log-probability"]
    assert choose(outcome(long, few)) == [(1.0, few)]
    assert POLICIES["best of 4: mean log-probability"](outcome(long, few)) == [(1.0, long)]


def test_first_lines_agree() -> None:
    assert agreement(RIGHT, [LIKELY, RIGHT, AGREES]) == 2


def test_where_nothing_passed_nothing_is_shown() -> None:
    for name in POLICIES:
        for weight, attempt in POLICIES[name](outcome(NOTHING, NOTHING)):
            assert (weight in (0.5, 1.0), attempt) == (True, NOTHING)


def test_figures_of_two_holes() -> None:
    holes = [SAMPLES, outcome(NOTHING, NOTHING, NOTHING, NOTHING)]
    found = figures(holes, POLICIES["one sample"], POLICIES["greedy, one row"])
    assert (found.holes, found.exact.mean, found.gain.mean) == (2, 0.25, 0.25)
    assert found.similarity == pytest.approx((0.2 + 1 + 1) / 4 / 2)
    assert found.rejected == pytest.approx(1 - 0.75 / 2)
    assert found.right_when_shown == pytest.approx(0.5 / 0.75)
    assert (found.breaks, found.repeats) == (0, 0)


def test_two_versions_are_compared_hole_by_hole() -> None:
    after = [outcome(editor=RIGHT), outcome(editor=LIKELY)]
    before = [outcome(editor=LIKELY), outcome(editor=LIKELY)]
    editor = POLICIES["editor's default"]
    assert figures(after, editor, editor, before).gain.mean == 0.5


def test_what_is_kept_is_a_mean_over_what_is_shown() -> None:
    half, whole = shown("a b", -0.1, kept=0.5), shown("a", -0.1, kept=1.0)
    holes = [outcome(half, NOTHING), outcome(whole, whole), outcome(NOTHING, NOTHING)]
    one = POLICIES["one sample"]
    # Half of the time half of it, and always all of it, over one and a half completions shown.
    assert figures(holes, one, one).kept == pytest.approx((0.25 + 1.0) / 1.5)
    assert figures(holes[2:], one, one).kept == 0.0
