from __future__ import annotations

import pytest

from codex_lsp.evals.quality.holes import Hole
from codex_lsp.evals.quality.judging import (
    Judge,
    Judgement,
    kept_share,
    repeats_suffix,
    similarity,
)
from tests.unit.evals.quality.places import hole, source


def test_the_missing_text_is_exact() -> None:
    judged = Judge(hole("add(1, 2)")).judge("add(1, 2)", 0)
    assert judged == Judgement(True, True, 1.0, False, False, 1.0)


def test_a_right_line_with_another_behind_it_is_exact_as_a_line_only() -> None:
    judged = Judge(hole("add(1, 2)")).judge("add(1, 2)\nmore = 1", 0)
    assert judged == Judgement(True, False, 0.5, False, False, 6 / 9)


def test_what_is_replaced_belongs_to_the_missing_text() -> None:
    place = hole("1, 2", "span")
    judge = Judge(place)
    assert judge.judge("1, 2)", 1) == Judgement(True, True, 1.0, False, False, 1.0)
    assert judge.judge("1, 2)", 0) == Judgement(False, False, 0.8, True, True, 0.75)


def test_a_bracket_left_open_breaks_the_file() -> None:
    assert Judge(hole("add(1, 2)")).judge("add(1, 2", 0).breaks
    # A line that is missing may break it already; whoever leaves it so has broken nothing.
    assert not Judge(hole("add(1, 2)")).judge("1", 0).breaks


def test_the_next_line_once_more_is_a_repetition() -> None:
    assert Judge(hole("total = add(1, 2)", "start")).judge("print(total)", 0).repeats


def test_a_repetition_that_the_file_has_itself_is_none() -> None:
    twice = "self.count += 1\nself.count += 1\n"
    judge = Judge(Hole("own", "start", source(twice), 0, len("self.count += 1")))
    assert not judge.judge("self.count += 1", 0).repeats


@pytest.mark.parametrize(
    ("before", "text", "after", "repeats"),
    [
        ("f(", "a)", ")\n", True),
        ("f(", "g(a)", ")\n", False),
        ("f(g(", "a)", "))\n", True),
        ("x = ", "total", " total\n", True),
        ("x = ", "a", " b\n", False),
        ("", "a = 1\nlonger = 2", "\nlonger = 2\n", True),
        ("if a:\n    ", "b()\n}", "\n}\n", False),
        ("", "a", "\n\n\n", False),
    ],
)
def test_repetitions(before: str, text: str, after: str, repeats: bool) -> None:
    assert repeats_suffix(before, text, after) is repeats


def test_similarity_is_one_minus_the_distance_over_the_longer_length() -> None:
    assert similarity("abcd", "abxd") == 0.75
    assert similarity("", "ab") == 0.0
    assert similarity("", "") == 1.0


@pytest.mark.parametrize(
    ("text", "wanted", "kept"),
    [
        ("return a + b", "return a + b", 1.0),
        ("return a", "return a + b", 1.0),
        ("return a - b", "return a + b", 0.75),
        ("b + a", "a + b", 1 / 3),
        ("total", "x", 0.0),
        (" \n", "x", None),
    ],
)
def test_kept_is_what_need_not_be_deleted_again(text: str, wanted: str, kept: float | None) -> None:
    assert kept_share(text, wanted) == kept
