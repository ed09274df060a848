"""An engine that takes exactly as long as the test says, on a clock of its own."""

from __future__ import annotations

from collections.abc import Callable

from codex_lsp.engine.base import Cancellation, Generation, TokenSink
from codex_lsp.sampling import SamplingParams
from codex_lsp.tuning.measured import Pace, Size
from codex_lsp.types import Prompt, Timing
from tests.unit.fake_engine import byte_tokenizer

COLD_MS_PER_TOKEN = 2.0


class Clock:
    """Time passes only where something takes some."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_ms(self, milliseconds: float) -> None:
        self.now += milliseconds / 1000


class PacedEngine:
    """Takes ``pace(size)``; a prompt whose beginning is new is read at 2 ms a token.

    :ivar visits: the sizes asked for, in order, those that were read from the beginning left out
    """

    def __init__(self, clock: Clock, pace: Callable[[Size], Pace]) -> None:
        self.tokenizer = byte_tokenizer()
        self.visits: list[Size] = []
        self.closed = False
        self._clock = clock
        self._pace = pace
        self._kept: set[tuple[int, ...]] = set()

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        assert not self.closed
        kept = prompt.anchor_ids in self._kept
        self._kept.add(prompt.anchor_ids)
        size = Size(params.rows, len(prompt.anchor_ids))
        pace = self._pace(size)
        if kept:
            self.visits.append(size)
        self._clock.pass_ms(pace.first_ms if kept else COLD_MS_PER_TOKEN * len(prompt.ids))
        for step in range(max_tokens):
            if step:
                self._clock.pass_ms(pace.step_ms)
            for row in range(params.rows):
                sink.feed(row, 65, -1.0)
        return Generation(Timing(), len(prompt.anchor_ids) if kept else 0)

    def close(self) -> None:
        self.closed = True
