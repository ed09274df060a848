"""``codex-lsp models``: what is installed, what can be, and how it gets here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from codex_lsp import model_dir
from codex_lsp.cli.loading import default_model
from codex_lsp.cli.tune import tune_after_pull
from codex_lsp.errors import UsageError
from codex_lsp.model_dir import ModelDir
from codex_lsp_models.catalogue import Entry, entries
from codex_lsp_models.progress import Phase, ProgressEvent


def list_models(as_json: bool) -> None:
    """Print the installed models and the known ones."""
    rows = [_row(entry) for entry in entries()]
    if as_json:
        json.dump(rows, sys.stdout)
        sys.stdout.write("\n")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in rows[0]:
        table.add_column(title, overflow="fold")
    for row in rows:
        mark = " (default)" if row["name"] == default_model() else ""
        table.add_row(row["name"] + mark, *list(row.values())[1:])
    Console(highlight=False).print(table)


def _row(entry: Entry) -> dict[str, str]:
    if entry.problem:
        state = f"damaged: {entry.problem}"
    elif entry.installed is None:
        state = "not installed"
    else:
        state = f"installed, {entry.installed_bytes / 1e6:.0f} MB"
        if entry.outdated:
            state += f", of another version: codex-lsp models pull {entry.name}"
    facts = entry.installed or entry.manifest
    return {
        "name": entry.name,
        "state": state,
        "licence": facts.licence if facts else "",
        "description": facts.description if facts else "",
    }


def pull_model(
    name: str | None,
    force: bool,
    from_file: Path | None,
    from_hf: str | None,
    quantization: str | None,
) -> None:
    """Fetch, convert and install a model, showing progress on stderr."""
    if from_file is not None and from_hf is not None:
        raise UsageError("--from-file and --from-hf name two sources; leave one out.")
    if from_file is not None and from_file.is_dir():
        raise UsageError(f"{from_file} is a directory; name a file, or give it to --from-hf.")
    if from_file is not None and not from_file.is_file():
        raise UsageError(f"There is no file {from_file}.")
    if from_hf is not None:
        if name is None:
            raise UsageError(
                "Give the converted model a name: codex-lsp models pull NAME --from-hf …"
            )
        model = _convert_with_bars(from_hf, name, force, quantization)
    else:
        model = pull_with_bars(name or default_model(), force, from_file, quantization)
    tune_after_pull(model)
    sys.stdout.write(f"{model.description.name} is ready in {model.path}\n")


def pull_with_bars(
    name: str,
    force: bool = False,
    from_file: Path | None = None,
    quantization: str | None = None,
) -> ModelDir:
    """Pull a known model with progress bars on stderr."""
    from codex_lsp_models.pull import pull

    with _bars() as bars:
        return pull(
            name,
            force=force,
            from_file=from_file,
            quantization=quantization,
            progress=_Reporter(bars),
        )


def _convert_with_bars(source: str, name: str, force: bool, quantization: str | None) -> ModelDir:
    from codex_lsp_models.convert import convert

    with _bars() as bars:
        return convert(
            source,
            name,
            force=force,
            quantization=quantization or "int8",
            progress=_Reporter(bars),
        )


def _bars() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


class _Reporter:
    """Shows each phase as a bar of its own."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._phase: Phase | None = None
        self._task: TaskID | None = None

    def __call__(self, event: ProgressEvent) -> None:
        """Take one event."""
        if self._task is None or event.phase is not self._phase:
            self._end_phase()
            self._phase = event.phase
            self._task = self._bars.add_task(event.message, total=event.total, count="")
        self._bars.update(
            self._task,
            description=event.message,
            total=event.total,
            completed=event.done,
            count=_count(event),
        )

    def _end_phase(self) -> None:
        if self._task is not None:
            total = self._bars.tasks[self._task].total or 1
            self._bars.update(self._task, total=total, completed=total)


def _count(event: ProgressEvent) -> str:
    if not event.total:
        return ""
    if event.unit == "bytes":
        return f"{event.done / 1e6:.0f}/{event.total / 1e6:.0f} MB"
    return f"{event.done}/{event.total} {event.unit}"


def show_model(name: str | None, check: bool) -> None:
    """Print what an installed model is; with ``check`` read all of it."""
    model = model_dir.find(name or default_model())
    if check:
        model_dir.verify(model)
    sys.stdout.write(model_dir.dump(model.description))
    if check:
        sys.stderr.write("codex-lsp: every file is as it should be.\n")


def print_path(name: str | None) -> None:
    """Print the directory of an installed model."""
    sys.stdout.write(f"{model_dir.find(name or default_model()).path}\n")
