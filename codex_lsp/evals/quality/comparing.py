"""Two quality runs hole by hole: what another model or version makes of the same places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codex_lsp.errors import UsageError
from codex_lsp.evals.bootstrap import mean_interval
from codex_lsp.evals.comparing import facts_table
from codex_lsp.evals.quality.attempts import Outcome
from codex_lsp.evals.quality.policies import POLICIES, Policy, as_the_editor, figures
from codex_lsp.evals.quality.run import BENCHMARK, read_outcomes
from codex_lsp.evals.quality.suites import (
    LEFT_OUT,
    SHOWN,
    VERDICTS,
    Verdict,
    passed_by_hole,
    read_verdicts,
    verdicts_on,
)
from codex_lsp.evals.quality.tables import last_label
from codex_lsp.evals.run import read_facts
from codex_lsp.evals.table import Table, interval

Pair = tuple[Outcome, Outcome]

_DIFFERENCE = (
    "the difference in points, second minus first, taken hole by hole; 95 % bootstrap intervals "
    "over holes."
)
_NOTE = f"Exact lines in percent; {_DIFFERENCE}"


@dataclass(frozen=True, slots=True)
class QualityRun:
    """What one version showed.

    :ivar outcomes: of the label that a report would be about
    :ivar verdicts: whether the packages' own tests pass, where they have been run
    """

    name: str
    facts: Mapping[str, Any]
    outcomes: Sequence[Outcome]
    verdicts: Sequence[Verdict] = ()


def is_quality(folder: Path) -> bool:
    """Return whether ``folder`` holds a run of holes cut in real files.

    :raises UsageError: it holds no run
    """
    return bool(read_facts(folder)["benchmark"] == BENCHMARK)


def read_quality(folder: Path) -> QualityRun:
    """Read the run in ``folder``.

    :raises UsageError: there is none, or no hole has been completed
    """
    labelled = read_outcomes(folder)
    verdicts = read_verdicts(folder / VERDICTS) if (folder / VERDICTS).exists() else ()
    outcomes = labelled[last_label(labelled)]
    judged = verdicts_on(verdicts, outcomes)
    return QualityRun(folder.resolve().name, read_facts(folder), outcomes, judged)


def quality_comparison(first: QualityRun, second: QualityRun) -> list[Table]:
    """Return all tables, for the holes that both have completed.

    :raises UsageError: there are none, or they were cut into other texts
    """
    if first.facts["problems_sha256"] != second.facts["problems_sha256"]:
        raise UsageError(
            f"{first.name} and {second.name} have other holes; complete both with the same "
            "--each, --seed and files."
        )
    before = {item.hole: item for item in first.outcomes}
    pairs = [(before[item.hole], item) for item in second.outcomes if item.hole in before]
    if not pairs:
        raise UsageError(f"{first.name} and {second.name} have no hole in common.")
    return [
        *_suites_tables(first, second),
        _policies_table(first, second, pairs),
        _parts_table(first, second, pairs),
        facts_table(first.name, first.facts, second.name, second.facts),
    ]


def _suites_tables(first: QualityRun, second: QualityRun) -> list[Table]:
    """Return how often the packages' tests pass in both; nothing where they have not been run."""
    before, after = passed_by_hole(first.verdicts), passed_by_hole(second.verdicts)
    both = [(before[hole], after[hole]) for hole in before if hole in after]
    noticed = [pair for pair in both if not any(hole[LEFT_OUT] for hole in pair)]
    rows = []
    for name in SHOWN:
        pairs = [(float(a[name]), float(b[name])) for a, b in noticed if name in a and name in b]
        if pairs:
            columns = [a for a, _ in pairs], [b for _, b in pairs], [b - a for a, b in pairs]
            cells = [interval(mean_interval(column)) for column in columns]
            rows.append((name, str(len(pairs)), *cells))
    note = f"In percent of the holes whose tests fail when they are left out; {_DIFFERENCE}"
    header = _header("in the hole", first, second)
    return [Table("The packages' tests pass", header, tuple(rows), note)] if rows else []


def _policies_table(first: QualityRun, second: QualityRun, pairs: Sequence[Pair]) -> Table:
    rows = tuple(_row(name, policy, pairs) for name, policy in POLICIES.items())
    return Table("Exact lines, by what is shown", _header("shown", first, second), rows, _NOTE)


def _parts_table(first: QualityRun, second: QualityRun, pairs: Sequence[Pair]) -> Table:
    languages = sorted({after.group for _, after in pairs})
    kinds = sorted({after.kind for _, after in pairs})
    parts = [(name, [pair for pair in pairs if pair[1].group == name]) for name in languages]
    parts += [(name, [pair for pair in pairs if pair[1].kind == name]) for name in kinds]
    rows = tuple(_row(name, as_the_editor, some) for name, some in parts)
    header = _header("", first, second)
    return Table("Exact lines, by language and kind of hole", header, rows, _NOTE)


def _header(what: str, first: QualityRun, second: QualityRun) -> tuple[str, ...]:
    return (what, "holes", first.name, second.name, "difference")


def _row(name: str, policy: Policy, pairs: Sequence[Pair]) -> tuple[str, ...]:
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    gained = figures(after, policy, policy, before)
    was = figures(before, policy, policy)
    return (
        name,
        str(len(pairs)),
        interval(was.exact),
        interval(gained.exact),
        interval(gained.gain),
    )
