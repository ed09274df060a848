from __future__ import annotations

import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.chains import STEPS, chain_length, chains

S = "The apple fell. Quick!"
RESULTS = [
    "Th appl fll. Quick!",
    "The!apple!fell.!Quick!",
    "the apple fell. quick!",
    "e apple fell. Quic",
    "Th ppl fll. Qck!",
    "Th apl fll Qic!",
    "The apple f",
    "The   apple   fell.   Quick!",
    "Quick! fell. apple The",
    "fell. Quick!",
    "The apples apple apples fell. apples Quick! apples",
    "ThE ApPlE FeLl. QuIcK!",
    "The apple fell Quick",
]


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_every_step_does_what_its_text_says(number: int) -> None:
    assert STEPS[number].apply(S) == RESULTS[number]


def test_a_problem_lists_its_steps_and_its_solution_does_them() -> None:
    for problem in chains((1, 3, 13), 4, seed=5).problems:
        names: dict[str, object] = {}
        exec(problem.program(problem.canonical_solution) + problem.test, names)
        names["check"](names["string_manipulation"])  # type: ignore[operator]
        assert problem.prompt.count("\n    -") == chain_length(problem.task_id)
        assert problem.test.count("assert") == 6


def test_steps_of_one_chain_differ() -> None:
    (problem,) = chains((13,), 1, seed=1).problems
    listed = [line for line in problem.prompt.splitlines() if line.startswith("    -")]
    assert sorted(listed) == sorted(f"    -{step.text}" for step in STEPS)


def test_a_seed_makes_the_same_problems_whatever_else_is_asked_for() -> None:
    assert chains((2,), 3, seed=1) == chains((2,), 3, seed=1)
    assert chains((2,), 3, seed=1).sha256 != chains((2,), 3, seed=2).sha256
    assert chains((1, 2), 5, seed=1).problems[5:8] == chains((2,), 3, seed=1).problems


@pytest.mark.parametrize(("lengths", "count"), [((0,), 1), ((14,), 1), ((), 1), ((1,), 0)])
def test_chains_that_cannot_be_are_refused(lengths: tuple[int, ...], count: int) -> None:
    with pytest.raises(UsageError, match="1 to 13 steps"):
        chains(lengths, count, seed=0)


def test_other_problems_have_no_length() -> None:
    assert chain_length("HumanEval/3") is None
    assert chain_length("Chain/7/2") == 7
