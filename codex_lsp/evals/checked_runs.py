"""Runs as a report reads them: facts, verdicts, and what scores the samples were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codex_lsp.errors import UsageError
from codex_lsp.evals.checking import read_check
from codex_lsp.evals.choosing import Chooser, choosers
from codex_lsp.evals.run import FACTS, RESULTS, SAMPLES, read_facts
from codex_lsp.evals.samples import Checked, read_checked, read_samples
from codex_lsp.evals.scores import Scores, all_scores, key_of


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has been checked.

    :ivar scores: by kind, as far as the samples have been scored
    :ivar unchecked: how many samples have no verdict yet
    """

    name: str
    facts: Mapping[str, Any]
    checked: Sequence[Checked]
    scores: Mapping[str, Scores] = field(default_factory=dict)
    unchecked: int = 0

    @property
    def temperature(self) -> float:
        """What its samples were drawn at."""
        return float(self.facts["settings"]["temperature"])

    @property
    def choosers(self) -> dict[str, Chooser]:
        """The ways to choose among its samples."""
        return choosers(self.checked, self.scores)


def find_runs(folder: Path) -> list[Run]:
    """Read the run in ``folder``, or those in its subfolders, those of a sweep among them.

    :raises UsageError: there is none, or one has no verdicts yet
    """
    if (folder / FACTS).exists():
        return [read_run(folder)]
    # Of what is deeper only a sweep's temperatures: shards are parts of runs.
    found = [*folder.glob(f"*/{FACTS}"), *folder.glob(f"*/t[0-9]*/{FACTS}")]
    if not found:
        raise UsageError(f"{folder} holds no run: neither it nor a folder in it has {FACTS}.")
    return [read_run(item.parent, named_in=folder) for item in sorted(found)]


def read_run(folder: Path, named_in: Path | None = None) -> Run:
    """Read the run in ``folder``.

    :param named_in: the folder from which its name is its path; None names it by its own folder
    :raises UsageError: there is none, or it has no verdicts yet
    """
    facts = read_facts(folder)
    judged = read_check(folder)
    if judged is not None:
        facts = {**facts, "check": judged}
    checked = read_checked(folder / RESULTS) if (folder / RESULTS).exists() else []
    if not checked or "settings" not in facts:
        raise UsageError(
            f"{folder} has no verdicts yet; `codex-lsp eval check {folder}` makes them."
        )
    known = {key_of(item.sample) for item in checked}
    drawn = read_samples(folder / SAMPLES) if (folder / SAMPLES).exists() else []
    unchecked = sum(key_of(sample) not in known for sample in drawn)
    name = folder.relative_to(named_in).as_posix() if named_in else folder.resolve().name
    return Run(name, facts, checked, all_scores(folder), unchecked)


def unchecked_note(runs: Sequence[Run]) -> str:
    """Say which runs have samples without a verdict: programs that end soon have theirs first."""
    return "".join(
        f" Of {run.name}, {run.unchecked} samples have no verdict yet and do not count; "
        "`codex-lsp eval check` goes on."
        for run in runs
        if run.unchecked
    )
