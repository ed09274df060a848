"""The same problem behind correct and behind subtly buggy code (Chen et al. 2021, appendix E).

A model that was trained to go on as a text began may write worse code behind worse code. Each
problem is asked once alone, and behind 1 to many examples, once all right and once all buggy: the
same examples in the same order, more of them by adding to the front. What is left of the pass rate
as the examples grow is the figure. The examples are the exercises of
:mod:`codex_lsp.evals.exercises`; the problems are these too, or those of another set.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from codex_lsp.errors import UsageError
from codex_lsp.evals.exercises import EXERCISES, Exercise
from codex_lsp.evals.made import made_set
from codex_lsp.evals.problems import Hole, Problem, ProblemSet

ALONE, CORRECT, BUGGY = "alone", "correct", "buggy"
MOST = len(EXERCISES) - 1
"""The most examples: a problem is none of its own examples."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem was asked: how many examples stood in front of it, and of which kind."""

    kind: str
    examples: int
    task_id: str


def contexts(examples: Sequence[int], seed: int, targets: ProblemSet | None = None) -> ProblemSet:
    """Put every problem behind so many ``examples`` of both kinds; 0 is the problem alone.

    :param targets: problems that ask for the body of a function; None for the exercises
    :raises UsageError: there are not that many examples
    """
    if not examples or not all(0 <= number <= MOST for number in examples):
        raise UsageError(f"A problem has 0 to {MOST} examples in front of it.")
    whole = targets or ProblemSet("exercises", "", tuple(map(problem_of, EXERCISES)))
    wanted = sorted(set(examples))
    problems = [made for target in whole.problems for made in _placed(target, wanted, seed)]
    return made_set("contexts", problems)


def place_of(task_id: str) -> Place | None:
    """Return where the problem ``task_id`` was asked; None when it is another kind of problem."""
    parts = task_id.split("/", 3)
    if len(parts) < 4 or parts[0] != "Context" or not parts[2].isdecimal():
        return None
    return Place(parts[1], int(parts[2]), parts[3])


def problem_of(exercise: Exercise) -> Problem:
    """Return an exercise as a problem."""
    asserts = "".join(
        f"    assert candidate({given}) == {expected}\n" for given, expected in exercise.calls
    )
    return Problem(
        task_id=exercise.name,
        hole=Hole.BODY,
        prompt=exercise.head,
        suffix="",
        entry_point=exercise.name,
        preamble="",
        test=f"def check(candidate):\n{asserts}",
        canonical_solution=exercise.right,
        names=(exercise.name,),
    )


def _placed(target: Problem, examples: Sequence[int], seed: int) -> Iterator[Problem]:
    """Give a problem in all its places."""
    others = [item for item in EXERCISES if item.name != target.entry_point]
    random.Random(f"{seed}/{target.task_id}").shuffle(others)
    for count in examples:
        # The nearest stay the nearest: more are added to the front.
        shown = others[:count][::-1]
        if not shown:
            yield _behind("", ALONE, 0, target)
            continue
        right = "".join(f"{item.head}{item.right}\n\n" for item in shown)
        buggy = "".join(f"{item.head}{item.buggy}\n\n" for item in shown)
        yield _behind(right, CORRECT, count, target)
        yield _behind(buggy, BUGGY, count, target)


def _behind(text: str, kind: str, count: int, target: Problem) -> Problem:
    task_id = f"Context/{kind}/{count}/{target.task_id}"
    return replace(target, task_id=task_id, prompt=text + target.prompt)
