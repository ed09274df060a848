"""What ``codex-lsp bench waiting`` does."""

from __future__ import annotations

from dataclasses import asdict

from codex_lsp.bench import waiting
from codex_lsp.bench.tables import Table
from codex_lsp.cli.bench_output import print_json, print_tables, with_bar
from codex_lsp.cli.bench_recall_runs import Typing
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.errors import UsageError
from codex_lsp.options import EngineOptions


def run_waiting(typing: Typing, model: str | None, as_json: bool) -> Table:
    """Sample at real places once, and print what each rule would have shown."""
    packages = typing.packages()
    found = find_or_offer(model)
    engine = CTranslate2Engine(found, EngineOptions(seed=typing.seed, threads=1))
    try:
        steps = waiting.draw(engine, found.description, packages, typing.lines, typing.seed)
        drawn = list(with_bar(steps, "places sampled"))
    finally:
        engine.close()
    if not drawn:
        raise UsageError("These folders have no file that is long enough; name others.")
    table = waiting.table(
        {
            rule: [waiting.play(item, rule, engine.tokenizer, found.description) for item in drawn]
            for rule in waiting.RULES
        }
    )
    if as_json:
        print_json({"packages": list(packages), "tables": [asdict(table)]})
    else:
        print_tables([table])
    return table
