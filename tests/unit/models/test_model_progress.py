from __future__ import annotations

import pytest

from codex_lsp_models.progress import Phase, ProgressEvent, byte_counter


@pytest.mark.parametrize(
    ("done", "total", "percentage"),
    [(0, None, None), (0, 0, None), (0, 3, 0), (1, 3, 33), (3, 3, 100), (4, 3, 100)],
)
def test_percentage(done: int, total: int | None, percentage: int | None) -> None:
    assert ProgressEvent(Phase.CHECK, "", done, total).percentage == percentage


def test_a_byte_counter_sums_up() -> None:
    events: list[ProgressEvent] = []
    advance = byte_counter(events.append, Phase.EXTRACT, "Unpacking", 10)
    advance(4)
    advance(6)
    assert events == [
        ProgressEvent(Phase.EXTRACT, "Unpacking", 4, 10, "bytes"),
        ProgressEvent(Phase.EXTRACT, "Unpacking", 10, 10, "bytes"),
    ]
