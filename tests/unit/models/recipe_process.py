"""A training run in a process of its own, which saves after every step: to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from recipe_run import make_held_out, make_trainer

from codex_lsp_recipes import training


def main(folder: Path, run: Path) -> None:
    torch.set_num_threads(1)
    trainer = make_trainer(folder / "tiny.gguf", folder / "corpus")
    pace = training.Pace(checkpoint_seconds=0)
    for step in training.run(trainer, make_held_out(folder / "tiny.gguf"), run, pace):
        print(step.step, flush=True)  # noqa: T201


main(Path(sys.argv[1]), Path(sys.argv[2]))
