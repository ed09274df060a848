"""The learning rate over the steps: warm-up, a stable phase without a planned end, and a decay.

Warmup-stable-decay (Hu et al. 2024, MiniCPM, arXiv 2404.06395): a run goes on for as long as there
is time, and any of its checkpoints becomes a model to use by a short decay branched off from it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the rate changes.

    :ivar peak: the learning rate of the stable phase
    :ivar decay_from: the step at which the decay begins; None for no decay
    :ivar decay_steps: how many steps it takes to nought
    """

    peak: float = 1e-3
    warmup_steps: int = 20
    decay_from: int | None = None
    decay_steps: int = 0

    def rate(self, step: int) -> float:
        """Return the learning rate of ``step``, from 0."""
        rate = self.peak * min(1.0, (step + 1) / self.warmup_steps)
        if self.decay_from is None or step < self.decay_from:
            return rate
        left = 1 - (step + 1 - self.decay_from) / (self.decay_steps + 1)
        return rate * max(0.0, left)

    @property
    def last_step(self) -> int | None:
        """The step behind the decay; None for a run without an end."""
        return None if self.decay_from is None else self.decay_from + self.decay_steps
