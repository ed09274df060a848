from __future__ import annotations

import ast
import dataclasses

import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.contexts import Place, contexts, place_of, problem_of
from codex_lsp.evals.exercises import EXERCISES, Exercise
from codex_lsp.evals.problems import ProblemSet
from tests.unit.evals.problem_files import add_problem


def passes(exercise: Exercise, body: str) -> bool:
    problem = problem_of(exercise)
    names: dict[str, object] = {}
    exec(problem.program(body) + problem.test, names)
    try:
        names["check"](names[exercise.name])  # type: ignore[operator]
    except (AssertionError, IndexError):
        return False
    return True


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda item: item.name)
def test_the_right_solution_passes_and_the_bug_shows(exercise: Exercise) -> None:
    assert passes(exercise, exercise.right)
    assert not passes(exercise, exercise.buggy)
    some = [dataclasses.replace(exercise, calls=(call,)) for call in exercise.calls]
    assert any(passes(one, exercise.buggy) for one in some), "a subtle bug is right for some calls"


def test_names_are_unique() -> None:
    assert len({exercise.name for exercise in EXERCISES}) == len(EXERCISES) == 20


def test_a_problem_stands_alone_and_behind_both_kinds_of_examples() -> None:
    made = {item.task_id: item for item in contexts((0, 1, 2), seed=3).problems}
    assert len(made) == 20 * 5
    alone = made["Context/alone/0/sum_to"]
    for count in (1, 2):
        right = made[f"Context/correct/{count}/sum_to"]
        buggy = made[f"Context/buggy/{count}/sum_to"]
        assert right.prompt.endswith(f"\n\n\n{alone.prompt}")
        shown = [node.name for node in ast.parse(right.prompt + "    pass").body]  # type: ignore[attr-defined]
        assert [node.name for node in ast.parse(buggy.prompt + "    pass").body] == shown  # type: ignore[attr-defined]
        assert len(shown) == count + 1 and shown[-1] == "sum_to" and "sum_to" not in shown[:-1]
        bodies = {item.name: item for item in EXERCISES}
        assert all(bodies[name].right in right.prompt for name in shown[:-1])
        assert all(bodies[name].buggy in buggy.prompt for name in shown[:-1])
        assert right.test == alone.test


def test_more_examples_are_added_to_the_front() -> None:
    made = {item.task_id: item for item in contexts((1, 4), seed=3).problems}
    for name in ("correct", "buggy"):
        near = made[f"Context/{name}/1/clamp"].prompt
        assert made[f"Context/{name}/4/clamp"].prompt.endswith(near)


def test_other_problems_can_be_asked() -> None:
    targets = ProblemSet("own", "0", (add_problem(),))
    alone, right, buggy = contexts((0, 1), 0, targets).problems
    assert alone.prompt == add_problem().prompt
    assert place_of(right.task_id) == Place("correct", 1, "Own/0")
    assert buggy.preamble == "import math\n\n\n"


def test_the_same_seed_makes_the_same_problems() -> None:
    assert contexts((2,), 1) == contexts((2,), 1)
    assert contexts((2,), 1).sha256 != contexts((2,), 2).sha256


@pytest.mark.parametrize("examples", [(), (-1,), (20,)])
def test_what_cannot_be_is_refused(examples: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="0 to 19 examples"):
        contexts(examples, 0)


def test_other_problems_have_no_place() -> None:
    assert place_of("HumanEval/3") is None
    assert place_of("Chain/2/0") is None
