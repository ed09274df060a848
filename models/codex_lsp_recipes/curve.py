"""The learning curve as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codex_lsp.errors import UsageError

SMOOTHED_STEPS = 20


def draw(records: Sequence[dict[str, Any]], file: Path) -> None:
    """Draw the training loss, smoothed, and the held-out losses over the tokens seen.

    :param records: what :func:`codex_lsp_recipes.checkpoint.read_curve` returns
    :raises UsageError: the file's name does not end as a picture's
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    training, held_out = figure.subplots(1, 2)
    steps = [record for record in records if "loss" in record]
    losses = [record["loss"] for record in steps]
    smooth = [
        sum(losses[max(0, end - SMOOTHED_STEPS) : end]) / min(end, SMOOTHED_STEPS)
        for end in range(1, len(losses) + 1)
    ]
    training.plot([record["tokens"] for record in steps], smooth)
    training.set(xlabel="tokens seen", ylabel="training loss, nats a token")
    measured = [record for record in records if "held_out" in record]
    for name, label in (
        ("plain", "whole passages"),
        ("middle", "middles, with the suffix"),
        ("middle_prefix_only", "middles, prefix only"),
    ):
        figures = [record["held_out"][name] for record in measured]
        held_out.plot([record["tokens"] for record in measured], figures, marker=".", label=label)
    held_out.set(xlabel="tokens seen", ylabel="held-out loss, nats a byte")
    held_out.legend()
    try:
        figure.savefig(file, format=file.suffix.lstrip("."))
    except ValueError as error:
        raise UsageError(f"The picture cannot be written to {file}: {error}.") from error
