"""The picture of ``codex-lsp stats --plot``."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from codex_lsp.errors import UsageError
from codex_lsp.statistics.counts import What
from codex_lsp.statistics.report import Report


def save(report: Report, path: Path) -> None:
    """Draw what was shown and accepted on each day, and the times of the answers.

    :raises UsageError: matplotlib is not installed, or the file cannot be written
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("The picture needs matplotlib; `pip install 'codex-lsp[eval]'` gets it.")
    from matplotlib.figure import Figure

    days, each = list(report.by_day), list(report.by_day.values())
    figure = Figure(figsize=(9, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.bar(days, [day[What.SHOWN] for day in each], color="#b0b0b0", label="shown")
    upper.bar(days, [day.all_accepted for day in each], color="#2a7f3f", label="accepted")
    upper.set_ylabel("suggestions")
    lower.plot(days, [_number(day.median_ms) for day in each], marker="o", label="half of them")
    lower.plot(days, [_number(day.p95_ms) for day in each], marker="o", label="95 % of them")
    lower.set_ylabel("answered within, ms")
    lower.set_ylim(bottom=0)
    lower.tick_params(axis="x", rotation=90)
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
        axes.legend()
    try:
        # By its name alone, or matplotlib adds `.png` to one that has no ending.
        figure.savefig(path, format=path.suffix.lstrip("."))
    except (OSError, ValueError) as error:
        raise UsageError(f"The picture cannot be written to {path}: {error}.") from error


def _number(ms: int | None) -> float:
    return float("nan") if ms is None else ms
