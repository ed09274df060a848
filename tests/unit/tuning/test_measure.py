from __future__ import annotations

import pytest

from codex_lsp.tuning.measure import REACH_MS, Plan, Subject, calibrate, thread_counts
from codex_lsp.tuning.measured import Measured, Pace, Size, SizePace, ThreadsPace
from codex_lsp.tuning.policy import LADDER
from tests.unit.tuning.paced_engine import COLD_MS_PER_TOKEN, Clock, PacedEngine

PLAN = Plan(thread_rounds=2, size_rounds=3, seconds=1000.0)


class Bench:
    """Engines whose pace the test sets by threads, and all that were opened."""

    def __init__(self, noise_ms: dict[int, float] | None = None) -> None:
        self.clock = Clock()
        self.opened: list[tuple[int, PacedEngine]] = []
        self.noise_ms = noise_ms or {}
        self._calls = 0

    def open(self, threads: int) -> PacedEngine:
        def pace(size: Size) -> Pace:
            noise = self.noise_ms.get(self._calls, 0.0)
            self._calls += 1
            return Pace(
                10.0 * threads + size.samples + size.prefix_tokens / 128 + noise,
                float(size.samples),
            )

        engine = PacedEngine(self.clock, pace)
        self.opened.append((threads, engine))
        return engine

    def measure(self, plan: Plan = PLAN, room: int = 10_000) -> Measured:
        subject = Subject(self.open, (1, 2), "cpu", "int8", room)
        return calibrate(subject, plan, clock=self.clock, busy=lambda: 0.75)


def test_paces_are_those_of_the_engine() -> None:
    bench = Bench()
    found = bench.measure()
    assert found.by_threads == (
        ThreadsPace(1, Pace(14.0, 2.0)),
        ThreadsPace(2, Pace(24.0, 2.0)),
    )
    assert found.by_size == tuple(
        SizePace(size, Pace(10.0 + size.samples + size.prefix_tokens / 128, size.samples))
        for size in LADDER
    )
    assert found.cold_ms_per_token == pytest.approx(COLD_MS_PER_TOKEN)
    assert (found.device, found.compute_type, found.busy) == ("cpu", "int8", 0.75)


def test_one_engine_is_open_at_a_time_and_all_are_closed() -> None:
    bench = Bench()
    bench.measure()
    # The rounds alternate; the best number of threads is what the sizes are measured with.
    assert [threads for threads, _ in bench.opened] == [1, 2, 2, 1, 1]
    assert all(engine.closed for _, engine in bench.opened)


def test_sizes_are_visited_up_and_down_in_turn() -> None:
    bench = Bench()
    bench.measure()
    rungs = list(LADDER)
    assert bench.opened[-1][1].visits == rungs + rungs[::-1] + rungs


def test_a_disturbed_visit_does_not_count() -> None:
    quiet = Bench().measure()
    disturbed = Bench(noise_ms={1: 5000.0, 20: 5000.0, 41: 5000.0}).measure()
    assert disturbed.by_threads == quiet.by_threads
    assert disturbed.by_size == quiet.by_size


def test_sizes_beyond_the_memory_are_left_out() -> None:
    found = Bench().measure(room=1024)
    assert [step.size for step in found.by_size] == [
        Size(1, 128),
        Size(2, 128),
        Size(2, 256),
        Size(4, 256),
    ]


def test_the_smallest_size_is_measured_whatever_the_memory() -> None:
    assert [step.size for step in Bench().measure(room=1).by_size] == [Size(1, 128)]


def test_sizes_beyond_reach_are_left_out() -> None:
    bench = Bench()
    bench.noise_ms = dict.fromkeys(range(1000), REACH_MS)
    found = bench.measure()
    assert [step.size for step in found.by_size] == [LADDER[0]]


def test_no_round_is_begun_after_the_time_is_up() -> None:
    bench = Bench()
    found = bench.measure(Plan(thread_rounds=5, size_rounds=50, seconds=0.5))
    assert [threads for threads, _ in bench.opened] == [1, 2, 1]
    # Everything was seen once all the same.
    assert [step.size for step in found.by_size] == list(LADDER)
    assert bench.opened[-1][1].visits == list(LADDER)


@pytest.mark.parametrize(
    ("cores", "counts"),
    [
        (0, (1,)),
        (1, (1,)),
        (2, (1, 2)),
        (4, (1, 2, 4)),
        (6, (1, 2, 3, 6)),
        (64, (1, 2, 32, 64)),
        (300, (1, 2, 128, 256)),
    ],
)
def test_thread_counts(cores: int, counts: tuple[int, ...]) -> None:
    assert thread_counts(cores) == counts


def test_progress_only_grows() -> None:
    bench = Bench()
    told: list[float] = []
    subject = Subject(bench.open, (1, 2), "cpu", "int8", 10_000)
    calibrate(subject, PLAN, lambda what, done: told.append(done), bench.clock, lambda: 0.0)
    assert told == sorted(told)
    assert told[0] == 0.0
    assert 0.9 < told[-1] <= 1.0
