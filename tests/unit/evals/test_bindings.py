from __future__ import annotations

import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.bindings import NAMES, bindings, bound_operations
from codex_lsp.evals.problems import Problem


def test_the_solution_does_what_the_docstring_asks_for() -> None:
    for problem in bindings((1, 3, 6), 5, seed=4).problems:
        names: dict[str, object] = {}
        exec(problem.program(problem.canonical_solution) + problem.test, names)
        names["check"](names["work_out"])  # type: ignore[operator]
        assert problem.test.count("assert") == 6


def test_a_variable_more_than_operations_is_there() -> None:
    for problem in bindings((1, 2, 6), 3, seed=4).problems:
        size = bound_operations(problem.task_id)
        assert size is not None
        head = problem.prompt.partition("\n")[0]
        assert head == f"def work_out({', '.join(NAMES[: size + 1])}):"
        said = " ".join(problem.prompt.split('"""')[1].split())
        # One sentence for each operation, and what is returned.
        assert said.count(".") == size + 1


def test_one_problem_word_by_word() -> None:
    (problem,) = bindings((2,), 1, seed=0).problems
    assert problem.prompt == PROMPT
    assert problem.canonical_solution == SOLUTION


PROMPT = '''def work_out(x, y, z):
    """
    Subtract 4 from both x and y. Add x to y. Return the product of the
    three numbers.
    """
'''
SOLUTION = "    x -= 4\n    y -= 4\n    y += x\n    return x * y * z\n"


@pytest.mark.parametrize("problem", bindings((1, 2, 4), 10, seed=0).problems)
def test_no_other_variable_will_do(problem: Problem) -> None:
    names = NAMES[: (bound_operations(problem.task_id) or 0) + 1]
    lines = problem.canonical_solution.splitlines(keepends=True)
    for row, line in enumerate(lines[:-1]):
        own, rest = line.strip().split(" ", 1)
        for other in set(names) - {own}:
            wrong = [*lines[:row], f"    {other} {rest}\n", *lines[row + 1 :]]
            found: dict[str, object] = {}
            exec(problem.program("".join(wrong)) + problem.test, found)
            with pytest.raises(AssertionError):
                found["check"](found["work_out"])  # type: ignore[operator]


def test_a_seed_makes_the_same_problems_whatever_else_is_asked_for() -> None:
    assert bindings((2,), 3, seed=1) == bindings((2,), 3, seed=1)
    assert bindings((2,), 3, seed=1).sha256 != bindings((2,), 3, seed=2).sha256
    assert bindings((1, 2), 5, seed=1).problems[5:8] == bindings((2,), 3, seed=1).problems


@pytest.mark.parametrize(("operations", "count"), [((0,), 1), ((7,), 1), ((), 1), ((1,), 0)])
def test_what_cannot_be_is_refused(operations: tuple[int, ...], count: int) -> None:
    with pytest.raises(UsageError, match="1 to 6 operations"):
        bindings(operations, count, seed=0)


def test_other_problems_bind_nothing() -> None:
    assert bound_operations("Chain/3/0") is None
