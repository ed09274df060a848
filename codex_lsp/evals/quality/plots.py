"""The plots of a quality run. They need matplotlib, of the ``eval`` extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex_lsp.evals.plots import Plot, plot
from codex_lsp.evals.quality.calibrating import reliability
from codex_lsp.evals.quality.tables import Labelled, confidences

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def quality_plots(labelled: Labelled) -> list[Plot]:
    """Draw the reliability diagram; nothing where there are too few holes.

    :raises UsageError: matplotlib is not installed
    """
    sent, refitted = confidences(labelled)
    if not refitted:
        return []

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color="gray", linewidth=1, label="a probability")
        for item in (*sent, refitted[-1]):
            bins = reliability(item.predicted, item.right)
            axes.plot(
                [each.expected for each in bins],
                [each.observed for each in bins],
                marker="o",
                label=item.name,
            )
        axes.set(xlabel="confidence", ylabel="share of lines that are right", xlim=(0, 1))
        axes.legend(fontsize="small")

    return [plot("reliability", "Is the confidence a probability?", draw)]
