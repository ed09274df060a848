"""What best-of-n gains over greedy decoding and over one sample, and at what latency.

The latency is that of whole samples, as they were drawn: a batch of n rows from the prompt to its
last token, and what scoring them took where a score was asked of the model. In the editor samples
are lines, and it does not wait for all of them (``docs/performance.md``).
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codex_lsp.evals.bootstrap import mean_interval
from codex_lsp.evals.checked_runs import Run
from codex_lsp.evals.choosing import SCORED, Chooser, choose_randomly
from codex_lsp.evals.figures import by_problem
from codex_lsp.evals.table import Table, interval

Rates = Mapping[str, float]
"""How likely what is shown passes, by problem."""


@dataclass(frozen=True, slots=True)
class Latency:
    """What it takes until something can be shown, over problems; in seconds."""

    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class Shown:
    """One way to come to what is shown.

    :ivar k: how many samples are drawn for it
    :ivar rates: how likely what is shown passes
    :ivar greedy: the same for greedy decoding; empty where nobody decoded so
    :ivar one: the same for one sample of the run; empty for that itself
    :ivar latency: None where it was not measured, or cannot be: the oracle runs the tests
    """

    run: str
    name: str
    k: int
    rates: Rates
    greedy: Rates
    one: Rates
    latency: Latency | None


def gain_tables(runs: Sequence[Run]) -> list[Table]:
    """Return a table for each set of runs on the same problems with the same model."""
    found = []
    for name, some in alike(runs).items():
        ways = shown(some)
        if len(ways) > 1:
            quick = ways[0].latency if ways[0].name == GREEDY else None
            rows = tuple(_row(item, quick) for item in ways)
            found.append(Table(f"Gain and latency: {name}", _HEADER, rows, _NOTE))
    return found


GREEDY = "greedy"
_HEADER = (
    "run",
    "shown",
    "k",
    "passes",
    "gain over greedy",
    "gain over one sample",
    "median, s",
    "90 %, s",
    "times greedy",
)
_NOTE = (
    "In percent and in points, with 95 % bootstrap intervals over problems; gains are taken "
    "problem by problem. k is the number of samples that were drawn at once (--batch), so that the "
    "time of a batch is the latency of best-of-k; scores that the model has to be asked for are "
    "added. "
    "With torch that latency is not the editor's. "
    "One sample has a latency where it was drawn alone."
)


def alike(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Group runs that answer the same problems with the same model, by a name for both.

    A run of fewer problems, as with ``--limit`` or one that is under way, is like no whole one.
    """
    groups: dict[tuple[str, frozenset[str]], list[Run]] = {}
    for run in runs:
        made = json.dumps([run.facts[name] for name in ("benchmark", "problems_sha256", "model")])
        answered = frozenset(item.sample.task_id for item in run.checked)
        groups.setdefault((made, answered), []).append(run)
    named: dict[str, list[Run]] = {}
    for some in groups.values():
        name = f"{some[0].facts['model']['name']} on {some[0].facts['benchmark']}"
        named[name if name not in named else f"{name}, as {some[0].name}"] = some
    return named


def shown(runs: Sequence[Run]) -> list[Shown]:
    """Return all ways that runs on the same problems have samples for, greedy decoding first."""
    greedy = next((run for run in runs if run.temperature == 0), None)
    base = {} if greedy is None else _rates(greedy, choose_randomly, 1)
    found = []
    if greedy is not None:
        found.append(Shown(greedy.name, GREEDY, 1, base, {}, {}, latency(greedy, 1)))
    for run in (run for run in runs if run.temperature > 0):
        one = _rates(run, choose_randomly, 1)
        found.append(Shown(run.name, "one sample", 1, one, base, {}, latency(run, 1)))
        k = batch_size(run)
        if k < 2:
            continue
        for name, chooser in run.choosers.items():
            if name == "random":
                continue
            rates = _rates(run, chooser, k)
            slow = None if name == "oracle" else latency(run, k, name)
            found.append(Shown(run.name, f"best by {name}", k, rates, base, one, slow))
    return found


def _row(item: Shown, quick: Latency | None) -> tuple[str, ...]:
    slow = item.latency
    times = ("", "", "")
    if slow is not None:
        of_greedy = f"{slow.median / quick.median:.2f}" if quick and quick.median else ""
        times = (f"{slow.median:.2f}", f"{slow.p90:.2f}", of_greedy)
    return (
        item.run,
        item.name,
        str(item.k),
        interval(mean_interval(list(item.rates.values()))),
        _gain(item.rates, item.greedy),
        _gain(item.rates, item.one),
        *times,
    )


def _gain(rates: Rates, base: Rates) -> str:
    """Return the gain over the problems that both have."""
    gains = [rate - base[name] for name, rate in rates.items() if name in base]
    return interval(mean_interval(gains)) if gains else ""


def _rates(run: Run, chooser: Chooser, k: int) -> Rates:
    return {name: chooser(items, k) for name, items in by_problem(run.checked).items()}


def batch_size(run: Run) -> int:
    """Return how many samples of a problem were drawn at once."""
    settings = run.facts["settings"]
    fewest = min(len(items) for items in by_problem(run.checked).values())
    return min(int(settings.get("batch", 1)), fewest)


def latency(run: Run, rows: int, chooser: str = "") -> Latency | None:
    """Return the time of batches of just so many rows; None where there are none.

    :param chooser: what the best is chosen by, for the time of its scores
    """
    times: dict[tuple[str, int], float] = {}
    for item in run.checked:
        if item.sample.batch_ms is not None:
            times[item.sample.task_id, item.sample.batch] = item.sample.batch_ms
    extra = rows * _scoring_ms(run, chooser)
    found = [(ms + extra) / 1000 for (_, at), ms in times.items() if _rows_of(run, at) == rows]
    if not found:
        return None
    return Latency(statistics.median(found), _p90(found))


def _rows_of(run: Run, batch: int) -> int:
    """Return how many rows the ``batch``-th batch of a problem had, checked or not."""
    n, size = (int(run.facts["settings"].get(name, 1)) for name in ("n", "batch"))
    return min(size, n - batch * size)


def _scoring_ms(run: Run, chooser: str) -> float:
    """Return what scoring one sample takes."""
    kind = next((kind for kind, name in SCORED.items() if name == chooser), "")
    scores = run.scores.get(kind, {})
    return statistics.mean(item.ms for item in scores.values()) if scores else 0.0


def _p90(values: Sequence[float]) -> float:
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=10, method="inclusive")[-1]
