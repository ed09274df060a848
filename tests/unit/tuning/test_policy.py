from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_lsp.model_dir import FileDigest
from codex_lsp.tuning.measured import LINE_TOKENS, Measured, Pace, Size, SizePace, ThreadsPace
from codex_lsp.tuning.policy import (
    COLD_FACTOR,
    FLOOR,
    HOPELESS_FACTOR,
    LADDER,
    Tuning,
    best_threads,
    choose,
    room_tokens,
)
from tests.unit.fake_engine import description

ROOM = 1_000_000


def measured(line_ms: dict[Size, float], cold: float = 0.001) -> Measured:
    """Measurements whose times to a line are these."""
    return Measured(
        by_threads=(ThreadsPace(1, Pace(10.0, 2.0)),),
        by_size=tuple(
            SizePace(size, Pace(ms / LINE_TOKENS, ms / LINE_TOKENS))
            for size, ms in sorted(line_ms.items())
        ),
        cold_ms_per_token=cold,
        device="cpu",
        compute_type="int8",
    )


def even(ms_per_rung: float, rungs: int = len(LADDER)) -> Measured:
    """Measurements in which each rung takes that much longer than the one below."""
    return measured({size: ms_per_rung * (i + 1) for i, size in enumerate(LADDER[:rungs])})


def size_of(tuning: Tuning) -> Size:
    return Size(tuning.samples, tuning.max_prefix_tokens)


def test_a_line_is_a_first_token_and_steps() -> None:
    assert Pace(50.0, 20.0).line_ms == 50.0 + 9 * 20.0


def test_each_rung_asks_for_no_less_than_the_one_below() -> None:
    for below, above in zip(LADDER, LADDER[1:], strict=False):
        assert above.samples >= below.samples
        assert above.prefix_tokens >= below.prefix_tokens
        assert above != below


def test_the_highest_rung_in_time_is_taken() -> None:
    found = choose(even(100.0), 400.0, ROOM)
    assert found == Tuning(1, LADDER[3].samples, LADDER[3].prefix_tokens, pytest.approx(400.0))
    assert size_of(choose(even(1.0), 400.0, ROOM)) == LADDER[-1]


def test_a_rung_has_to_be_read_anew_in_some_time() -> None:
    limit = COLD_FACTOR * 400.0 / 256
    assert size_of(
        choose(dataclasses.replace(even(1.0), cold_ms_per_token=limit), 400.0, ROOM)
    ) == (Size(4, 256))


def test_a_rung_has_to_have_room() -> None:
    assert size_of(choose(even(1.0), 400.0, 4 * 384)) == Size(4, 384)


def test_a_slow_machine_gets_the_floor_and_a_hopeless_one_a_single_sample() -> None:
    slow = HOPELESS_FACTOR * 400.0 / 2
    assert size_of(choose(even(slow), 400.0, ROOM)) == FLOOR
    assert size_of(choose(even(slow + 1), 400.0, ROOM)) == Size(1, 128)
    assert size_of(choose(even(slow), 400.0, 1)) == FLOOR


def test_what_was_not_measured_is_not_chosen() -> None:
    assert size_of(choose(even(1.0, rungs=1), 400.0, ROOM)) == LADDER[0]
    assert size_of(choose(even(1.0, rungs=3), 400.0, ROOM)) == LADDER[2]


def test_a_rung_that_was_disturbed_does_not_hide_those_above() -> None:
    times = {size: float(i + 1) for i, size in enumerate(LADDER[:4])}
    times[LADDER[2]] = 5000.0
    assert size_of(choose(measured(times), 400.0, ROOM)) == LADDER[3]


def test_the_threads_are_the_fastest_to_a_line_and_the_fewest_of_equals() -> None:
    paces = (
        ThreadsPace(1, Pace(60.0, 20.0)),
        ThreadsPace(2, Pace(10.0, 30.0)),
        ThreadsPace(4, Pace(60.0, 20.0)),
    )
    assert best_threads(paces) == 1
    assert choose(dataclasses.replace(even(1.0), by_threads=paces), 400.0, ROOM).threads == 1
    assert best_threads(paces[1:]) == 4


def test_nothing_measured_is_refused() -> None:
    with pytest.raises(ValueError):
        choose(measured({}), 400.0, ROOM)


def test_states_may_take_as_much_memory_as_the_weights() -> None:
    small = dataclasses.replace(description(), state_bytes_per_token=100_000)
    assert room_tokens(small) == 1500
    weights = FileDigest(3_000_000_000, "0" * 64)
    large = dataclasses.replace(small, files={"model.bin": weights})
    assert room_tokens(large) == 30_000


times = st.lists(st.floats(0.1, 5000.0), min_size=len(LADDER), max_size=len(LADDER)).map(
    lambda values: dict(zip(LADDER, values, strict=True))
)
cold_times = st.floats(0.001, 20.0)
targets = st.floats(10.0, 5000.0)
rooms = st.integers(1, 20_000)


@given(times, cold_times, targets, rooms, st.floats(1.0, 10.0), st.integers(0, len(LADDER) - 1))
def test_a_faster_machine_never_gets_less(
    line_ms: dict[Size, float],
    cold: float,
    target: float,
    room: int,
    factor: float,
    faster_rung: int,
) -> None:
    slow = choose(measured(line_ms, cold), target, room)
    one_faster = {**line_ms, LADDER[faster_rung]: line_ms[LADDER[faster_rung]] / factor}
    all_faster = {size: ms / factor for size, ms in line_ms.items()}
    for fast in (
        choose(measured(one_faster, cold), target, room),
        choose(measured(all_faster, cold / factor), target, room),
    ):
        assert fast.samples >= slow.samples
        assert fast.max_prefix_tokens >= slow.max_prefix_tokens


@given(times, cold_times, targets, rooms, st.floats(1.0, 10.0), st.integers(0, 10_000))
def test_more_patience_or_memory_never_gives_less(
    line_ms: dict[Size, float],
    cold: float,
    target: float,
    room: int,
    factor: float,
    more_room: int,
) -> None:
    found = measured(line_ms, cold)
    small = choose(found, target, room)
    for large in (choose(found, target * factor, room), choose(found, target, room + more_room)):
        assert large.samples >= small.samples
        assert large.max_prefix_tokens >= small.max_prefix_tokens


@given(times, cold_times, targets, rooms)
def test_what_is_chosen_is_a_rung_and_in_time_unless_it_is_the_least(
    line_ms: dict[Size, float], cold: float, target: float, room: int
) -> None:
    found = choose(measured(line_ms, cold), target, room)
    assert size_of(found) in LADDER
    assert found.line_ms == pytest.approx(line_ms[size_of(found)])
    if size_of(found) not in (LADDER[0], FLOOR):
        assert found.line_ms <= target * (1 + 1e-9)
        assert found.samples * found.max_prefix_tokens <= room
