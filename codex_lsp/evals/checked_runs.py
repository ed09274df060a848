"""Runs as a report reads them: facts, verdicts, and what scores the samples were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codex_lsp.errors import UsageError
from codex_lsp.evals.choosing import Chooser, choosers
from codex_lsp.evals.run import FACTS, RESULTS, read_facts
from codex_lsp.evals.samples import Checked, read_checked
from codex_lsp.evals.scores import Scores, all_scores


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has been checked.

    :ivar scores: by kind, as far as the samples have been scored
    """

    name: str
    facts: Mapping[str, Any]
    checked: Sequence[Checked]
    scores: Mapping[str, Scores] = field(default_factory=dict)

    @property
    def temperature(self) -> float:
        """What its samples were drawn at."""
        return float(self.facts["settings"]["temperature"])

    @property
    def choosers(self) -> dict[str, Chooser]:
        """The ways to choose among its samples."""
        return choosers(self.checked, self.scores)


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
    return [read_run(item) for item in folders]


def read_run(folder: Path) -> Run:
    """Read the run in ``folder``.

    :raises UsageError: there is none, or it has no verdicts yet
    """
    facts = read_facts(folder)
    checked = read_checked(folder / RESULTS) if (folder / RESULTS).exists() else []
    if not checked or "settings" not in facts:
        raise UsageError(
            f"{folder} has no verdicts yet; `codex-lsp eval check {folder}` makes them."
        )
    return Run(folder.name, facts, checked, all_scores(folder))
