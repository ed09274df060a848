"""When a request waits for the next key, and when the user has paused."""

from __future__ import annotations

import pytest

from codex_lsp_server.pace import LONGEST_DELAY_S, Latency, Rhythm, delay_s, is_key, pause_s


@pytest.mark.parametrize(
    ("interval", "latency", "since", "delay"),
    [
        # The next key comes at 120 ms, the answer at 350: wait, half an interval longer.
        (0.12, 0.3, 0.05, 0.13),
        # The client has waited itself.
        (0.12, 0.3, 0.12, 0.06),
        # The answer comes first.
        (0.4, 0.3, 0.05, 0.0),
        # The key is overdue: the user has paused.
        (0.12, 0.3, 0.18, 0.0),
        (0.12, 0.3, float("inf"), 0.0),
        # Never long.
        (0.2, 2.0, 0.0, LONGEST_DELAY_S),
        # Nothing is known yet.
        (None, 0.3, 0.05, 0.0),
        (0.12, None, 0.05, 0.0),
    ],
)
def test_a_request_waits_only_for_a_key_that_comes_before_its_answer(
    interval: float | None, latency: float | None, since: float, delay: float
) -> None:
    assert delay_s(interval, latency, since) == delay


def test_the_rhythm_follows_the_keys_and_leaves_pauses_out() -> None:
    rhythm = Rhythm()
    assert (rhythm.interval_s, rhythm.since_key_s(5.0)) == (None, float("inf"))
    for now in (10.0, 10.2, 20.0, 20.2):
        rhythm.key(now)
    assert rhythm.interval_s == pytest.approx(0.2)
    rhythm.key(20.3)
    assert rhythm.interval_s == pytest.approx(0.18)
    assert rhythm.since_key_s(20.5) == pytest.approx(0.2)


def test_a_warm_start_is_expected_once_there_was_one() -> None:
    latency = Latency()
    assert latency.expected_s is None
    latency.add(1.0, warm=False)
    assert latency.expected_s == 1.0
    latency.add(0.2, warm=True)
    latency.add(1.0, warm=False)
    assert latency.expected_s == pytest.approx(0.2)


def test_a_pause_is_some_times_the_usual_interval() -> None:
    assert pause_s(None, 3.0, 0.4) == 0.4
    assert pause_s(0.1, 3.0, 0.4) == 0.4
    assert pause_s(0.2, 3.0, 0.4) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("inserted", "key"),
    [("a", True), ("()", True), ("\n        ", True), ("", True), ("pasted text", False)],
)
def test_what_looks_like_one_key(inserted: str, key: bool) -> None:
    assert is_key(inserted) is key
