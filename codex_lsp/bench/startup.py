"""How long a server takes from its start to its first suggestion, and what memory it has then."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codex_lsp.bench.lsp_service import LspService
from codex_lsp.bench.metrics import percentile
from codex_lsp.bench.process import tree_rss_mb
from codex_lsp.bench.replay import warm_up
from codex_lsp.bench.tables import Table, ms


@dataclass(frozen=True, slots=True)
class Start:
    """One start.

    :ivar disk: ``warm``, or ``cold``: the files had been dropped from the system's cache
    :ivar initialized_ms: from the start of the process to the answer to ``initialize``
    :ivar suggestion_ms: from there on, counted from the start of the process, to the answer to the
        first request, which is sent at once
    """

    disk: str
    initialized_ms: float
    suggestion_ms: float
    rss_mb: float


def measure(options: Mapping[str, Any], files: Sequence[Path], repeats: int) -> Iterator[Start]:
    """Start servers one after the other, with a warm disk cache and where possible a cold one.

    :param files: what the server reads, to be dropped from the cache
    """
    yield from (_start(options, "warm") for _ in range(repeats))
    drop = _dropper()
    if drop is not None:
        for _ in range(repeats):
            drop(files)
            yield _start(options, "cold")


def _start(options: Mapping[str, Any], disk: str) -> Start:
    service = LspService(options)
    try:
        warm_up(service)
        suggestion = time.perf_counter()
        begun = service.connection.started_at
        return Start(
            disk,
            (service.initialized_at - begun) * 1000,
            (suggestion - begun) * 1000,
            tree_rss_mb(service.connection.pid),
        )
    finally:
        service.close()


def program_files() -> list[Path]:
    """Return the files of the installed packages: code and libraries."""
    folders = {Path(entry) for entry in sys.path if entry.endswith("-packages")}
    return [file for folder in folders for file in folder.rglob("*") if file.is_file()]


def _dropper() -> Callable[[Sequence[Path]], None] | None:
    """Return what drops files from the page cache; None where the system cannot be asked to.

    Pages that another process has mapped stay: only a machine that runs nothing else shows it all.
    """
    if not hasattr(os, "posix_fadvise"):
        return None

    def drop(files: Sequence[Path]) -> None:
        for file in files:
            descriptor = os.open(file, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)

    return drop


def startup_table(starts: Sequence[Start]) -> Table:
    """Return medians and worst cases."""
    rows = []
    for disk in dict.fromkeys(item.disk for item in starts):
        group = [item for item in starts if item.disk == disk]
        ready = [item.initialized_ms for item in group]
        shown = [item.suggestion_ms for item in group]
        rows.append(
            (
                f"{disk} disk cache, {len(group)} starts",
                ms(percentile(ready, 50)),
                ms(percentile(shown, 50)),
                ms(max(shown)),
                f"{max(item.rss_mb for item in group):.0f}",
            )
        )
    header = ("start", "to initialize, ms", "to a suggestion, ms", "worst, ms", "RSS, MB")
    return Table("startup", "From the start of the process", header, tuple(rows))
