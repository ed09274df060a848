"""What ``codex-lsp bench all`` does: every table of docs/performance.md, in one go."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from codex_lsp.bench.page import fill, places
from codex_lsp.bench.tables import Table, markdown
from codex_lsp.cli import (
    bench_engine_runs,
    bench_peer,
    bench_recall_runs,
    bench_runs,
    bench_server_runs,
    bench_waiting_runs,
)
from codex_lsp.cli.bench_output import Output
from codex_lsp.cli.bench_runs import Typing
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.evals.facts import machine, versions
from codex_lsp.tuning.lookup import find_tuning


def run(out: Path, page: Path | None, keys: int, requests: int) -> None:
    """Measure everything, keep it in ``out``, and fill in ``page``."""
    found: dict[str, Table] = {}

    def keep(tables: Sequence[Table]) -> None:
        found.update({table.name: table for table in tables})
        write(out, found, page)

    def output(name: str) -> Output:
        return Output(out / f"{name}.jsonl", as_json=False)

    sizes = bench_engine_runs.Sizes((64, 128, 256, 512, 1024), (1, 2, 4, 8), 5, 12)
    plot = out / "latency.svg"
    keep([_machine_table()])
    keep(bench_engine_runs.run_latency(sizes, (0,), None, plot, output("latency")))
    keep([bench_engine_runs.run_cancel((1, 4), 60, 256, None, output("cancel"))])
    keep([bench_server_runs.run_startup(5, (), None, output("startup"))])
    keep([bench_server_runs.run_overhead(40, (), None, output("overhead"))])
    lines = bench_recall_runs.Typing((), 300, 0)
    keep(bench_recall_runs.run_recall(lines, fit=False, as_json=False))
    fewer = bench_recall_runs.Typing((), 150, 0)
    keep([bench_waiting_runs.run_waiting(fewer, None, as_json=False)])
    fewer = bench_recall_runs.Typing((), 40, 0)
    keep(bench_recall_runs.run_competing(fewer, None, fit=False, as_json=False))
    typing = Typing((), keys, 0, "real", "vscode", 51.56)
    keep(bench_runs.run_replay(typing, (), (), None, output("replay")))
    if importlib.util.find_spec("llama_cpp") is None:
        sys.stderr.write("codex-lsp: the extra `peer` is not installed; llama.cpp is left out.\n")
    else:
        plan = bench_peer.Plan(keys, 0, (), 0, 3, 8, accepts=False)
        keep(bench_peer.run(plan, output("peer")))
    keep([bench_server_runs.run_memory(requests, (), 0, None, output("memory"))])
    if page is not None:
        left = sorted(places(page.read_text(encoding="utf-8")) ^ set(found))
        if left:
            names = ", ".join(left)
            sys.stderr.write(f"codex-lsp: {page} and the tables differ in: {names}.\n")


def write(out: Path, found: Mapping[str, Table], page: Path | None) -> None:
    """Write what has been measured so far."""
    out.mkdir(parents=True, exist_ok=True)
    parts = [f"## {table.title}\n\n{markdown(table)}" for table in found.values()]
    (out / "tables.md").write_text("\n".join(parts), encoding="utf-8")
    if page is not None:
        text = page.read_text(encoding="utf-8")
        tables = {name: markdown(item) for name, item in found.items()}
        page.write_text(fill(text, tables), encoding="utf-8")


def _machine_table() -> Table:
    tuning = find_tuning(find_or_offer(None))
    facts = {**machine(), **versions(), "tuned_to": tuning or "nothing: defaults"}
    rows = tuple((name.replace("_", " "), str(value)) for name, value in facts.items())
    return Table("machine", "Measured on", ("what", "value"), rows)
