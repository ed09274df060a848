"""How long after a cancellation the engine is idle again.

The flag is raised at a random moment, as a key may be pressed at any. While a prompt is being read
nothing can be stopped (the engine looks at the flag between two tokens), so these moments are
measured apart from those while tokens are decoded.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codex_lsp.bench.metrics import median, percentile
from codex_lsp.bench.tables import Table, ms
from codex_lsp.engine.base import Cancellation, Engine
from codex_lsp.errors import GenerationCancelled
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Prompt

MAX_TOKENS = 24


@dataclass(frozen=True, slots=True)
class Stop:
    """One cancellation.

    :ivar phase: ``decode`` or ``prefill``: what the engine did when the flag was raised
    :ivar idle_ms: from then until the engine had come back
    :ivar step_ms: the median decoding step of the same prompt, run to its end just before
    """

    rows: int
    phase: str
    idle_ms: float
    step_ms: float


class _Steps:
    """Takes tokens, and remembers when each step came."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        if row == 0:
            self.times.append(time.perf_counter())
        return False


def measure(
    engine: Engine, ids: Sequence[int], rows: Sequence[int], count: int, context: int, seed: int
) -> Iterator[Stop]:
    """Cancel ``count`` generations for each number of rows, the rows taking turns.

    :param context: tokens of the prompt; its state is kept, so most moments fall into decoding
    """
    draw = random.Random(seed)
    anchor = tuple(ids[:context])
    for index in range(count):
        for n in rows:
            tail = tuple(ids[context + index : context + index + 8])
            stop = _one(engine, Prompt(anchor, tail), n, draw.uniform(0.0, 1.0))
            if stop is not None:
                yield stop


def _one(engine: Engine, prompt: Prompt, n: int, share: float) -> Stop | None:
    """Let one generation run, then one of the same prompt up to ``share`` of that time."""
    params = SamplingParams(n=n)
    whole = _Steps()
    started = time.perf_counter()
    engine.generate(prompt, params, whole, Cancellation(), MAX_TOKENS)
    length = time.perf_counter() - started
    steps, flag, begun = _Steps(), Cancellation(), threading.Event()
    raised: list[float] = []

    def raise_flag() -> None:
        begun.wait()
        time.sleep(share * length)
        raised.append(time.perf_counter())
        flag.cancel()

    thread = threading.Thread(target=raise_flag, name="bench-cancel")
    thread.start()
    begun.set()
    cancelled = False
    try:
        engine.generate(prompt, params, steps, flag, MAX_TOKENS)
    except GenerationCancelled:
        cancelled = True
    idle = time.perf_counter()
    thread.join()
    # Past its end there was nothing to stop.
    return _stop(n, raised[0], idle, steps.times, whole.times) if cancelled else None


def _stop(
    n: int, raised: float, idle: float, times: Sequence[float], usual: Sequence[float]
) -> Stop:
    gaps = [later - earlier for earlier, later in zip(usual, usual[1:], strict=False)]
    decoding = bool(times) and times[0] <= raised
    step = median(gaps) * 1000
    return Stop(n, "decode" if decoding else "prefill", (idle - raised) * 1000, step)


def cancel_table(stops: Sequence[Stop]) -> Table:
    """Return how long it took, in ms and in steps of the generation's own length."""
    rows = []
    for n, phase in sorted({(item.rows, item.phase) for item in stops}):
        group = [item for item in stops if (item.rows, item.phase) == (n, phase)]
        took = [item.idle_ms for item in group]
        steps = [item.idle_ms / item.step_ms for item in group if item.step_ms > 0]
        rows.append(
            (
                f"n={n}, while {'decoding' if phase == 'decode' else 'reading the prompt'}",
                str(len(group)),
                ms(percentile(took, 50)),
                ms(percentile(took, 95)),
                f"{percentile(steps, 50):.2f}",
                f"{percentile(steps, 95):.2f}",
            )
        )
    header = ("cancelled", "times", "ms: median", "ms: 95 %", "steps: median", "steps: 95 %")
    return Table("cancel", "From cancelling to idle", header, tuple(rows))
