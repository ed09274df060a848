"""Which of a hole's samples to show: policies compared on the same samples, as pure functions.

Each takes the samples that the filters let pass, so what is compared is the choice alone. A policy
that leaves something to chance gives its expectation, which has no noise of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codex_lsp.evals.bootstrap import Interval, mean_interval
from codex_lsp.evals.quality.attempts import Attempt, Outcome

Weighted = Sequence[tuple[float, Attempt]]
"""What may be shown, with the probability of each; they sum to 1."""

Policy = Callable[[Outcome], Weighted]


def as_the_editor(outcome: Outcome) -> Weighted:
    """Show what the editor shows by default, which does not wait for every sample."""
    return [(1.0, outcome.editor)]


def greedy(outcome: Outcome) -> Weighted:
    """Show what is decoded without chance."""
    return [(1.0, outcome.greedy)]


def one_sample(outcome: Outcome) -> Weighted:
    """Draw one sample, and show it if the filters let it pass."""
    return [(1.0 / len(outcome.rows), row) for row in outcome.rows]


def any_of_them(outcome: Outcome) -> Weighted:
    """Draw all, and show any of those that the filters let pass."""
    passed = passing(outcome)
    return [(1.0 / len(passed), row) for row in passed] or _nothing(outcome)


def best_by(score: Callable[[Attempt, Sequence[Attempt]], tuple[float, ...]]) -> Policy:
    """Return the policy that shows the highest score, the first of equals.

    :param score: takes a sample and all that the filters let pass
    """

    def choose(outcome: Outcome) -> Weighted:
        passed = passing(outcome)
        if not passed:
            return _nothing(outcome)
        return [(1.0, max(passed, key=lambda row: score(row, passed)))]

    return choose


def _mean(row: Attempt, rows: Sequence[Attempt]) -> tuple[float, ...]:
    return (row.ended_mean_logprob,)


def _sum(row: Attempt, rows: Sequence[Attempt]) -> tuple[float, ...]:
    return (row.ended_logprob,)


def _agreement(row: Attempt, rows: Sequence[Attempt]) -> tuple[float, ...]:
    return (float(agreement(row, rows)), row.ended_mean_logprob)


def _right(row: Attempt, rows: Sequence[Attempt]) -> tuple[float, ...]:
    return (float(row.exact), row.similarity)


def agreement(row: Attempt, rows: Sequence[Attempt]) -> int:
    """Return how many of ``rows`` begin with the same line, blanks around it left out."""
    return Counter(_first_line(item) for item in rows)[_first_line(row)]


def _first_line(row: Attempt) -> str:
    return (row.text or "").strip().partition("\n")[0].rstrip()


def passing(outcome: Outcome) -> list[Attempt]:
    """Return the samples that the filters let pass."""
    return [row for row in outcome.rows if row.text is not None]


def _nothing(outcome: Outcome) -> Weighted:
    return [(1.0, outcome.rows[0])]


POLICIES: dict[str, Policy] = {
    "editor's default": as_the_editor,
    "greedy, one row": greedy,
    "one sample": one_sample,
    "any of 4": any_of_them,
    "best of 4: mean log-probability": best_by(_mean),
    "best of 4: summed log-probability": best_by(_sum),
    "best of 4: agreement, then mean": best_by(_agreement),
    "best of 4: oracle": best_by(_right),
}
BASE = "greedy, one row"
"""What the other policies are compared with."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a policy comes to over some holes; shares are between 0 and 1.

    :ivar exact: holes where the cursor's line comes to be the file's own
    :ivar gain: of ``exact`` over another policy's on the same holes, with its interval
    :ivar similarity: mean edit similarity; a hole where nothing is shown counts 0
    :ivar rejected: holes where nothing is shown
    :ivar right_when_shown: ``exact`` of the holes where something is shown
    :ivar breaks: completions shown that bring a syntax error in
    :ivar repeats: completions shown that say the text to their right once more; a number
    :ivar kept: the mean share of what is shown that need not be deleted again
    """

    holes: int
    exact: Interval
    gain: Interval
    similarity: float
    rejected: float
    right_when_shown: float
    breaks: float
    repeats: float
    kept: float


def figures(
    outcomes: Sequence[Outcome],
    policy: Policy,
    base: Policy,
    others: Sequence[Outcome] | None = None,
) -> Figures:
    """Return what ``policy`` comes to, and its gain over ``base`` on the same holes.

    :param others: the same holes' outcomes that ``base`` is applied to; None for ``outcomes``
    """
    exact = [_expect(policy(item), lambda row: row.exact) for item in outcomes]
    before = [_expect(base(item), lambda row: row.exact) for item in others or outcomes]
    shown = sum(_expect(policy(item), lambda row: row.text is not None) for item in outcomes)
    breaks = sum(_expect(policy(item), _breaks) for item in outcomes)
    says = sum(_expect(policy(item), lambda row: row.kept is not None) for item in outcomes)
    kept = sum(_expect(policy(item), lambda row: row.kept or 0.0) for item in outcomes)
    return Figures(
        len(outcomes),
        mean_interval(exact),
        mean_interval([after - was for after, was in zip(exact, before, strict=True)]),
        sum(_expect(policy(item), lambda row: row.similarity) for item in outcomes) / len(outcomes),
        1 - shown / len(outcomes),
        sum(exact) / shown if shown else 0.0,
        breaks / shown if shown else 0.0,
        sum(_expect(policy(item), _repeats) for item in outcomes),
        kept / says if says else 0.0,
    )


def _expect(weighted: Weighted, value: Callable[[Attempt], float]) -> float:
    return sum(weight * value(attempt) for weight, attempt in weighted)


def _breaks(row: Attempt) -> bool:
    return row.judgement is not None and row.judgement.breaks


def _repeats(row: Attempt) -> bool:
    return row.judgement is not None and row.judgement.repeats
