"""``codex-lsp bench memory``, ``startup``, ``overhead``, ``project``: the server from outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from codex_lsp.bench import memory, overhead, project, startup
from codex_lsp.bench.corpus import load_texts
from codex_lsp.bench.lsp_service import LspService
from codex_lsp.bench.replay import warm_up
from codex_lsp.bench.tables import Table
from codex_lsp.cli.bench_facts import facts
from codex_lsp.cli.bench_output import Output, finish, with_bar
from codex_lsp.cli.bench_runs import read_settings
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.errors import UsageError
from codex_lsp.model_dir import ModelDir

SHORT = ("samples=2", "maxTokens=6", "maxLines=1", "maxPrefixTokens=96")
"""Settings that make requests short, so that thousands of them are a matter of minutes."""


def run_memory(
    requests: int, settings: Sequence[str], seed: int, model: str | None, output: Output
) -> Table:
    """Watch the server's memory over many requests."""
    if requests < 2:
        raise UsageError(f"--requests is {requests}, but has to be 2 or more.")
    found = find_or_offer(model)
    options = _options(found, seed, [*SHORT, *settings])
    # A client that cannot show growth gets whole answers: no decoding goes on behind them.
    with closing(LspService(options, growing=False)) as service:
        warm_up(service)
        steps = memory.measure(service, load_texts(), requests, seed)
        readings = list(with_bar(steps, "readings", memory.READINGS + 1))
    known = facts("memory", found, requests=requests, options=options)
    table = memory.memory_table(readings)
    last = {"growthMbPer1000": memory.slope_mb(readings)}
    finish(known, readings, table, output, last)
    return table


def run_startup(repeats: int, settings: Sequence[str], model: str | None, output: Output) -> Table:
    """Start servers, and time their first suggestions."""
    _at_least_one("--repeats", repeats)
    found = find_or_offer(model)
    options = _options(found, 0, settings)
    files = [*startup.program_files(), *(file for file in found.path.iterdir() if file.is_file())]
    starts = list(with_bar(startup.measure(options, files, repeats), "starts", 2 * repeats))
    known = facts("startup", found, options=options)
    table = startup.startup_table(starts)
    finish(known, starts, table, output)
    return table


def run_overhead(repeats: int, settings: Sequence[str], model: str | None, output: Output) -> Table:
    """Time what the server adds."""
    _at_least_one("--repeats", repeats)
    found = find_or_offer(model)
    options = _options(found, 0, settings)
    with closing(LspService(options, growing=False)) as service:
        warm_up(service)
        costs = list(with_bar(overhead.measure(service, load_texts(), repeats), "requests"))
    known = facts("overhead", found, options=options)
    table = overhead.overhead_table(costs)
    finish(known, costs, table, output)
    return table


def run_project(
    files: int, repeats: int, settings: Sequence[str], model: str | None, output: Output
) -> Table:
    """Time what a large project adds to a request, against a server without one."""
    _at_least_one("--files", files)
    _at_least_one("--repeats", repeats)
    found = find_or_offer(model)
    alone = _options(found, 0, [*SHORT, *settings])
    options = {**alone, "recall": "project", "snippets": "all"}
    texts = load_texts()
    with TemporaryDirectory(prefix="codex-lsp-") as folder:
        project.write_files(Path(folder), texts, files)
        with (
            closing(LspService(alone, growing=False)) as without,
            closing(LspService(options, growing=False, folder=Path(folder))) as within,
        ):
            steps = project.measure(without, within, texts, repeats)
            costs = list(with_bar(steps, "requests"))
    known = facts("project", found, files=files, options=options)
    table = project.project_table(costs, files)
    finish(known, costs, table, output)
    return table


def _options(model: ModelDir, seed: int, settings: Sequence[str]) -> dict[str, Any]:
    return {"seed": seed, "model": str(model.path), **read_settings(settings)}


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise UsageError(f"{name} is {value}, but has to be 1 or more.")
