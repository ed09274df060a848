"""When a sequence says the same too often."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_lsp.cycles import MAX_PERIOD, MIN_PLAIN_REPEATED, MIN_REPEATED, Cycle, cycle_at_end


def yes(start: int, end: int) -> bool:
    return True


def no(start: int, end: int) -> bool:
    return False


@pytest.mark.parametrize(
    ("items", "cycle"),
    [
        ("x=" + "ab" * 10, Cycle(2, 2)),
        ("x=" + "ab" * 9, None),
        ("a" * 20, Cycle(0, 1)),
        ("abcdefgh" * 3, None),
        ("abcdefgh" * 4, Cycle(0, 8)),
        ("ab" * 20 + "c", None),
        ("", None),
    ],
)
def test_the_end_of_a_sequence(items: str, cycle: Cycle | None) -> None:
    assert cycle_at_end(items, yes) == cycle


def test_what_has_no_letters_may_be_repeated_for_longer() -> None:
    assert cycle_at_end("0," * (MIN_PLAIN_REPEATED // 2 - 1), no) is None
    assert cycle_at_end("0," * (MIN_PLAIN_REPEATED // 2), no) == Cycle(0, 2)


def test_letters_are_looked_for_in_one_stretch() -> None:
    asked: list[tuple[int, int]] = []

    def ask(start: int, end: int) -> bool:
        asked.append((start, end))
        return True

    assert cycle_at_end("xy" + "abc" * 8, ask) == Cycle(2, 3)
    assert asked == [(2, 5)]


@given(
    st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), min_size=1, max_size=9)
)
def test_what_is_repeated_often_is_found(before: list[int], stretch: list[int]) -> None:
    items = before + stretch * 40
    found = cycle_at_end(items, yes)
    assert found is not None
    assert found.start <= len(before)
    assert items[found.start + found.period :] == items[found.start : -found.period]


@given(st.lists(st.integers(0, 2), max_size=80))
def test_a_cycle_is_one(items: list[int]) -> None:
    found = cycle_at_end(items, yes)
    if found is not None:
        assert items[found.start + found.period :] == items[found.start : -found.period]
        assert len(items) - found.start >= max(MIN_REPEATED, 4 * found.period)
        assert found.period <= MAX_PERIOD
