"""``codex-lsp tune``: measures this machine with a model, and keeps what was measured."""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from codex_lsp.cli.loading import find_or_offer
from codex_lsp.errors import CodexLspError, EngineError
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import EngineOptions
from codex_lsp.tuning import store
from codex_lsp.tuning.machine import Machine, this_machine
from codex_lsp.tuning.measured import BUSY, Measured
from codex_lsp.tuning.policy import DEFAULT_TARGET_MS, Tuning, choose, room_tokens


@dataclass(frozen=True, slots=True)
class Run:
    """The options of one run."""

    model: str | None
    options: EngineOptions
    quick: bool
    if_needed: bool
    as_json: bool


def run(run: Run) -> int:
    """Measure, keep and print; return the exit code."""
    model = find_or_offer(run.model)
    machine = this_machine(run.options)
    if run.if_needed and (store.switched_off() or store.load(model, machine) is not None):
        return _print_kept(run, model, machine)
    with store.alone() as alone:
        if not alone:
            raise EngineError("Another process is measuring already; wait some seconds.")
        measured = measure(model, run.options, run.quick)
        path = _save(model, machine, measured)
    _print(run, path, measured, _tuning(model, measured), fresh=True)
    return 0


def tune_after_pull(model: ModelDir) -> None:
    """Measure once a model is there, unless that has been done; a failure is no more than told."""
    machine = this_machine()
    if store.switched_off() or store.load(model, machine) is not None:
        return
    try:
        with store.alone() as alone:
            if alone:
                _save(model, machine, measure(model, EngineOptions(), quick=True))
    except (CodexLspError, OSError) as error:
        sys.stderr.write(
            f"codex-lsp: {error} The sizes for this machine were not measured; `codex-lsp tune` "
            "tries again.\n"
        )


def measure(model: ModelDir, options: EngineOptions, quick: bool) -> Measured:
    """Measure with a progress bar on stderr.

    :raises CodexLspError: the model cannot be loaded or run
    """
    # Imported here: `--if-needed` mostly ends before the model has to be run.
    from codex_lsp.tuning.measure import QUICK, THOROUGH, calibrate
    from codex_lsp.tuning.subject import subject_for

    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        task = bars.add_task("measuring this machine", total=1.0)

        def report(what: str, done: float) -> None:
            bars.update(task, description=f"measuring this machine: {what}", completed=done)

        return calibrate(subject_for(model, options), QUICK if quick else THOROUGH, report)


def _save(model: ModelDir, machine: Machine, measured: Measured) -> Path:
    try:
        return store.save(model, machine, measured)
    except OSError as error:
        raise EngineError(
            f"What was measured cannot be written to {store.tuning_home()}: {error.strerror}; make "
            "room there, or set CODEX_LSP_HOME to another directory."
        ) from error


def _tuning(model: ModelDir, measured: Measured) -> Tuning:
    return choose(measured, DEFAULT_TARGET_MS, room_tokens(model.description))


def _print_kept(run: Run, model: ModelDir, machine: Machine) -> int:
    """Print what was measured before, if anything was."""
    measured = store.load(model, machine)
    if measured is None:
        sys.stderr.write(f"codex-lsp: nothing is measured, as {store.SWITCH} is off.\n")
        return 0
    path = store.file_for(model, machine)
    _print(run, path, measured, _tuning(model, measured), fresh=False)
    return 0


def _print(run: Run, path: Path, measured: Measured, tuning: Tuning, fresh: bool) -> None:
    if run.as_json:
        found: dict[str, Any] = {
            "fresh": fresh,
            "file": str(path),
            "target_ms": DEFAULT_TARGET_MS,
            "tuning": dataclasses.asdict(tuning),
            "measured": dataclasses.asdict(measured),
        }
        json.dump(found, sys.stdout)
        sys.stdout.write("\n")
        return
    console = Console(highlight=False)
    console.print(_threads_table(measured, tuning))
    console.print(_sizes_table(measured, tuning))
    console.print(f"\n{tuning}, for first lines within {DEFAULT_TARGET_MS:g} ms.")
    if measured.busy > BUSY:
        console.print(
            f"Others kept {measured.busy:.0%} of the machine busy: measure again when it is quiet.",
            style="yellow",
        )
    console.print(
        f"{'Kept' if fresh else 'Measured before, and kept'} in {path}", style="dim", soft_wrap=True
    )


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        table.add_column(title, justify="right")
    return table


def _threads_table(measured: Measured, tuning: Tuning) -> Table:
    table = _table("threads", "first token", "a step", "a line")
    for found in measured.by_threads:
        style = "bold green" if found.threads == tuning.threads else ""
        pace = found.pace
        cells = (f"{pace.first_ms:.0f} ms", f"{pace.step_ms:.1f} ms", f"{pace.line_ms:.0f} ms")
        table.add_row(str(found.threads), *cells, style=style)
    return table


def _sizes_table(measured: Measured, tuning: Tuning) -> Table:
    table = _table("samples", "context", "first token", "a step", "a line")
    for found in measured.by_size:
        size, pace = found.size, found.pace
        chosen = (size.samples, size.prefix_tokens) == (tuning.samples, tuning.max_prefix_tokens)
        cells = (f"{pace.first_ms:.0f} ms", f"{pace.step_ms:.1f} ms", f"{pace.line_ms:.0f} ms")
        table.add_row(
            str(size.samples),
            str(size.prefix_tokens),
            *cells,
            style="bold green" if chosen else "",
        )
    return table
