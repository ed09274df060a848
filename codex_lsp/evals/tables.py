"""The report of one or more runs as sections of tables: what both HTML and Markdown show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from codex_lsp.evals.checked_runs import Run, unchecked_note
from codex_lsp.evals.choosing import SCORED
from codex_lsp.evals.figures import (
    KS,
    Choice,
    by_problem,
    calibration,
    choices,
    draws_of,
    finished_only,
    finishes,
    pass_rates,
    verdicts,
)
from codex_lsp.evals.gain import alike, gain_tables
from codex_lsp.evals.probe_tables import probe_tables
from codex_lsp.evals.table import Table, interval, percent


def tables(runs: Sequence[Run]) -> list[Table]:
    """Return all tables of a report, the most wanted first."""
    found = [pass_table(runs), *best_temperature_tables(runs), *gain_tables(runs)]
    for run in runs:
        found += probe_tables(run)
        if max(len(items) for items in by_problem(run.checked).values()) > 1:
            found += choice_tables(run)
            found.append(calibration_table(run))
        found.append(ends_table(run))
    found += [facts_table(run.name, run.facts) for run in runs]
    return found


def pass_table(runs: Sequence[Run]) -> Table:
    """Return pass@k of every run."""
    ks = sorted({k for run in runs for k in pass_rates(by_problem(run.checked))})
    rows = []
    for run in runs:
        groups = by_problem(run.checked)
        rates = pass_rates(groups)
        samples = sorted({len(items) for items in groups.values()})
        rows.append(
            (
                run.name,
                f"{run.temperature:g}",
                str(len(groups)),
                " to ".join(str(count) for count in dict.fromkeys((samples[0], samples[-1]))),
                *(interval(rates[k]) if k in rates else "" for k in ks),
            )
        )
    header = ("run", "temperature", "problems", "samples each", *(f"pass@{k}" for k in ks))
    note = "In percent, with 95 % bootstrap intervals over problems." + unchecked_note(runs)
    return Table("Functional correctness", header, tuple(rows), note)


def best_temperature_tables(runs: Sequence[Run]) -> list[Table]:
    """Return the best temperature for each k, as the Codex paper's figure 5 does.

    One table for each set of runs on the same problems with the same model; none where they were
    all drawn at one temperature.
    """
    found = []
    for name, some in alike(runs).items():
        # Of two runs at one temperature the one with more samples counts.
        ordered = sorted(some, key=lambda run: len(run.checked))
        rates = [(run.temperature, pass_rates(by_problem(run.checked))) for run in ordered]
        rows = []
        for k in KS:
            known = {heat: rate[k].mean for heat, rate in rates if k in rate}
            if known:
                best = max(known, key=lambda heat: known[heat])
                rows.append((str(k), f"{best:g}", percent(known[best])))
        if len({heat for heat, _ in rates}) > 1:
            header = ("k", "temperature", "pass@k")
            found.append(Table(f"Best temperature: {name}", header, tuple(rows)))
    return found


def choice_tables(run: Run) -> list[Table]:
    """Return which sample to show, over all samples and over the finished ones."""
    groups = by_problem(run.checked)
    ks = draws_of(groups)
    note = (
        "How often, in percent, the sample shown passes when k are drawn and one is chosen; the "
        "gain is over one sample picked at random, in points."
    ) + _unfinished_scores(run)
    return [
        _choice_table(
            f"Which of k samples to show: {run.name}", choices(groups, ks, run.choosers), note
        ),
        _choice_table(
            f"The same over finished samples that do not repeat themselves: {run.name}",
            choices(finished_only(groups), ks, run.choosers),
            "A problem that is left without samples counts as failed.",
        ),
    ]


def _unfinished_scores(run: Run) -> str:
    """Say which scores do not rank yet, since not every sample has one."""
    return "".join(
        f" {name.capitalize()} is left out: {len(run.scores[kind])} of {len(run.checked)} samples "
        f"are scored; `codex-lsp eval score` goes on."
        for kind, name in SCORED.items()
        if kind in run.scores and name not in run.choosers
    )


def _choice_table(title: str, found: Sequence[Choice], note: str) -> Table:
    rows = tuple(
        (item.chooser, str(item.k), interval(item.rate), interval(item.gain)) for item in found
    )
    return Table(title, ("chosen by", "k", "passes", "gain over random"), rows, note)


def calibration_table(run: Run) -> Table:
    """Return the pass rate by mean log-probability."""
    rows = tuple(
        (
            f"{item.low:.2f} to {item.high:.2f}",
            str(item.samples),
            percent(item.passed / item.samples),
        )
        for item in calibration(run.checked)
    )
    header = ("mean log-probability", "samples", "pass rate, %")
    return Table(f"Calibration: {run.name}", header, rows)


def ends_table(run: Run) -> Table:
    """Return how samples ended and what became of them."""
    total = len(run.checked)
    counts = [("end: " + name, count) for name, count in finishes(run.checked).items()]
    counts += [("verdict: " + name, count) for name, count in verdicts(run.checked).items()]
    counts.append(("text: that of the reference", sum(item.exact for item in run.checked)))
    rows = tuple((name, str(count), percent(count / total)) for name, count in counts)
    return Table(f"Ends and verdicts: {run.name}", ("what", "samples", "%"), rows)


def facts_table(name: str, facts: Mapping[str, Any]) -> Table:
    """Return what a run was made with."""
    rows: list[tuple[str, str]] = []
    for key, value in facts.items():
        if isinstance(value, dict):
            rows += [(f"{key}: {part}", str(item)) for part, item in value.items()]
        else:
            rows.append((key, str(value)))
    return Table(f"Made with: {name}", ("what", "value"), tuple(rows))
