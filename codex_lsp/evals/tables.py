"""The report of one or more runs as sections of tables: what both HTML and Markdown show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codex_lsp.errors import UsageError
from codex_lsp.evals.bootstrap import Interval
from codex_lsp.evals.chains import chain_length
from codex_lsp.evals.figures import (
    KS,
    Choice,
    by_problem,
    calibration,
    choices,
    finished_only,
    finishes,
    pass_rates,
    verdicts,
)
from codex_lsp.evals.run import FACTS, RESULTS, read_facts
from codex_lsp.evals.samples import Checked, read_checked


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has been checked."""

    name: str
    facts: Mapping[str, Any]
    checked: Sequence[Checked]

    @property
    def temperature(self) -> float:
        """What its samples were drawn at."""
        return float(self.facts["settings"]["temperature"])


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a heading; ``note`` says how to read them."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def find_runs(folder: Path) -> list[Run]:
    """Read the run in ``folder``, or those in its subfolders.

    :raises UsageError: there is none, or one has no verdicts yet
    """
    folders = (
        [folder]
        if (folder / FACTS).exists()
        else sorted(file.parent for file in folder.glob(f"*/{FACTS}"))
    )
    if not folders:
        raise UsageError(f"{folder} holds no run: neither it nor a folder in it has {FACTS}.")
    return [_read_run(item) for item in folders]


def _read_run(folder: Path) -> Run:
    facts = read_facts(folder)
    checked = read_checked(folder / RESULTS)
    if not checked or "settings" not in facts:
        raise UsageError(
            f"{folder} has no verdicts yet; `codex-lsp eval check {folder}` makes them."
        )
    return Run(folder.name, facts, checked)


def tables(runs: Sequence[Run]) -> list[Table]:
    """Return all tables of a report, the most wanted first."""
    found = [pass_table(runs)]
    if len(runs) > 1:
        found.append(best_temperature_table(runs))
    found += [chain_table(run) for run in runs if run.facts["benchmark"] == "chains"]
    for run in runs:
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
    note = "In percent, with 95 % bootstrap intervals over problems."
    return Table("Functional correctness", header, tuple(rows), note)


def best_temperature_table(runs: Sequence[Run]) -> Table:
    """Return the best temperature for each k, as the Codex paper's figure 5 does."""
    rates = {run.temperature: pass_rates(by_problem(run.checked)) for run in runs}
    rows = []
    for k in KS:
        known = {heat: found[k].mean for heat, found in rates.items() if k in found}
        if known:
            best = max(known, key=lambda heat: known[heat])
            rows.append((str(k), f"{best:g}", percent(known[best])))
    return Table("Best temperature", ("k", "temperature", "pass@k"), tuple(rows))


def chain_table(run: Run) -> Table:
    """Return pass@1 by the number of steps that a docstring chains."""
    rows = []
    groups = by_problem(run.checked)
    for length in sorted({chain_length(task_id) or 0 for task_id in groups}):
        part = {name: items for name, items in groups.items() if chain_length(name) == length}
        rows.append((str(length), str(len(part)), interval(pass_rates(part, (1,))[1])))
    return Table(f"Chained steps: {run.name}", ("steps", "problems", "pass@1"), tuple(rows))


def choice_tables(run: Run) -> list[Table]:
    """Return which sample to show, over all samples and over the finished ones."""
    groups = by_problem(run.checked)
    fewest = min(len(items) for items in groups.values())
    ks = [k for k in KS if 1 < k <= fewest]
    note = (
        "How often, in percent, the sample shown passes when k are drawn and one is chosen; the "
        "gain is over one sample picked at random, in points."
    )
    return [
        _choice_table(f"Which of k samples to show: {run.name}", choices(groups, ks), note),
        _choice_table(
            f"The same over finished samples that do not repeat themselves: {run.name}",
            choices(finished_only(groups), ks),
            "A problem that is left without samples counts as failed.",
        ),
    ]


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


def interval(found: Interval) -> str:
    """Write an interval in percent."""
    return f"{percent(found.mean)} ({percent(found.low)} to {percent(found.high)})"


def percent(share: float) -> str:
    """Write a share in percent."""
    return f"{100 * share:.2f}"
