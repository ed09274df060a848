"""The plot of latency by context length and rows, as SVG text. Needs the extra ``bench``."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Mapping

from codex_lsp.bench.latency import Key
from codex_lsp.errors import UsageError

PANELS = (
    ("first", "first token, context kept, 8 new tokens"),
    ("step", "a further step of all rows"),
)


def latency_plot(medians: Mapping[Key, float], engine: str) -> str:
    """Draw the engine's times by context length, a curve for each number of rows.

    :raises UsageError: matplotlib is not installed
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("The plot needs matplotlib; `pip install 'codex-lsp[bench]'` gets it.")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Ids and date would else make each file another.
    with rc_context({"svg.hashsalt": "latency"}):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        for axes, (what, title) in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
            for n in sorted({rows for name, _, _, rows in medians if name == engine}):
                points = sorted(
                    (context, value)
                    for (name, kind, context, rows), value in medians.items()
                    if (name, kind, rows) == (engine, what, n)
                )
                axes.plot(*zip(*points, strict=True), marker="o", label=f"n = {n}")
            axes.set(xscale="log", xlabel="context, tokens", ylabel="ms", title=title)
            axes.set_xticks(sorted({context for _, _, context, _ in medians}))
            axes.xaxis.set_major_formatter("{x:.0f}")
            axes.minorticks_off()
            axes.grid(alpha=0.3)
            axes.set_ylim(bottom=0)
            axes.legend()
        target = io.StringIO()
        figure.savefig(target, format="svg", metadata={"Date": None})
    text = target.getvalue()
    return text[text.index("<svg") :]
