"""Two runs of the same problems, compared problem by problem.

What quantization costs, what a header brings, what training changed: differences are taken on the
same problems, so their intervals are those of the difference, and narrower than two apart.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from codex_lsp.errors import UsageError
from codex_lsp.evals.bootstrap import mean_interval
from codex_lsp.evals.checked_runs import Run, unchecked_note
from codex_lsp.evals.figures import KS, by_problem, pass_rates
from codex_lsp.evals.passk import Count, per_problem
from codex_lsp.evals.samples import Checked
from codex_lsp.evals.scores import Scores, key_of
from codex_lsp.evals.table import Table, interval, percent


def comparison(first: Run, second: Run) -> list[Table]:
    """Return all tables, for the problems that both runs have samples of.

    :raises UsageError: there are none, or problems of the same names were made from two seeds
    """
    ours, theirs = by_problem(first.checked), by_problem(second.checked)
    both = [name for name in ours if name in theirs]
    if first.facts["benchmark"] != second.facts["benchmark"] or not both:
        raise UsageError(f"{first.name} and {second.name} have no problem in common.")
    if _problem_seed(first) != _problem_seed(second):
        raise UsageError(
            f"{first.name} and {second.name} have other problems of the same names; make both with "
            "the same --seed."
        )
    some = replace(first, checked=[item for name in both for item in ours[name]])
    others = replace(second, checked=[item for name in both for item in theirs[name]])
    found = [_pass_table(some, others), _texts_table(some, others)]
    if "reference" in first.scores and "reference" in second.scores:
        found.append(_logprob_table(some, others))
    return [*found, facts_table(first.name, first.facts, second.name, second.facts)]


def _problem_seed(run: Run) -> Any:
    """Return what problems were made from; None for those that were read."""
    return run.facts.get(run.facts["benchmark"], {}).get("seed")


def _header(first: Run, second: Run, what: str) -> tuple[str, ...]:
    return (what, "problems", first.name, second.name, "difference")


def _pass_table(first: Run, second: Run) -> Table:
    rows = []
    groups = [by_problem(run.checked) for run in (first, second)]
    rates = [pass_rates(items) for items in groups]
    counts = [
        [
            Count(len(some), sum(item.passed for item in some))
            for some in (items[name] for name in groups[0])
        ]
        for items in groups
    ]
    for k in (k for k in KS if k in rates[0] and k in rates[1]):
        chances = [per_problem(part, k) for part in counts]
        gains = [after - before for before, after in zip(*chances, strict=True)]
        rows.append(
            (
                f"pass@{k}",
                str(len(gains)),
                interval(rates[0][k]),
                interval(rates[1][k]),
                interval(mean_interval(gains)),
            )
        )
    note = (
        "In percent; the difference in points, second minus first, taken problem by problem; 95 % "
        "bootstrap intervals over problems."
    ) + unchecked_note((first, second))
    return Table("Paired pass rates", _header(first, second, ""), tuple(rows), note)


def _count(items: Sequence[Checked]) -> Count:
    return Count(len(items), sum(item.passed for item in items))


def _texts_table(first: Run, second: Run) -> Table:
    """Return how many samples are the same text, and have the same verdict."""
    before = {key_of(item.sample): item for item in first.checked}
    pairs = [
        (before[key_of(item.sample)], item)
        for item in second.checked
        if key_of(item.sample) in before
    ]
    counts = (
        ("the same text", sum(a.sample.completion == b.sample.completion for a, b in pairs)),
        ("the same verdict", sum(a.passed == b.passed for a, b in pairs)),
        (f"passes in {first.name} only", sum(a.passed and not b.passed for a, b in pairs)),
        (f"passes in {second.name} only", sum(b.passed and not a.passed for a, b in pairs)),
    )
    rows = tuple((name, str(count), percent(count / max(1, len(pairs)))) for name, count in counts)
    note = f"Of {len(pairs)} pairs of samples: the n-th of a problem in one run and in the other."
    return Table("Samples side by side", ("", "pairs", "%"), rows, note)


def _logprob_table(first: Run, second: Run) -> Table:
    """Return the log-probabilities of the problems' own solutions."""
    found = [_by_problem(run.scores["reference"]) for run in (first, second)]
    both = [name for name in found[0] if name in found[1]]
    rows: tuple[tuple[str, ...], ...] = ()
    if both:
        means = [[values[name] for name in both] for values in found]
        gaps = [after - before for before, after in zip(*means, strict=True)]
        gap = mean_interval(gaps)
        rows = (
            (
                "mean log-probability",
                str(len(both)),
                f"{statistics.mean(means[0]):.4f}",
                f"{statistics.mean(means[1]):.4f}",
                f"{gap.mean:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})",
            ),
            ("its absolute difference", str(len(both)), "", "",
             f"{statistics.mean(map(abs, gaps)):.4f}"),
        )  # fmt: skip
    note = (
        "Of the problems' own solutions behind their prompts, the same texts for both; in nats a "
        "token, the mean over problems."
    )
    return Table("Log-probability of the same texts", _header(first, second, ""), rows, note)


def _by_problem(scores: Scores) -> dict[str, float]:
    """Return a problem's score: all its samples have the same."""
    return {task: item.score for (task, _), item in scores.items() if item.score is not None}


def facts_table(
    first: str, facts: Mapping[str, Any], second: str, other_facts: Mapping[str, Any]
) -> Table:
    """Return what two runs were made with, where it differs, under the runs' names."""
    before, after = _flat(facts), _flat(other_facts)
    rows = tuple(
        (name, before.get(name, ""), after.get(name, ""))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )
    return Table("What differs", ("", first, second), rows or (("nothing", "", ""),))


def _flat(facts: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in facts.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        flat |= {f"{key}: {part}" if part else key: str(item) for part, item in parts}
    return flat
