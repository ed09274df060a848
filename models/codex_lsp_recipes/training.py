"""The training loop: steps, held-out loss, checkpoints; resumed, it goes on as if unbroken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from codex_lsp_recipes import checkpoint as checkpoints
from codex_lsp_recipes.checkpoint import Checkpoint
from codex_lsp_recipes.fim import Sentinels
from codex_lsp_recipes.measure import HeldOut
from codex_lsp_recipes.model import AdaptedLlama
from codex_lsp_recipes.sequences import Sequences, TrainingSequence
from codex_lsp_recipes.settings import Settings


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did.

    :ivar seconds: the time spent training so far, in this run
    :ivar loss: in nats a token that counts
    """

    step: int
    tokens: int
    seconds: float
    loss: float
    rate: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are done beside training. ``max_steps`` ends the call, not the run."""

    checkpoint_seconds: float = 180.0
    measure_steps: int = 50
    keep_steps: int = 200
    max_steps: int | None = None


class Trainer:
    """A run in the middle of being trained."""

    def __init__(
        self,
        model: AdaptedLlama,
        sequences: Sequences,
        sentinels: Sentinels,
        settings: Settings,
        threads: int = 1,
    ) -> None:
        """Start a new run.

        :param threads: how many sequences are worked on at a time. Each has one thread to itself:
            threads that share one product wait for each other, and on a busy machine they mostly
            wait. The result does not depend on it
        """
        self._pool = ThreadPoolExecutor(threads)
        self.model = model
        self._sequences = sequences
        self._sentinels = sentinels
        self.settings = settings
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        groups = [
            {"params": [model.rows], "multiple": settings.rows_rate},
            {"params": list(model.blocks.parameters()), "multiple": 1.0},
        ]
        # The learning rate is set anew before every step.
        self._optimizer = torch.optim.AdamW(
            groups, lr=0.0, betas=(0.9, 0.95), weight_decay=settings.weight_decay
        )

    def train_step(self) -> Step:
        """Do one step."""
        started = time.monotonic()
        settings, first = self.settings, self.step * self.settings.rows
        batch = [self._sequences.sequence(first + row) for row in range(settings.rows)]
        rows = [weighted(row, self._sentinels, settings.middle_weight) for row in batch]
        total = sum(float(weights[1:].sum()) for _, weights in rows)

        def gradient(row: tuple[Tensor, Tensor]) -> tuple[float, tuple[Tensor, ...]]:
            return self._gradient(row[0], row[1], total)

        losses, gradients = zip(*self._pool.map(gradient, rows), strict=True)
        for name, parameter in enumerate(self.model.parameters()):
            parameter.grad = torch.stack([of_row[name] for of_row in gradients]).sum(dim=0)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.max_gradient_norm)
        rate = settings.schedule.rate(self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["multiple"]
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.step += 1
        self.tokens += sum(len(row.ids) for row in batch)
        self.seconds += time.monotonic() - started
        return Step(self.step, self.tokens, self.seconds, sum(losses), rate)

    def _gradient(
        self, ids: Tensor, weights: Tensor, total: float
    ) -> tuple[float, tuple[Tensor, ...]]:
        """Return one sequence's part of the loss, and of its gradient."""
        loss = self.model.loss(ids[None], weights[None]) / total
        return loss.item(), torch.autograd.grad(loss, list(self.model.parameters()))

    def checkpoint(self) -> Checkpoint:
        """Return all that :meth:`restore` takes to go on."""
        parameters = {name: value.detach() for name, value in self.model.named_parameters()}
        return Checkpoint(
            self.settings,
            self.step,
            self.tokens,
            self.seconds,
            parameters,
            self._optimizer.state_dict(),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from ``checkpoint``, which has this model's shape."""
        self.model.load_state_dict(dict(checkpoint.parameters))
        self._optimizer.load_state_dict(dict(checkpoint.optimizer))
        self.step, self.tokens = checkpoint.step, checkpoint.tokens
        self.seconds = checkpoint.seconds


def run(trainer: Trainer, held_out: HeldOut, folder: Path, pace: Pace) -> Iterator[Step]:
    """Train until the schedule ends, ``pace`` does, or the caller stops asking; yield every step.

    The state is saved every ``checkpoint_seconds`` and when the iteration ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saved = time.monotonic()
    last = trainer.settings.schedule.last_step
    end = None if pace.max_steps is None else trainer.step + pace.max_steps
    if trainer.step == 0:
        _measure(trainer, held_out, folder)
    try:
        while (last is None or trainer.step < last) and (end is None or trainer.step < end):
            done = trainer.train_step()
            checkpoints.note(folder, asdict(done))
            yield done
            if done.step % pace.measure_steps == 0 or done.step == last:
                _measure(trainer, held_out, folder)
            if done.step % pace.keep_steps == 0:
                checkpoints.save(trainer.checkpoint(), folder / f"step-{done.step:06}.pt")
            if time.monotonic() - saved > pace.checkpoint_seconds:
                checkpoints.save(trainer.checkpoint(), folder / checkpoints.LATEST)
                saved = time.monotonic()
    finally:
        checkpoints.save(trainer.checkpoint(), folder / checkpoints.LATEST)


def branch(settings: Settings, step: int, decay_steps: int) -> Settings:
    """Return the settings of a run that goes on from ``step`` with a decay to its end."""
    decay = replace(settings.schedule, decay_from=step, decay_steps=decay_steps)
    return replace(settings, schedule=decay)


def weighted(
    sequence: TrainingSequence, sentinels: Sentinels, middle_weight: float
) -> tuple[Tensor, Tensor]:
    """Return a sequence's ids and how much each counts as a target, both [length].

    The sentinels and what is given count nothing: the model never has to say them.
    """
    ids = torch.tensor(sequence.ids)
    weights = torch.ones(len(ids))
    if sequence.middle is not None:
        weights[sequence.middle :] = middle_weight
    for sentinel in (sentinels.prefix, sentinels.suffix, sentinels.middle):
        weights[ids == sentinel] = 0.0
    for begin, end in sequence.given:
        weights[begin:end] = 0.0
    return ids, weights


def _measure(trainer: Trainer, held_out: HeldOut, folder: Path) -> None:
    figures = held_out.measure(trainer.model)
    checkpoints.note(
        folder,
        {"step": trainer.step, "tokens": trainer.tokens, "held_out": figures.record()},
    )
