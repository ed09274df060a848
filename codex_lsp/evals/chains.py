"""Synthetic problems of chained steps (Chen et al. 2021, section 6 and appendix C).

A docstring lists one to many simple manipulations of a string; the function has to do them in that
order. Every step alone is easy: what is measured is how the pass rate falls with their number. The
steps are the paper's thirteen, the Python of each is ours.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codex_lsp.errors import UsageError
from codex_lsp.evals.made import size_of, sized_set
from codex_lsp.evals.problems import Hole, Problem, ProblemSet

_HEAD = '''def string_manipulation(s: str):
    """
    This function takes a string as input, then returns the result of performing
    the following sequence of manipulations on that string:
'''
_LETTERS = "abcdefghijklmnopqrstuvwxyzAEIOE"
_TESTS = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One manipulation: how it is asked for, and what it is."""

    text: str
    code: str

    def apply(self, s: str) -> str:
        """Do it. The code is one of the expressions below, no other's."""
        return str(eval(self.code, {"s": s}))


STEPS = (
    Step("remove all instances of the letter e from the string", "s.replace('e', '')"),
    Step("replace all spaces with exclamation points in the string", "s.replace(' ', '!')"),
    Step("convert the string s to lowercase", "s.lower()"),
    Step("remove the first and last two characters of the string", "s[2:-2]"),
    Step(
        "removes all vowels from the string",
        "''.join(c for c in s if c not in 'aeiouAEIOU')",
    ),
    Step(
        "remove every third character from the string",
        "''.join(c for i, c in enumerate(s) if i % 3 != 2)",
    ),
    Step("drop the last half of the string, as computed by characters", "s[:len(s) // 2]"),
    Step("replace spaces with triple spaces", "s.replace(' ', '   ')"),
    Step("reverse the order of words in the string", "' '.join(s.split()[::-1])"),
    Step(
        "drop the first half of the string, as computed by number of words",
        "' '.join(s.split()[len(s.split()) // 2:])",
    ),
    Step(
        "add the word apples after every word in the string",
        "' '.join(word + ' apples' for word in s.split())",
    ),
    Step(
        "make every other character in the string uppercase",
        "''.join(c.upper() if i % 2 == 0 else c for i, c in enumerate(s))",
    ),
    Step(
        "delete all exclamation points, question marks, and periods from the string",
        "''.join(c for c in s if c not in '!?.')",
    ),
)


def chains(lengths: Sequence[int], count: int, seed: int) -> ProblemSet:
    """Make ``count`` problems of each length, each of different steps in a random order.

    :raises UsageError: there are not that many steps
    """
    if not lengths or not all(1 <= length <= len(STEPS) for length in lengths) or count < 1:
        raise UsageError(f"A chain has 1 to {len(STEPS)} steps, and there is 1 of a kind or more.")
    return sized_set("chains", lengths, count, seed, _problem)


def chain_length(task_id: str) -> int | None:
    """Return how many steps the problem ``task_id`` chains; None when it is no chain."""
    return size_of(task_id, "Chain")


def _problem(length: int, number: int, source: random.Random) -> Problem:
    steps = source.sample(STEPS, length)
    listed = "".join(f"    -{step.text}\n" for step in steps)
    asserts = "".join(
        f"    assert candidate({given!r}) == {_result(steps, given)!r}\n"
        for given in (_words(source.randrange, source.choice) for _ in range(_TESTS))
    )
    return Problem(
        task_id=f"Chain/{length}/{number}",
        hole=Hole.BODY,
        prompt=f'{_HEAD}{listed}    """\n',
        suffix="",
        entry_point="string_manipulation",
        preamble="",
        test=f"def check(candidate):\n{asserts}",
        canonical_solution="".join(f"    s = {step.code}\n" for step in steps) + "    return s\n",
        names=("string_manipulation",),
    )


def _result(steps: Sequence[Step], text: str) -> str:
    for step in steps:
        text = step.apply(text)
    return text


def _words(below: Callable[[int], int], choice: Callable[[str], str]) -> str:
    """Return a sentence of some made-up words."""
    words = ["".join(choice(_LETTERS) for _ in range(2 + below(7))) for _ in range(4 + below(6))]
    return " ".join(words) + choice(".!?")
