"""Sets of problems that are made here, many of them by size."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence

from codex_lsp.evals.problems import Problem, ProblemSet

MakeProblem = Callable[[int, int, random.Random], Problem]
"""Makes a problem of a size, the n-th of them, from a source of its own."""


def made_set(name: str, problems: Sequence[Problem]) -> ProblemSet:
    """Put problems together under the digest of what is asked and tested."""
    text = "\n".join(problem.prompt + problem.test for problem in problems)
    return ProblemSet(name, hashlib.sha256(text.encode()).hexdigest(), tuple(problems))


def sized_set(
    name: str, sizes: Sequence[int], count: int, seed: int, make: MakeProblem
) -> ProblemSet:
    """Make ``count`` problems of each size; another size more changes none of them."""
    problems = [
        make(size, number, random.Random(f"{seed}/{size}/{number}"))
        for size in sorted(set(sizes))
        for number in range(count)
    ]
    return made_set(name, problems)


def size_of(task_id: str, kind: str) -> int | None:
    """Return the size of the problem ``KIND/size/number``; None when it is of another kind."""
    own, _, rest = task_id.partition("/")
    size = rest.partition("/")[0]
    return int(size) if own == kind and size.isdecimal() else None
