"""What ``codex-lsp bench recall`` does."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from codex_lsp.bench import competing, recall
from codex_lsp.bench.corpus import load_packages
from codex_lsp.bench.tables import Table
from codex_lsp.cli.bench_engine_runs import sampling_of
from codex_lsp.cli.bench_output import print_json, print_tables, with_bar
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.confidence_weights import RecalledWeights, weights_table
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.errors import UsageError
from codex_lsp.options import CompleterOptions, EngineOptions
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


def run_competing(typing: Typing, model: str | None, fit: bool, as_json: bool) -> list[Table]:
    """Complete lines with and without recalled ones, and print who was right."""
    packages = typing.packages()
    found = find_or_offer(model)
    options = CompleterOptions(sampling=sampling_of(found))
    typed = {
        name: recall.type_lines(files, typing.lines, typing.seed)
        for name, files in packages.items()
    }
    with closing(CTranslate2Engine(found, EngineOptions(seed=typing.seed))) as engine:
        if fit:
            scored = [
                item
                for name, lines in typed.items()
                for items in with_bar(
                    competing.score(engine, options, lines), f"recalled lines of {name}"
                )
                for item in items
            ]
            _need(scored)
            _print_recalled_weights(competing.fit_recalled(scored), as_json)
            return []
        trials = [
            item
            for name, lines in typed.items()
            for item in with_bar(
                competing.compete(engine, found.description, options, lines), f"lines of {name}"
            )
        ]
    _need(trials)
    return _print(competing.tables(trials), list(packages), as_json)


def _print_recalled_weights(weights: RecalledWeights, as_json: bool) -> None:
    """Print the part of a model's table ``confidence`` that is about recalled lines."""
    if as_json:
        print_json(asdict(weights))
        return
    sys.stdout.write(weights_table({"recalled": weights}))


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
