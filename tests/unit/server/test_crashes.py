from __future__ import annotations

import pytest

from codex_lsp_server.crashes import Restarts, how_it_ended


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "The engine's process has ended with exit code 0"),
        (3, "The engine's process has ended with exit code 3"),
        (0xC0000005, "The engine's process has ended with exit code 0xC0000005"),
        (
            -9,
            "The engine's process was ended by signal 9 (SIGKILL), "
            "which happens when memory runs out",
        ),
        (-11, "The engine's process was ended by signal 11 (SIGSEGV)"),
        (-250, "The engine's process was ended by signal 250"),
    ],
)
def test_how_it_ended(code: int, text: str) -> None:
    assert how_it_ended(code) == text


def test_the_fourth_crash_in_five_minutes_is_one_too_many() -> None:
    restarts = Restarts()
    assert [restarts.delay(now) for now in (0.0, 10.0, 20.0, 30.0)] == [0.0, 1.0, 5.0, None]
    assert restarts.count == 3


def test_crashes_are_forgotten_after_five_minutes() -> None:
    restarts = Restarts()
    delays = [restarts.delay(now) for now in (0.0, 100.0, 200.0, 301.0, 702.0)]
    assert delays == [0.0, 1.0, 5.0, 5.0, 0.0]


def test_the_user_may_have_it_tried_anew() -> None:
    restarts = Restarts()
    for now in range(4):
        restarts.delay(float(now))
    restarts.forget()
    assert restarts.delay(5.0) == 0.0
