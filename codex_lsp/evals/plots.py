"""The plots of a report, as SVG text. Needs matplotlib, of the ``eval`` extra."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codex_lsp.errors import UsageError
from codex_lsp.evals.checked_runs import Run
from codex_lsp.evals.figures import KS, by_problem, calibration, pass_curve, pass_rates
from codex_lsp.evals.gain import alike, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Draw = Callable[["Axes"], None]
_MOST_POINTS = 40


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure.

    :ivar name: fit for a file's name
    """

    name: str
    title: str
    svg: str


def plots(runs: Sequence[Run]) -> list[Plot]:
    """Draw what the runs have figures for.

    :raises UsageError: matplotlib is not installed
    """
    need_matplotlib()
    several = [run for run in runs if len(pass_curve(by_problem(run.checked))) > 1]
    found = [_pass_plot(several)] if several else []
    for number, (name, some) in enumerate(alike(runs).items()):
        found += _temperature_plots(number, name, some) + _gain_plots(number, name, some)
    for run in several:
        found += [_choice_plot(run), _calibration_plot(run)]
    return found


def _pass_plot(runs: Sequence[Run]) -> Plot:
    def draw(axes: Axes) -> None:
        for run in runs:
            curve = pass_curve(by_problem(run.checked))
            label = f"{run.name}, T = {run.temperature:g}"
            axes.plot(range(1, len(curve) + 1), [100 * rate for rate in curve], label=label)
        axes.set(xscale="log", xlabel="k", ylabel="pass@k, %")
        axes.legend()

    return plot("pass-at-k", "pass@k by k", draw)


def _temperature_plots(number: int, name: str, runs: Sequence[Run]) -> list[Plot]:
    """Draw pass@k by temperature; nothing where there is but one."""
    ordered = sorted(runs, key=lambda run: run.temperature)
    rates = [(run.temperature, pass_rates(by_problem(run.checked))) for run in ordered]
    if len({heat for heat, _ in rates}) < 2:
        return []

    def draw(axes: Axes) -> None:
        for k in KS:
            points = [(heat, 100 * found[k].mean) for heat, found in rates if k in found]
            if points:
                axes.plot(*zip(*points, strict=True), marker="o", label=f"pass@{k}")
        axes.set(xlabel="temperature", ylabel="pass@k, %")
        axes.legend()

    return [plot(f"temperature-{number}", f"pass@k by temperature: {name}", draw)]


def _gain_plots(number: int, name: str, runs: Sequence[Run]) -> list[Plot]:
    """Draw how often what is shown passes against what it takes; nothing for a single way."""
    timed = [(item, item.latency) for item in shown(runs) if item.latency is not None]
    if len(timed) < 2:
        return []

    def draw(axes: Axes) -> None:
        for item, latency in timed:
            rate = 100 * sum(item.rates.values()) / len(item.rates)
            label = f"{item.run}: {item.name}" + (f", k = {item.k}" if item.k > 1 else "")
            axes.plot([latency.median], [rate], marker="o", linestyle="none", label=label)
        axes.set(xlabel="median latency, s", ylabel="what is shown passes, %", xlim=(0, None))
        axes.legend(fontsize="small")

    return [plot(f"gain-{number}", f"Gain and latency: {name}", draw)]


def _choice_plot(run: Run) -> Plot:
    groups = by_problem(run.checked)
    fewest = min(len(items) for items in groups.values())
    step = max(1, fewest // _MOST_POINTS)
    ks = sorted({1, *range(step, fewest + 1, step), fewest})

    def draw(axes: Axes) -> None:
        for name, chooser in run.choosers.items():
            rates = [sum(chooser(items, k) for items in groups.values()) for k in ks]
            axes.plot(ks, [100 * rate / len(groups) for rate in rates], label=name)
        axes.set(xlabel="k samples drawn", ylabel="the one shown passes, %")
        axes.legend()

    return plot(f"choice-{_file_name(run)}", f"Which of k samples to show: {run.name}", draw)


def _calibration_plot(run: Run) -> Plot:
    bins = calibration(run.checked)

    def draw(axes: Axes) -> None:
        middles = [(item.low + item.high) / 2 for item in bins]
        axes.plot(middles, [100 * item.passed / item.samples for item in bins], marker="o")
        axes.set(xlabel="mean log-probability, nats a token", ylabel="samples that pass, %")

    return plot(f"calibration-{_file_name(run)}", f"Calibration: {run.name}", draw)


def need_matplotlib() -> None:
    """See that plots can be drawn.

    :raises UsageError: matplotlib is not installed
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("Reports need matplotlib; `pip install 'codex-lsp[eval]'` gets it.")


def _file_name(run: Run) -> str:
    return run.name.replace("/", "-")


def plot(name: str, title: str, draw: _Draw) -> Plot:
    """Draw one figure.

    :raises UsageError: matplotlib is not installed
    """
    need_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Without pyplot there is no window system to choose and no figure kept in a global; ids and
    # date would else make each file another.
    with rc_context({"svg.hashsalt": name}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot()
        axes.grid(alpha=0.3)
        draw(axes)
        axes.set_ylim(bottom=0)
        target = io.StringIO()
        figure.savefig(target, format="svg", metadata={"Date": None})
    text = target.getvalue()
    return Plot(name, title, text[text.index("<svg") :])
