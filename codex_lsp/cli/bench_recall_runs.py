"""What ``codex-lsp bench recall`` does."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from codex_lsp.bench import recall
from codex_lsp.bench.corpus import load_packages
from codex_lsp.bench.tables import Table
from codex_lsp.cli.bench_output import print_json, print_tables, with_bar
from codex_lsp.errors import UsageError
from codex_lsp.recall.prior import FEATURES


@dataclass(frozen=True, slots=True)
class Typing:
    """What is typed.

    :ivar folders: packages; none for the corpus
    :ivar lines: how many of each package
    """

    folders: Sequence[Path]
    lines: int
    seed: int

    def packages(self) -> dict[str, dict[str, str]]:
        """Return the packages' files.

        :raises UsageError: there is nothing to type
        """
        if self.lines < 1:
            raise UsageError(f"--lines is {self.lines}, but has to be 1 or more.")
        return load_packages(self.folders)


def run_recall(typing: Typing, fit: bool, as_json: bool) -> list[Table]:
    """Type lines of packages again, and print how often recalled ones are right."""
    packages = typing.packages()
    samples = [
        item
        for name, files in packages.items()
        for item in with_bar(
            recall.sample(name, files, typing.lines, typing.seed), f"lines of {name}"
        )
    ]
    _need(samples)
    if fit:
        _print_weights({"prior": dict(zip(FEATURES, recall.fit(samples), strict=True))}, as_json)
        return []
    return _print(recall.tables(samples), list(packages), as_json)


def _need(samples: Sequence[object]) -> None:
    if not samples:
        raise UsageError("These folders have no file that is long enough; name others.")


def _print(tables: list[Table], packages: Sequence[str], as_json: bool) -> list[Table]:
    if as_json:
        print_json({"packages": packages, "tables": [asdict(table) for table in tables]})
    else:
        print_tables(tables)
    return tables


def _print_weights(weights: Mapping[str, Mapping[str, float]], as_json: bool) -> None:
    if as_json:
        print_json(weights)
        return
    for what, found in weights.items():
        sys.stdout.write(f"{what}\n")
        sys.stdout.writelines(f"{value:+8.2f}  {name}\n" for name, value in found.items())
