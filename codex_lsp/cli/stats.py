"""``codex-lsp stats``: how suggestions fare on this machine, for people and for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

from codex_lsp.errors import UsageError
from codex_lsp.statistics.counts import Counts, What
from codex_lsp.statistics.report import Figures, Report, as_object, first_day, make_report
from codex_lsp.statistics.store import SWITCH, Store, default_path, require_sqlite

PLOTTED_DAYS = 14
_BAR_WIDTH = 40
_COUNTS = (
    ("shown", What.SHOWN),
    ("accepted", What.ACCEPTED),
    ("by part", What.PARTLY_ACCEPTED),
    ("dismissed", What.DISMISSED),
)
_KEPT = (
    ("30 s", What.KEPT_30S),
    ("2 min", What.KEPT_2MIN),
    ("10 min", What.KEPT_10MIN),
)


@dataclass(frozen=True, slots=True)
class Run:
    """The options of one run.

    :ivar days: the last so many days, today counted; None is all there are
    :ivar export: ``json``, or None for a table
    """

    days: int | None
    export: str | None
    plot: Path | None
    reset: bool


def run(options: Run, now: datetime) -> int:
    """Print the statistics, or do what else was asked; return the exit code."""
    if options.days is not None and options.days < 1:
        raise UsageError(f"--days is {options.days}, but has to be 1 or more.")
    if options.export not in (None, "json"):
        raise UsageError(f"--export is {options.export!r}, but has to be json.")
    path = default_path()
    if path is None:
        raise UsageError(f"Statistics are off: the environment variable {SWITCH} says so.")
    require_sqlite()
    if options.reset:
        return _reset(path)
    # A look at what is there makes no file.
    since = first_day(now, options.days)
    report = make_report(Store(path).read(since) if path.exists() else Counts())
    if options.plot is not None:
        from codex_lsp.cli.stats_plot import save

        save(report, options.plot)
    if options.export == "json":
        json.dump(as_object(report), sys.stdout)
        sys.stdout.write("\n")
    elif options.plot is None:
        print_report(report, Console(highlight=False), now)
    return 0


def _reset(path: Path) -> int:
    if path.exists():
        Store(path).reset()
    sys.stdout.write("All statistics are gone.\n")
    return 0


def print_report(report: Report, console: Console, now: datetime) -> None:
    """Print a report for people."""
    if report.since is None:
        console.print("Nothing has been counted yet. Editors with codex-lsp do that as you type.")
        return
    totals = report.totals
    console.print(
        Text(
            f"Since {report.since}: {totals[What.REQUESTS]} requests, of which "
            f"{totals[What.CACHE_HITS]} answered without asking the model anew; "
            f"{totals[What.SAVED]} characters saved."
        ),
        soft_wrap=True,
    )
    console.print()
    console.print(_table(report))
    console.print()
    console.print(_days(report.by_day, now))


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    names = [name for name, _ in (*_COUNTS, *_KEPT)]
    names[len(_COUNTS)] = "kept 30 s"
    for name in (*names[: len(_COUNTS)], "rate", *names[len(_COUNTS) :], "chars", "median", "p95"):
        table.add_column(name, justify="right")
    table.add_row(*_row("all", report.totals))
    for title, groups in (("language", report.by_language), ("ranker", report.by_ranker)):
        table.add_row(Text(f"by {title}", style="dim"))
        for name, figures in groups.items():
            table.add_row(*_row(f"  {name}", figures))
    return table


def _row(name: str, figures: Figures) -> list[Text]:
    rate = figures.acceptance_rate
    kept = [
        # A share says more than a number here: of those that were accepted.
        f"{100 * figures[what] / figures.all_accepted:.0f} %" if figures.all_accepted else ""
        for _, what in _KEPT
    ]
    times = ["" if ms is None else f"{ms} ms" for ms in (figures.median_ms, figures.p95_ms)]
    cells = [
        *(str(figures[what]) for _, what in _COUNTS),
        "" if rate is None else f"{100 * rate:.0f} %",
        *kept,
        str(figures[What.SAVED]),
        *times,
    ]
    return [Text(name), *map(Text, cells)]


def _days(by_day: Mapping[str, Figures], now: datetime) -> Table:
    """Return the last days as bars: shown, and of these accepted."""
    days = [f"{now - timedelta(days=back):%Y-%m-%d}" for back in reversed(range(PLOTTED_DAYS))]
    nothing = Figures({}, None, None)
    figures = {day: by_day.get(day, nothing) for day in days}
    most = max(1, *(each[What.SHOWN] for each in figures.values()))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("day")
    table.add_column("shown (grey), accepted (green)")
    table.add_column("", justify="right")
    for day, each in figures.items():
        for count, style, name in (
            (each[What.SHOWN], "bright_black", day),
            (each.all_accepted, "green", ""),
        ):
            bar = Bar(size=most, begin=0, end=count, width=_BAR_WIDTH, color=style)
            table.add_row(Text(name), bar, str(count))
    return table
