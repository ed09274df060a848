"""How benchmarks are printed and kept: tables for people, one JSON object, JSON lines."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from codex_lsp.bench.tables import Table
from codex_lsp.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Output:
    """Where the results go.

    :ivar file: for JSON lines; None keeps nothing
    """

    file: Path | None
    as_json: bool

    def __post_init__(self) -> None:
        """Refuse a folder before anything is measured, not when it is to be written.

        :raises UsageError: ``file`` is a folder
        """
        if self.file is not None and self.file.is_dir():
            raise UsageError(f"--out is {self.file}, a directory; name a file.")


def print_tables(tables: Iterable[Table]) -> None:
    """Print tables for people."""
    console = Console(highlight=False)
    for table in tables:
        console.print(table.title, style="bold")
        shown = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for index, name in enumerate(table.header):
            shown.add_column(name, justify="left" if index == 0 else "right", overflow="fold")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
        if table.note:
            console.print(table.note)
        console.print()


def print_json(result: Mapping[str, Any]) -> None:
    """Print one JSON object; what is no number becomes null."""
    json.dump(_finite(result), sys.stdout)
    sys.stdout.write("\n")


def write_lines(file: Path, facts: Mapping[str, Any], samples: Sequence[Any]) -> None:
    """Keep measured samples: a line of facts, then a line for each dataclass."""
    records = [{"type": "run", **facts}]
    for item in samples:
        records.append({"type": type(item).__name__.lower(), **dataclasses.asdict(item)})
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(_finite(record)) + "\n" for record in records)
    file.write_text(text, encoding="utf-8")


def finish(
    known: Mapping[str, Any],
    samples: Sequence[Any],
    table: Table,
    output: Output,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Keep what was measured, and print it."""
    if output.file is not None:
        write_lines(output.file, known, samples)
    if output.as_json:
        print_json(
            {**known, **(more or {}), "samples": [dataclasses.asdict(item) for item in samples]}
        )
    else:
        print_tables([table])


def with_bar(steps: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Pass ``steps`` on, with a progress bar on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=total)
        for step in steps:
            yield step
            bars.advance(task)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
