"""A run's folder: its checkpoints, whole or not there at all, and its curve."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from codex_lsp.errors import DamagedFileError, UsageError
from codex_lsp_recipes.settings import Settings

LATEST = "latest.pt"
CURVE = "curve.jsonl"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that going on takes.

    :ivar step: the steps done
    :ivar tokens: the tokens trained on so far
    :ivar seconds: the time spent training so far
    :ivar parameters: the trained tensors by name, float32
    :ivar optimizer: the optimizer's state
    """

    settings: Settings
    step: int
    tokens: int
    seconds: float
    parameters: Mapping[str, torch.Tensor]
    optimizer: Mapping[str, Any]


def save(checkpoint: Checkpoint, file: Path) -> None:
    """Write ``checkpoint``; a kill at any moment leaves the old file or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    content = {
        "settings": checkpoint.settings.record(),
        "step": checkpoint.step,
        "tokens": checkpoint.tokens,
        "seconds": checkpoint.seconds,
        "parameters": dict(checkpoint.parameters),
        "optimizer": dict(checkpoint.optimizer),
    }
    with partial.open("wb") as stream:
        torch.save(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(partial, file)


def load(file: Path) -> Checkpoint:
    """Read a checkpoint.

    :raises UsageError: there is none
    :raises DamagedFileError: the file is something else
    """
    if not file.is_file():
        raise UsageError(f"There is no checkpoint {file}; name one that `train` has written.")
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
        return Checkpoint(**{**content, "settings": Settings.of(content["settings"])})
    except Exception as error:  # torch raises many kinds
        raise DamagedFileError(f"{file} is not a checkpoint ({type(error).__name__}).") from error


def note(folder: Path, record: Mapping[str, Any]) -> None:
    """Add a line to the run's curve."""
    with (folder / CURVE).open("a", encoding="utf-8") as curve:
        curve.write(json.dumps(record) + "\n")


def read_curve(*folders: Path) -> list[dict[str, Any]]:
    """Return the curve of runs of which each goes on from the one before.

    A line that a kill cut short is left out, and so is what was done again.

    :raises UsageError: one has no curve
    """
    found: dict[tuple[int, bool], dict[str, Any]] = {}
    for folder in folders:
        try:
            lines = (folder / CURVE).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise UsageError(
                f"{folder} has no curve ({error.strerror}); train there first."
            ) from error
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            found[record["step"], "held_out" in record] = record
    return [found[key] for key in sorted(found)]
