"""A table of text: what both HTML and Markdown show, and how figures are written in it."""

from __future__ import annotations

from dataclasses import dataclass

from codex_lsp.evals.bootstrap import Interval


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a heading; ``note`` says how to read them."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def interval(found: Interval) -> str:
    """Write an interval in percent."""
    return f"{percent(found.mean)} ({percent(found.low)} to {percent(found.high)})"


def percent(share: float) -> str:
    """Write a share in percent."""
    return f"{100 * share:.2f}"
