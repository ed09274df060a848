"""What ``codex-lsp bench recall`` does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from codex_lsp.bench import recall
from codex_lsp.bench.corpus import load_packages
from codex_lsp.cli.bench_output import print_json, print_tables, with_bar
from codex_lsp.errors import UsageError
from codex_lsp.recall.prior import FEATURES


def run_recall(folders: Sequence[Path], lines: int, seed: int, fit: bool, as_json: bool) -> None:
    """Type lines of packages again, and print how often recalled ones are right."""
    if lines < 1:
        raise UsageError(f"--lines is {lines}, but has to be 1 or more.")
    packages = load_packages(folders)
    samples = [
        item
        for name, files in packages.items()
        for item in with_bar(recall.sample(name, files, lines, seed), f"lines of {name} typed")
    ]
    if not samples:
        raise UsageError("There are no lines to type in files that long; name other folders.")
    if fit:
        weights = dict(zip(FEATURES, map(float, recall.fit(samples)), strict=True))
        if as_json:
            print_json({"packages": list(packages), "samples": len(samples), "weights": weights})
            return
        sys.stdout.writelines(f"{value:+.2f}  {name}\n" for name, value in weights.items())
        return
    found = recall.tables(samples)
    if as_json:
        print_json({"packages": list(packages), "tables": [asdict(table) for table in found]})
        return
    print_tables(found)
