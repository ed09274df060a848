"""The figures of a benchmark as tables of text, which people read as Markdown or in a terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from codex_lsp.bench.metrics import LIMITS_MS, Summary, percentile

UNKNOWN = "unknown"

Figure = Callable[[Summary], float]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a heading.

    :ivar name: fit for a marker or a file's name
    :ivar note: how to read it
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def markdown(table: Table) -> str:
    """Write a table as Markdown, without its heading."""
    lines = [_row(table.header), _row(["---", *["---:"] * (len(table.header) - 1)])]
    lines += [_row(row) for row in table.rows]
    return "\n".join(lines) + (f"\n\n{table.note}" if table.note else "") + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def ms(value: float) -> str:
    """Write milliseconds with as many digits as they deserve."""
    if not math.isfinite(value):
        return "–"
    return f"{value:.1f}" if value < 20 else f"{value:.0f}"


def percent(share: float) -> str:
    """Write a share in percent."""
    return f"{100 * share:.1f}"


def ratio(value: float, base: float) -> str:
    """Write ``value`` as a multiple of ``base``."""
    if not (math.isfinite(value) and math.isfinite(base)) or base == 0:
        return "–"
    return f"{value / base:.2f}"


def replay_table(summaries: Sequence[Summary], name: str = "replay") -> Table:
    """Return the figures of a replay: a row a figure, a column a variant, and the ratios.

    The first variant is what the others are divided by.
    """
    rows = [
        _line("keys pressed", summaries, lambda item: item.keys, "{:.0f}"),
        _line("of these, accepting a suggestion", summaries, lambda item: item.accepted, "{:.0f}"),
        _line("keys saved, %", summaries, lambda item: 100 * item.saved_share, "{:.1f}"),
        *(
            _line(
                f"suggestion on screen within {limit} ms, % of keys",
                summaries,
                _within(limit),
                "{:.1f}",
            )
            for limit in LIMITS_MS
        ),
        *(
            _line(
                f"or saved by accepting one, {limit} ms, % of the text's keys",
                summaries,
                _text_within(limit),
                "{:.1f}",
            )
            for limit in LIMITS_MS
        ),
        _line("time to a suggestion, ms: median", summaries, lambda s: percentile(s.shown_ms, 50)),
        _line("time to a suggestion, ms: 95 %", summaries, lambda s: percentile(s.shown_ms, 95)),
        _line("time to an answer, ms: median", summaries, lambda s: percentile(s.answer_ms, 50)),
        _line("time to an answer, ms: 95 %", summaries, lambda s: percentile(s.answer_ms, 95)),
        _line("requests outdated before their answer, %", summaries, _late, "{:.1f}"),
        _line("suggestions without the model, %", summaries, _reused, "{:.1f}"),
        _line("tokens read a key", summaries, _per_key("read_tokens"), "{:.1f}"),
        _line("tokens decoded a key", summaries, _per_key("decoded_tokens"), "{:.1f}"),
        _line("of these, never shown, %", summaries, _thrown_away, "{:.1f}"),
        _line(
            "server beyond the engine, ms: 95 %", summaries, lambda s: percentile(s.overhead_ms, 95)
        ),
    ]
    names = [item.variant for item in summaries]
    header = ("figure", *names, *(f"{other} / {names[0]}" for other in names[1:]))
    return Table(name, "Typing replayed", header, tuple(rows))


def origins_table(summaries: Sequence[Summary], name: str = "origins") -> Table:
    """Return where the suggestions came from, in percent of those in time."""
    found = sorted({origin for item in summaries for origin in item.origins})
    rows = tuple(
        (
            item.variant,
            *(percent(item.origins.get(key, 0) / sum(item.origins.values())) for key in found),
        )
        for item in summaries
        if item.origins
    )
    return Table(name, "Where suggestions came from, %", ("variant", *found), rows)


def _line(
    label: str, summaries: Sequence[Summary], figure: Figure, form: str = ""
) -> tuple[str, ...]:
    values = [figure(item) for item in summaries]
    cells = [
        UNKNOWN if not math.isfinite(value) else form.format(value) if form else ms(value)
        for value in values
    ]
    return (label, *cells, *(ratio(value, values[0]) for value in values[1:]))


def _within(limit: int) -> Figure:
    return lambda summary: 100 * summary.within[limit]


def _text_within(limit: int) -> Figure:
    return lambda summary: 100 * summary.text_within(limit)


def _late(summary: Summary) -> float:
    return 100 * summary.late / summary.keys if summary.keys else math.nan


def _reused(summary: Summary) -> float:
    return 100 * summary.reused_share


def _per_key(name: str) -> Figure:
    def figure(summary: Summary) -> float:
        if summary.work is None or not summary.keys:
            return math.nan
        return float(getattr(summary.work, name)) / summary.keys

    return figure


def _thrown_away(summary: Summary) -> float:
    work = summary.work
    if work is None or not work.decoded_tokens:
        return math.nan
    return 100 * work.thrown_away / work.decoded_tokens
