"""The figures of one run, from its checked samples: pure, and in the order that a report has them.

All rates are shares between 0 and 1; the intervals are those of :mod:`codex_lsp.evals.bootstrap`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codex_lsp.evals.bootstrap import Interval, mean_interval
from codex_lsp.evals.choosing import (
    CHOOSERS,
    Chooser,
    choose_randomly,
    is_finished,
    mean_logprob,
)
from codex_lsp.evals.passk import Count, estimable, per_problem
from codex_lsp.evals.samples import Checked

KS = (1, 2, 5, 10, 20, 50, 100, 200)

ByProblem = Mapping[str, Sequence[Checked]]


@dataclass(frozen=True, slots=True)
class Choice:
    """How often one way to choose among k samples shows one that passes.

    :ivar gain: over one sample picked at random, problem by problem
    """

    chooser: str
    k: int
    rate: Interval
    gain: Interval


@dataclass(frozen=True, slots=True)
class Bin:
    """The samples whose mean log-probability lies in ``[low, high)``."""

    low: float
    high: float
    samples: int
    passed: int


def by_problem(checked: Sequence[Checked]) -> dict[str, list[Checked]]:
    """Group samples by their problem, in the order of the file."""
    groups: dict[str, list[Checked]] = {}
    for item in checked:
        groups.setdefault(item.sample.task_id, []).append(item)
    return groups


def draws_of(groups: ByProblem) -> list[int]:
    """Return how many samples a choice is shown for: those of ``KS`` over 1, and all there are."""
    fewest = min((len(items) for items in groups.values()), default=0)
    return sorted({k for k in (*KS, fewest) if 1 < k <= fewest})


def pass_rates(groups: ByProblem, ks: Sequence[int] = KS) -> dict[int, Interval]:
    """Return pass@k for those of ``ks`` that every problem has enough samples for."""
    counts = [Count(len(items), sum(item.passed for item in items)) for items in groups.values()]
    return {k: mean_interval(per_problem(counts, k)) for k in estimable(counts, ks)}


def pass_curve(groups: ByProblem) -> list[float]:
    """Return pass@k for every k from 1 on."""
    counts = [Count(len(items), sum(item.passed for item in items)) for items in groups.values()]
    fewest = min((count.samples for count in counts), default=0)
    return [sum(per_problem(counts, k)) / len(counts) for k in range(1, fewest + 1)]


def choices(
    groups: ByProblem, ks: Sequence[int], choosers: Mapping[str, Chooser] = CHOOSERS
) -> list[Choice]:
    """Return what each chooser comes to at each k."""
    found = []
    for k in ks:
        random = [choose_randomly(items, k) for items in groups.values()]
        for name, chooser in choosers.items():
            chances = [chooser(items, k) for items in groups.values()]
            gains = [chance - base for chance, base in zip(chances, random, strict=True)]
            found.append(Choice(name, k, mean_interval(chances), mean_interval(gains)))
    return found


def finished_only(groups: ByProblem) -> dict[str, list[Checked]]:
    """Drop samples that are cut off or repeat themselves; a problem may be left with none."""
    return {
        task_id: [item for item in items if is_finished(item)] for task_id, items in groups.items()
    }


def calibration(checked: Sequence[Checked], bins: int = 10) -> list[Bin]:
    """Return the pass rate by mean log-probability, in bins of about equally many samples."""
    ordered = sorted((mean_logprob(item), item.passed) for item in checked if item.sample.tokens)
    found = []
    for number in range(bins):
        part = ordered[len(ordered) * number // bins : len(ordered) * (number + 1) // bins]
        if part:
            passed = sum(outcome for _, outcome in part)
            found.append(Bin(part[0][0], part[-1][0], len(part), passed))
    return found


def finishes(checked: Sequence[Checked]) -> dict[str, int]:
    """Count how samples ended, the commonest first."""
    return dict(Counter(item.sample.finish for item in checked).most_common())


def verdicts(checked: Sequence[Checked]) -> dict[str, int]:
    """Count the verdicts by kind, the commonest first."""
    return dict(Counter(_kind(item.result) for item in checked).most_common())


def _kind(result: str) -> str:
    """Return a verdict without its details: ``failed: TypeError``."""
    head, colon, rest = result.partition(": ")
    return head + colon + rest.split(":")[0].split(" (")[0]
