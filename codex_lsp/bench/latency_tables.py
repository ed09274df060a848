"""The tables of the latencies."""

from __future__ import annotations

import math
from collections.abc import Mapping

from codex_lsp.bench.latency import Key
from codex_lsp.bench.tables import Table, ms, ratio


def engine_table(found: Mapping[Key, float], engine: str, name: str = "latency") -> Table:
    """Return cold, first and step of one engine, a row a context."""
    contexts = sorted({context for name, _, context, _ in found if name == engine})
    columns = sorted(
        {(what, n) for name, what, _, n in found if name == engine and "line" not in what},
        key=lambda column: (("cold", "first", "step").index(column[0]), column[1]),
    )
    rows = tuple(
        (
            str(context),
            *(ms(found.get((engine, what, context, n), math.nan)) for what, n in columns),
        )
        for context in contexts
    )
    header = ("context, tokens", *(f"{what}, n={n}" for what, n in columns))
    return Table(name, f"Latency in ms: {engine}", header, rows)


def line_table(found: Mapping[Key, float]) -> Table:
    """Return the times to the first line, and what more rows cost."""
    cases = sorted({(name, context) for name, what, context, _ in found if what == "line"})
    counts = sorted({n for _, what, _, n in found if what == "line"})
    rows = []
    for name, context in cases:
        for what in ("cold line", "line"):
            times = [found.get((name, what, context, n), math.nan) for n in counts]
            label = f"{name}, {context} tokens, {'cold' if what == 'cold line' else 'warm'}"
            shares = (ratio(time, times[0]) for time in times[1:])
            rows.append((label, *(ms(time) for time in times), *shares))
    header = ("first line", *(f"n={n}, ms" for n in counts), *(f"n={n} / n=1" for n in counts[1:]))
    return Table("latency-line", "Time to the first line", header, tuple(rows))


def bars_table(found: Mapping[Key, float], engine: str, name: str = "latency") -> Table:
    """Return the ratios that the project holds itself to, as far as they were measured."""
    asked = (
        ("best of 4 to the first line, 128 tokens, warm", ("line", 128, 4), ("line", 128, 1), 1.3),
        ("warm first token at 1024 tokens, n=1", ("first", 1024, 1), ("first", 128, 1), 2.0),
        ("warm first token at 1024 tokens, n=4", ("first", 1024, 4), ("first", 128, 4), 2.0),
        ("warm first line at 1024 tokens, n=4", ("line", 1024, 4), ("line", 128, 4), 2.0),
    )
    own = {key[1:]: value for key, value in found.items() if key[0] == engine}
    rows = tuple(
        (label, _name(base), ratio(own[wanted], own[base]), f"{most:g}")
        for label, wanted, base, most in asked
        if wanted in own and base in own
    )
    return Table(
        f"{name}-bars", f"Ratios: {engine}", ("what", "divided by", "ratio", "at most"), rows
    )


def between_engines(found: Mapping[Key, float], ours: str, theirs: str) -> Table:
    """Return how many times as long ``theirs`` takes with one row as ``ours`` with each number."""
    counts = sorted({n for name, _, _, n in found if name == ours})
    rows = []
    for what, context in sorted({(what, context) for name, what, context, _ in found}):
        other = found.get((theirs, what, context, 1), math.nan)
        own = [found.get((ours, what, context, n), math.nan) for n in counts]
        cells = (cell for value in own for cell in (ms(value), ratio(other, value)))
        rows.append((what, str(context), ms(other), *cells))
    names = (cell for n in counts for cell in (f"{ours} n={n}, ms", f"{theirs} / it"))
    header = ("what", "context, tokens", f"{theirs} n=1, ms", *names)
    return Table("peer-latency", f"{ours} and {theirs}", header, tuple(rows))


def _name(key: tuple[str, int, int]) -> str:
    what, context, n = key
    return f"{what}, {context} tokens, n={n}"
