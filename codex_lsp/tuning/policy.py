"""From measurements to sizes: pure functions, to be read as the rules they are.

1. The threads are those with the shortest expected time to a first line.
2. Sizes form a ladder: each rung asks for at least as many samples *and* as many tokens as the one
   below, in turns. The highest rung is taken that shows a first line within the latency target,
   can read its whole prompt anew in :data:`COLD_FACTOR` times that, and has room in memory.
3. No machine gets less than :data:`FLOOR`, unless even that takes :data:`HOPELESS_FACTOR` times the
   target: then one sample is drawn.

As every rung is at least as large as those below, a machine that is faster at every size never gets
fewer samples or a smaller prompt; neither does one with a longer target or more memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codex_lsp.model_dir import WEIGHTS_FILE, ModelDescription
from codex_lsp.tuning.measured import Measured, Size, SizePace, ThreadsPace

LADDER = (
    Size(1, 128),
    Size(2, 128),
    Size(2, 256),
    Size(4, 256),
    Size(4, 384),
    Size(4, 512),
    Size(8, 512),
    Size(8, 768),
    Size(8, 1024),
)
"""Samples and tokens grow in turns. Two samples come first: one leaves nothing to rank. Beyond 1024
tokens the text is too far from the cursor to be worth its time."""

FLOOR = LADDER[1]
HOPELESS = LADDER[0]
HOPELESS_FACTOR = 5.0
"""So many targets late, ghost text is late with any size: one sample is the least late."""

COLD_FACTOR = 4.0
"""A prompt is read anew where the user jumps to: that is rare, and read ahead if there is time."""

DEFAULT_TARGET_MS = 400.0
"""How late a first line may come when nobody says otherwise: the pause of somebody who stops typing
to think is longer, that between two keys is not."""

MIN_STATE_BYTES = 150_000_000
"""What the states of all rows may always take. Joining them anew at each step takes half as much
again; with the default model, its weights and the kept prompts, that stays within 600 MB."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """The sizes for this machine, this model and a latency target.

    :ivar threads: CPU threads
    :ivar samples: samples a request
    :ivar max_prefix_tokens: text left of the cursor, in tokens
    :ivar line_ms: the expected time to a first line with these
    """

    threads: int
    samples: int
    max_prefix_tokens: int
    line_ms: float

    def __str__(self) -> str:
        """Say it in a few words."""
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        samples = "1 sample" if self.samples == 1 else f"{self.samples} samples"
        return (
            f"{threads}, {samples}, {self.max_prefix_tokens} tokens of context: "
            f"about {self.line_ms:.0f} ms to a line"
        )


def choose(measured: Measured, target_ms: float, room_tokens: int) -> Tuning:
    """Choose the sizes.

    :param target_ms: how late a first line may come
    :param room_tokens: how many tokens all rows together may hold; see :func:`room_tokens`
    :raises ValueError: nothing was measured
    """
    threads = best_threads(measured.by_threads)
    fitting = [
        step
        for step in measured.by_size
        if step.pace.line_ms <= target_ms
        and step.size.prefix_tokens * measured.cold_ms_per_token <= COLD_FACTOR * target_ms
        and step.size.samples * step.size.prefix_tokens <= room_tokens
    ]
    best = max([*fitting, _floor(measured.by_size, target_ms)], key=lambda step: step.size)
    size = best.size
    return Tuning(threads, size.samples, size.prefix_tokens, best.pace.line_ms)


def _floor(by_size: Sequence[SizePace], target_ms: float) -> SizePace:
    """Return the least that is given."""
    paces = {step.size: step for step in by_size}
    least = min(by_size, key=lambda step: step.size)
    floor = paces.get(FLOOR, least)
    hopeless = floor.pace.line_ms > HOPELESS_FACTOR * target_ms
    return paces.get(HOPELESS, least) if hopeless else floor


def best_threads(by_threads: Sequence[ThreadsPace]) -> int:
    """Return the threads with the shortest time to a first line, the fewest of equals.

    :raises ValueError: nothing was measured
    """
    return min(by_threads, key=lambda step: (step.pace.line_ms, step.threads)).threads


def room_tokens(description: ModelDescription) -> int:
    """Return how many tokens all rows may hold together.

    Their states may take as much memory as the weights: who runs a large model has room for them.
    """
    weights = description.files.get(WEIGHTS_FILE)
    allowed = max(MIN_STATE_BYTES, weights.bytes if weights is not None else 0)
    return allowed // description.state_bytes_per_token
