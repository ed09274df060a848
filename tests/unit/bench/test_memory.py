"""Flat is what does not grow in the second half."""

from __future__ import annotations

import pytest

from codex_lsp.bench.memory import Reading, memory_table, slope_mb


def test_growth_is_that_of_the_second_half() -> None:
    filling = [Reading(count, 300 + count / 10, None, None) for count in range(0, 500, 100)]
    flat = [Reading(count, 400, None, None) for count in range(500, 1001, 100)]
    assert slope_mb(filling + flat) == 0
    growing = [Reading(count, count / 100, None, None) for count in range(0, 1001, 100)]
    assert slope_mb(growing) == pytest.approx(10)


def test_one_reading_does_not_grow() -> None:
    assert slope_mb([Reading(5, 300, None, None)]) == 0


def test_the_table_has_start_end_and_peak() -> None:
    readings = [
        Reading(0, 200, 0.0, 0),
        Reading(10, 250, 90.0, 0),
        Reading(50, 420, 240.0, 1),
        Reading(100, 300, 20.0, 2),
    ]
    assert memory_table(readings).rows[:5] == (
        ("after 0 requests", "200", "0", "0"),
        ("after 10 requests", "250", "90", "0"),
        ("after 50 requests", "420", "240", "1"),
        ("after 100 requests", "300", "20", "2"),
        ("peak, after 50", "420", "240", "1"),
    )
