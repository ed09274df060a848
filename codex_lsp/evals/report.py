"""Writes a report: one HTML page that needs nothing else, and Markdown with its plots beside it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from codex_lsp.bench.page import fill, places
from codex_lsp.errors import UsageError
from codex_lsp.evals.checked_runs import Run, find_runs
from codex_lsp.evals.plots import Plot, plots
from codex_lsp.evals.quality.plots import quality_plots
from codex_lsp.evals.quality.run import BENCHMARK, read_outcomes
from codex_lsp.evals.quality.suites import VERDICTS, read_verdicts, verdicts_on
from codex_lsp.evals.quality.tables import last_label, quality_tables, suites_table
from codex_lsp.evals.run import FACTS, read_facts
from codex_lsp.evals.table import Table
from codex_lsp.evals.tables import facts_table, tables

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}table{border-collapse:collapse;margin:.5rem 0;display:block;"
    "overflow-x:auto}td,th{border:1px solid #ccc;padding:.2rem .6rem;text-align:left}"
    "th{background:#f3f3f3}svg{max-width:100%;height:auto}"
)


def write_report(folder: Path, into: Path | None = None) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.md`` about the runs in ``folder``; return their paths.

    :param into: a page of Markdown whose places are filled with the tables as well
    :raises UsageError: there is no checked run, or matplotlib is not installed, or the page has no
        place for its tables
    """
    facts = read_facts(folder) if (folder / FACTS).exists() else {}
    if facts.get("benchmark") == BENCHMARK:
        labelled = read_outcomes(folder)
        title = f"In-editor quality of {facts['model']['name']}"
        drawn = quality_plots(labelled)
        verdicts = folder / VERDICTS
        outcomes = labelled[last_label(labelled)]
        judged = verdicts_on(read_verdicts(verdicts), outcomes) if verdicts.exists() else []
        suites = [suites_table(judged)] if judged else []
        found = [*suites, *quality_tables(labelled), facts_table(folder.resolve().name, facts)]
        if into is not None:
            # A page has places for one run's holes; of packages with tests it shows the verdicts.
            fill_page(into, suites or found)
        return _write(folder, title, found, drawn)
    runs = find_runs(folder)
    found, drawn = tables(runs), plots(runs)
    if into is not None:
        fill_page(into, found)
    return _write(folder, _title(runs), found, drawn)


def _write(
    folder: Path, title: str, found: Sequence[Table], drawn: Sequence[Plot]
) -> tuple[Path, Path]:
    page, text = folder / "report.html", folder / "report.md"
    page.write_text(as_html(title, found, drawn), encoding="utf-8")
    for plot in drawn:
        (folder / f"{plot.name}.svg").write_text(plot.svg, encoding="utf-8")
    text.write_text(as_markdown(title, found, drawn), encoding="utf-8")
    return page, text


def fill_page(page: Path, found: Sequence[Table]) -> None:
    """Put tables into a page of Markdown, at the places that name them.

    A table's name is its title in small letters with dashes, up to a colon.

    :raises UsageError: the page cannot be read, or has no place for any of them
    """
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{page} cannot be read: {error.strerror or error}.") from error
    by_name = {_name(table): f"{_markdown_rows(table)}\n" for table in found}
    if not places(text) & set(by_name):
        raise UsageError(f"{page} has no place for the tables {', '.join(sorted(by_name))}.")
    page.write_text(fill(text, by_name), encoding="utf-8")


def _name(table: Table) -> str:
    return re.sub(r"[^a-z0-9]+", "-", table.title.partition(":")[0].lower()).strip("-")


def _title(runs: Sequence[Run]) -> str:
    names = sorted({f"{run.facts['model']['name']} on {run.facts['benchmark']}" for run in runs})
    return ", ".join(names)


def as_html(title: str, found: Sequence[Table], drawn: Sequence[Plot]) -> str:
    """Return the page; it refers to nothing outside of it."""
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>",
    ]
    parts += [_html_table(found[0])] if found else []
    parts += [f"<h2>{html.escape(plot.title)}</h2>{plot.svg}" for plot in drawn]
    parts += [_html_table(table) for table in found[1:]]
    return "\n".join([*parts, "</body></html>", ""])


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in table.header)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    note = f"<p>{html.escape(table.note)}</p>" if table.note else ""
    return f"<h2>{html.escape(table.title)}</h2>{note}\n<table><tr>{head}</tr>\n{rows}</table>"


def as_markdown(title: str, found: Sequence[Table], drawn: Sequence[Plot]) -> str:
    """Return the report as Markdown; the plots are files of their own."""
    parts = [f"# {title}"]
    parts += [markdown_table(found[0])] if found else []
    parts += [f"## {plot.title}\n\n![{plot.title}]({plot.name}.svg)" for plot in drawn]
    parts += [markdown_table(table) for table in found[1:]]
    return "\n\n".join(parts) + "\n"


def markdown_table(table: Table) -> str:
    """Return a table with its heading."""
    note = f"{table.note}\n\n" if table.note else ""
    return f"## {table.title}\n\n{note}{_markdown_rows(table)}"


def _markdown_rows(table: Table) -> str:
    lines = [_markdown_row(table.header), _markdown_row(("---",) * len(table.header))]
    lines += [_markdown_row(row) for row in table.rows]
    return "\n".join(lines)


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
