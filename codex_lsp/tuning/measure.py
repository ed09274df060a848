"""Measures how fast the engine is here: the product's own engine, at the sizes of the policy.

Against noise: something else that runs only ever adds time. So every size is visited several times,
in rounds of alternating order, and what counts is the *fastest* visit: its first token, and the
lower quartile of its steps. A machine that is busy all the while is still measured as a slow one:
how busy it was is recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from codex_lsp.engine.base import Cancellation, Engine
from codex_lsp.options import MAX_THREADS
from codex_lsp.sampling import SamplingParams
from codex_lsp.tuning.measured import Measured, Pace, Size, SizePace, ThreadsPace
from codex_lsp.tuning.policy import LADDER, best_threads
from codex_lsp.types import Prompt

THREADS_SIZE = LADDER[2]
"""The size that thread counts are compared at: what a small machine ends up with, or nearly."""

TYPED_TOKENS = 8
"""New tokens behind the kept prompt in each request: a word or two typed since the one before."""

STEPS = 5
"""Tokens decoded in each visit; the first one is the first token, the others are steps."""

REACH_MS = 2000.0
"""Sizes above one that takes longer than this for a first line are not measured: nobody waits so
long for ghost text, whatever the latency target is set to."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How thoroughly to measure.

    :ivar thread_rounds: how often each number of threads has its turn
    :ivar size_rounds: how often each size is visited
    :ivar seconds: no further round is begun after this; the first one of each kind always is
    """

    thread_rounds: int
    size_rounds: int
    seconds: float


QUICK = Plan(thread_rounds=2, size_rounds=3, seconds=10.0)
THOROUGH = Plan(thread_rounds=4, size_rounds=9, seconds=45.0)

OpenEngine = Callable[[int], Engine]
"""Loads the model for a number of threads."""

Report = Callable[[str, float], None]
"""Told what is measured now, and how much of the whole is done (0 to 1, a guess)."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured.

    :ivar threads: the numbers of threads to compare; one is not compared
    :ivar room_tokens: tokens that all rows may hold; larger sizes are left out
    """

    open_engine: OpenEngine
    threads: tuple[int, ...]
    device: str
    compute_type: str
    room_tokens: int


def thread_counts(cores: int) -> tuple[int, ...]:
    """Return the numbers of threads worth comparing: at most four, up to the physical cores.

    >>> thread_counts(2), thread_counts(16)
    ((1, 2), (1, 2, 8, 16))
    """
    cores = max(1, min(cores, MAX_THREADS))
    return tuple(sorted({1, min(2, cores), max(1, cores // 2), cores}))


def busy_share() -> float:
    """Return how much of all cores is in use, 0 to 1, while this process waits for a moment."""
    return float(psutil.cpu_percent(interval=0.3)) / 100


def calibrate(
    subject: Subject,
    plan: Plan,
    report: Report = lambda what, done: None,
    clock: Callable[[], float] = time.perf_counter,
    busy: Callable[[], float] = busy_share,
) -> Measured:
    """Measure; takes about ``plan.seconds``, more where a single visit of each size does.

    :param clock: seconds; replaced in tests
    :param busy: says how much of the machine others use, 0 to 1; replaced in tests
    :raises CodexLspError: the model cannot be loaded or run
    """
    started = clock()
    used = busy()
    deadline = started + plan.seconds
    by_threads, cold = _compare_threads(subject, plan, deadline, report, clock)
    engine = subject.open_engine(best_threads(by_threads))
    try:
        visits = _Visits(engine, clock)
        _climb(visits, subject.room_tokens, report)
        _revisit(visits, plan, deadline, report, clock)
    finally:
        engine.close()
    return Measured(
        by_threads=by_threads,
        by_size=tuple(SizePace(size, visits.pace(size)) for size in sorted(visits.seen)),
        cold_ms_per_token=min(visits.cold or cold),
        device=subject.device,
        compute_type=subject.compute_type,
        busy=round(used, 2),
        seconds=round(clock() - started, 1),
    )


def _compare_threads(
    subject: Subject,
    plan: Plan,
    deadline: float,
    report: Report,
    clock: Callable[[], float],
) -> tuple[tuple[ThreadsPace, ...], list[float]]:
    """Return the pace of each number of threads at :data:`THREADS_SIZE`, and cold paces.

    One engine is loaded at a time: several of a large model might not fit into memory.
    """
    seen: dict[int, list[Pace]] = {threads: [] for threads in subject.threads}
    cold: list[float] = []
    for number in range(plan.thread_rounds):
        if number and clock() > deadline - plan.seconds / 2:
            break
        order = subject.threads if number % 2 == 0 else subject.threads[::-1]
        for turn, threads in enumerate(order):
            done = (number + turn / len(order)) / plan.thread_rounds
            report(f"comparing threads: {threads}", 0.4 * done)
            engine = subject.open_engine(threads)
            try:
                visits = _Visits(engine, clock)
                for _ in range(2):
                    visits.visit(THREADS_SIZE)
            finally:
                engine.close()
            seen[threads].extend(visits.seen[THREADS_SIZE])
            cold.extend(visits.cold)
    return tuple(ThreadsPace(threads, _fastest(paces)) for threads, paces in seen.items()), cold


def _climb(visits: _Visits, room_tokens: int, report: Report) -> None:
    """Visit the sizes from the smallest up, as far as they are within reach."""
    for rung, size in enumerate(LADDER):
        if rung and size.samples * size.prefix_tokens > room_tokens:
            return
        report(_told(size), 0.4 + 0.2 * rung / len(LADDER))
        if visits.visit(size).line_ms > REACH_MS:
            return


def _revisit(
    visits: _Visits, plan: Plan, deadline: float, report: Report, clock: Callable[[], float]
) -> None:
    """Visit the sizes that are within reach again, in alternating order, while there is time."""
    sizes = sorted(visits.seen)
    for number in range(1, plan.size_rounds):
        for turn, size in enumerate(reversed(sizes) if number % 2 else sizes):
            if clock() > deadline:
                return
            done = (number - 1 + turn / len(sizes)) / max(1, plan.size_rounds - 1)
            report(_told(size), 0.6 + 0.4 * done)
            visits.visit(size)


def _told(size: Size) -> str:
    return f"{size.samples} × {size.prefix_tokens} tokens"


class _Visits:
    """Runs requests on one engine and keeps what they took.

    :ivar seen: the paces by size
    :ivar cold: milliseconds a token of prompts read from their beginning
    """

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = _some_code(engine, max(size.prefix_tokens for size in LADDER))
        self._typed = 0
        self.seen: dict[Size, list[Pace]] = {}
        self.cold: list[float] = []

    def visit(self, size: Size) -> Pace:
        """Measure ``size`` once, with the beginning of its prompt kept."""
        first, steps, kept = self._request(size.prefix_tokens, size.samples)
        if not kept:
            # The tail is read in the same pass as the beginning.
            self.cold.append(first / (size.prefix_tokens + TYPED_TOKENS))
            first, steps, _ = self._request(size.prefix_tokens, size.samples)
        pace = Pace(first, _lower_quartile(steps) if steps else first)
        self.seen.setdefault(size, []).append(pace)
        return pace

    def pace(self, size: Size) -> Pace:
        """Return the fastest of what was seen at ``size``."""
        return _fastest(self.seen[size])

    def _request(self, prefix_tokens: int, samples: int) -> tuple[float, list[float], bool]:
        """Return the first token's and the steps' milliseconds, and if the beginning was kept."""
        # Another tail each time: nothing may be kept of the request before but its anchor.
        self._typed = (self._typed + 1) % 64
        tail = prefix_tokens + self._typed
        prompt = Prompt(self._ids[:prefix_tokens], self._ids[tail : tail + TYPED_TOKENS])
        sink = _Stopwatch(self._clock)
        started = self._clock()
        generation = self._engine.generate(
            prompt, SamplingParams(n=samples), sink, Cancellation(), STEPS
        )
        times = sink.times or [self._clock()]
        steps = [(b - a) * 1000 for a, b in zip(times, times[1:], strict=False)]
        return (times[0] - started) * 1000, steps, generation.kept > 0


@dataclass(slots=True)
class _Stopwatch:
    """A :class:`~codex_lsp.engine.base.TokenSink` that notes when the first row grew."""

    clock: Callable[[], float]
    times: list[float] = field(default_factory=list)

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        if row == 0:
            self.times.append(self.clock())
        return False


def _fastest(paces: Sequence[Pace]) -> Pace:
    return Pace(
        round(min(pace.first_ms for pace in paces), 2),
        round(min(pace.step_ms for pace in paces), 2),
    )


def _lower_quartile(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 4]


def _some_code(engine: Engine, tokens: int) -> tuple[int, ...]:
    """Return the ids of so much code, and some more for the tails: this file, over and over."""
    text = Path(__file__).read_text(encoding="utf-8")
    ids = engine.tokenizer.encode(text)
    needed = tokens + 64 + TYPED_TOKENS
    return (ids * (needed // len(ids) + 1))[:needed]
