"""What a large project costs while one types: two servers in one run, with a project and without.

The one with a project reads it in the background and keeps lines and snippets of it. The servers
take turns, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from codex_lsp.bench.corpus import Text
from codex_lsp.bench.lsp_service import LspService
from codex_lsp.bench.metrics import percentile
from codex_lsp.bench.overhead import KINDS, SIZES, SMALL
from codex_lsp.bench.overhead import measure as measure_requests
from codex_lsp.bench.tables import Table, ms, ratio
from codex_lsp.errors import BenchError

READING = "being read"
READ = "read"
FILE_LINES = 20
"""Lines of each file: ten thousand such files are as many lines as are kept."""
IDLE_S = 2.0
IDLE_WAKE_UPS = 20
"""A server that wakes up less often in that time does not read: it pauses for milliseconds only.
Its share of the processor would not tell, on a machine that does something else as well."""
READ_LIMIT_S = 600.0


@dataclass(frozen=True, slots=True)
class ProjectCost:
    """One request.

    :ivar state: of the project
    :ivar within: asked of the server that has the project
    :ivar kind: see :class:`codex_lsp.bench.overhead.Cost`
    """

    state: str
    within: bool
    kind: str
    ms: float


def write_files(folder: Path, texts: Sequence[Text], count: int) -> None:
    """Fill a folder with pieces of real files, a hundred to a sub-folder."""
    lines = [line for text in texts for line in text.content.split("\n")]
    for number in range(count):
        path = folder / f"part_{number // 100}" / f"file_{number}.py"
        path.parent.mkdir(exist_ok=True)
        start = number * FILE_LINES % len(lines)
        piece = [line for line in lines[start : start + FILE_LINES] if "generated" not in line]
        path.write_text(f"own_{number} = {number}\n" + "\n".join(piece), encoding="utf-8")


def measure(
    without: LspService, within: LspService, texts: Sequence[Text], repeats: int
) -> Iterator[ProjectCost]:
    """Time requests while the project is read, then once it has been.

    :raises BenchError: it is not read in ten minutes, or a request is not answered
    """
    yield from _take_turns(without, within, texts, repeats, READING)
    _wait_until_idle(within)
    yield from _take_turns(without, within, texts, repeats, READ)


def _take_turns(
    without: LspService, within: LspService, texts: Sequence[Text], repeats: int, state: str
) -> Iterator[ProjectCost]:
    size = {SMALL: SIZES[SMALL]}
    for _ in range(repeats):
        for service in (without, within):
            for cost in measure_requests(service, texts, 1, size):
                yield ProjectCost(state, service is within, cost.kind, cost.ms)


def _wait_until_idle(service: LspService) -> None:
    """Wait until the server itself, not its engine, has nothing to do."""
    process = psutil.Process(service.connection.pid)
    deadline = time.monotonic() + READ_LIMIT_S
    wake_ups = IDLE_WAKE_UPS
    while wake_ups >= IDLE_WAKE_UPS:
        if time.monotonic() > deadline:
            raise BenchError(f"The project was not read in {READ_LIMIT_S:g} s.")
        before = process.num_ctx_switches().voluntary
        time.sleep(IDLE_S)
        wake_ups = process.num_ctx_switches().voluntary - before


def project_table(costs: Sequence[ProjectCost], files: int) -> Table:
    """Return each kind's times by the project's state."""
    rows = []
    for kind in KINDS:
        for state in (READING, READ):
            base, took = (_times(costs, state, within, kind) for within in (False, True))
            if took and base:
                medians = percentile(base, 50), percentile(took, 50)
                rows.append(
                    (
                        f"{kind}, {state}",
                        str(len(took)),
                        ms(medians[0]),
                        ms(medians[1]),
                        ratio(medians[1], medians[0]),
                        ms(percentile(base, 95)),
                        ms(percentile(took, 95)),
                    )
                )
    header = (
        "request, project",
        "times",
        "median without",
        "with",
        "ratio",
        "95 % without",
        "with",
    )
    return Table(
        "project",
        f"A project of {files} files",
        header,
        tuple(rows),
        "In ms. **Without** is a server that has no project, asked in turns with the other.",
    )


def _times(costs: Sequence[ProjectCost], state: str, within: bool, kind: str) -> list[float]:
    return [
        cost.ms for cost in costs if (cost.state, cost.within, cost.kind) == (state, within, kind)
    ]
