"""Problems that bind operations to variables (Chen et al. 2021, section 6).

A docstring changes some of a function's arguments, one by one or two at once, and asks for all of
them. One more argument than there are operations, so some are left alone: what is measured is
whether each operation goes to its own variable, and how the pass rate falls with their number. The
paper shows one example; wording and operations are ours.
"""

from __future__ import annotations

import random
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from codex_lsp.errors import UsageError
from codex_lsp.evals.made import size_of, sized_set
from codex_lsp.evals.problems import Hole, Problem, ProblemSet

NAMES = ("x", "y", "z", "w", "u", "v", "t")
MOST = len(NAMES) - 1
"""The most operations: each has a variable more beside it."""
_NUMBERS = ("", "", "two", "three", "four", "five", "six", "seven")
_ENTRY = "work_out"
_TESTS = 6
_WIDTH = 76


@dataclass(frozen=True, slots=True)
class Operation:
    """One change: how it is asked for, and what it is."""

    text: str
    code: str


def bindings(operations: Sequence[int], count: int, seed: int) -> ProblemSet:
    """Make ``count`` problems of each number of ``operations``.

    :raises UsageError: there are no problems of that many
    """
    if not operations or not all(1 <= number <= MOST for number in operations) or count < 1:
        raise UsageError(f"A problem has 1 to {MOST} operations, and there is 1 of a kind or more.")
    return sized_set("bindings", operations, count, seed, _problem)


def bound_operations(task_id: str) -> int | None:
    """Return how many operations the problem ``task_id`` binds; None when it binds none."""
    return size_of(task_id, "Binding")


def _problem(size: int, number: int, source: random.Random) -> Problem:
    names = NAMES[: size + 1]
    steps = [_operation(names, source) for _ in range(size)]
    said, returned = _ending(names, steps, source)
    sentences = textwrap.fill(
        " ".join([*(step.text for step in steps), said]),
        _WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
    )
    head = f"def {_ENTRY}({', '.join(names)}):\n"
    solution = "".join(f"    {line}\n" for step in steps for line in step.code.split("\n"))
    solution += f"    return {returned}\n"
    made: dict[str, object] = {}
    # The code is one of the operations below, no other's.
    exec(head + solution, made)
    asserts = "".join(
        _assert(made[_ENTRY], [source.randrange(-9, 10) for _ in names]) for _ in range(_TESTS)
    )
    return Problem(
        task_id=f"Binding/{size}/{number}",
        hole=Hole.BODY,
        prompt=f'{head}    """\n{sentences}\n    """\n',
        suffix="",
        entry_point=_ENTRY,
        preamble="",
        test=f"def check(candidate):\n{asserts}",
        canonical_solution=solution,
        names=(_ENTRY,),
    )


def _assert(function: object, arguments: Sequence[int]) -> str:
    assert callable(function)
    given = ", ".join(map(str, arguments))
    return f"    assert candidate({given}) == {function(*arguments)!r}\n"


def _operation(names: Sequence[str], source: random.Random) -> Operation:
    first, second = source.sample(names, 2)
    number = source.randrange(2, 10)
    return source.choice(
        (
            Operation(f"Add {number} to {first}.", f"{first} += {number}"),
            Operation(f"Multiply {first} by {number}.", f"{first} *= {number}"),
            Operation(
                f"Subtract {number} from both {first} and {second}.",
                f"{first} -= {number}\n{second} -= {number}",
            ),
            Operation(f"Add {second} to {first}.", f"{first} += {second}"),
        )
    )


def _ending(
    names: Sequence[str], steps: Sequence[Operation], source: random.Random
) -> tuple[str, str]:
    """Return what is asked for in the end.

    Not a sum, which is the same whichever got the addition, nor a product where something is
    multiplied.
    """
    product = (f"Return the product of the {_NUMBERS[len(names)]} numbers.", " * ".join(names))
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    whole = (f"Return a list of {listed}.", f"[{', '.join(names)}]")
    ending = source.choice((product, whole))
    return whole if any("*=" in step.code for step in steps) else ending
