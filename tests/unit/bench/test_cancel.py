"""A cancellation is counted from the flag to the engine's return, in ms and in steps."""

from __future__ import annotations

import time

from codex_lsp.bench import cancel
from codex_lsp.bench.cancel import Stop, cancel_table
from codex_lsp.engine.base import Cancellation, Generation, TokenSink
from codex_lsp.errors import GenerationCancelled
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Prompt, Timing


class PoliteEngine:
    """Looks at the flag before each step. Every second generation goes on until it is stopped."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.stopped = 0

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        endless = len(self.steps) % 2 == 1
        self.steps.append(0)
        while endless or self.steps[-1] < max_tokens:
            time.sleep(0.001)
            if cancellation.cancelled:
                self.stopped += 1
                raise GenerationCancelled
            self.steps[-1] += 1
            for row in range(params.n):
                sink.feed(row, 1, -1.0)
        return Generation(Timing())


def test_generations_are_stopped_on_their_way() -> None:
    engine = PoliteEngine()
    ids = tuple(range(200))
    stops = list(cancel.measure(engine, ids, (1, 2), 6, 64, seed=1))  # type: ignore[arg-type]
    assert [stop.rows for stop in stops] == [1, 2] * 6
    assert engine.stopped == 12
    # The other half was run to its end, to know how long that takes.
    assert engine.steps[::2] == [cancel.MAX_TOKENS] * 12
    assert all(stop.idle_ms >= 0 and stop.step_ms > 0 for stop in stops)


def test_the_phase_is_what_the_engine_was_at() -> None:
    usual = [0.0, 0.02, 0.04]
    assert cancel._stop(1, 1.0, 1.5, [], usual) == Stop(1, "prefill", 500.0, 20.0)
    assert cancel._stop(1, 1.0, 1.5, [0.9], usual) == Stop(1, "decode", 500.0, 20.0)
    assert cancel._stop(1, 1.0, 1.5, [1.2], usual).phase == "prefill"


def test_the_table_counts_in_steps_of_the_generations_own() -> None:
    stops = [Stop(4, "decode", 10.0, 20.0), Stop(4, "decode", 30.0, 20.0)]
    assert cancel_table(stops).rows == (("n=4, while decoding", "2", "20", "29", "1.00", "1.45"),)
