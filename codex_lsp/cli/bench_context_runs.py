"""What ``codex-lsp bench context`` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from codex_lsp.bench import context
from codex_lsp.bench.context import Tried
from codex_lsp.bench.corpus import CORPUS, MORE_PACKAGES, load_packages
from codex_lsp.bench.tables import Table
from codex_lsp.cli.bench_output import Output, print_json, print_tables, with_bar, write_lines
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.errors import UsageError
from codex_lsp.options import EngineOptions, TokenBudget


@dataclass(frozen=True, slots=True)
class Plan:
    """What is completed.

    :ivar packages: names of the corpus' packages; none for all
    :ivar lines: how many of each package
    :ivar tokens: of each prompt
    :ivar share: how much of it snippets may take
    :ivar suffix: tokens of what stands below the line, beside the others
    """

    packages: Sequence[str]
    lines: int
    tokens: int
    share: float
    seed: int
    suffix: int = 0

    def check(self) -> None:
        """Refuse what cannot be measured.

        :raises UsageError: a number is out of range, or a package is not of the corpus
        """
        if self.lines < 1 or self.tokens < 16 or self.suffix < 0:
            raise UsageError(
                "--lines has to be 1 or more, --tokens 16 or more, and --suffix 0 or more."
            )
        if not 0 <= self.share <= 1:
            raise UsageError(f"--share is {self.share:g}, but has to be between 0 and 1.")
        known = [entry.package for entry in (*CORPUS, *MORE_PACKAGES)]
        for name in self.packages:
            if name not in known:
                raise UsageError(
                    f"There is no package {name} in the corpus; it has {', '.join(known)}."
                )


def run_context(plan: Plan, model: str | None, output: Output) -> list[Table]:
    """Complete lines with and without snippets, and print what they add."""
    plan.check()
    entries = [
        entry
        for entry in (*CORPUS, *MORE_PACKAGES)
        if not plan.packages or entry.package in plan.packages
    ]
    packages = load_packages(entries=entries)
    found = find_or_offer(model)
    budget = TokenBudget(plan.tokens, plan.suffix, plan.share)
    with closing(CTranslate2Engine(found, EngineOptions(seed=plan.seed, max_cache_mb=0))) as engine:
        tried = [
            item
            for name, files in packages.items()
            for item in with_bar(
                context.try_package(
                    engine, found.description, name, files, plan.lines, budget, plan.seed
                ),
                f"lines of {name}",
            )
        ]
    if output.file is not None:
        write_lines(output.file, {"plan": asdict(plan), "model": found.description.name}, tried)
    return _print(tried, output.as_json)


def show(files: Sequence[Path], as_json: bool) -> list[Table]:
    """Print the tables of recorded runs, taken together.

    :raises UsageError: a file is no recording of this command
    """
    tried: list[Tried] = []
    for file in files:
        try:
            records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
            tried += [
                Tried(**{name: value for name, value in record.items() if name != "type"})
                for record in records
                if record["type"] == "tried"
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{file} is no recording of `bench context` ({error}).") from error
    return _print(tried, as_json)


def _print(tried: Sequence[Tried], as_json: bool) -> list[Table]:
    if not tried:
        raise UsageError("There is no line to complete; raise --lines.")
    tables = context.tables(tried)
    if as_json:
        print_json({"tables": [asdict(table) for table in tables]})
    else:
        print_tables(tables)
    return tables
