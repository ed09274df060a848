"""Best-of-n against greedy and one sample, on figures that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from codex_lsp.evals.checked_runs import Run
from codex_lsp.evals.gain import Latency, gain_tables, latency
from codex_lsp.evals.plots import plots
from codex_lsp.evals.samples import Checked
from codex_lsp.evals.scores import SampleScore, Scores
from codex_lsp.evals.tables import best_temperature_tables
from tests.unit.evals.runs import FACTS, checked


def made(
    name: str,
    temperature: float,
    batch: int,
    samples: Sequence[tuple[str, bool, float, float | None]],
    scores: Mapping[str, Scores] | None = None,
    **facts: Any,
) -> Run:
    """Make a run of (problem, passed, mean, ms of the batch), the batches one after the other."""
    counts: dict[str, int] = {}
    items: list[Checked] = []
    for task_id, passed, mean, ms in samples:
        index = counts[task_id] = counts.get(task_id, -1) + 1
        item = checked(passed, mean, task_id=task_id)
        one = replace(item.sample, index=index, batch=index // batch, batch_ms=ms)
        items.append(replace(item, sample=one))
    settings = {"temperature": temperature, "batch": batch, "n": max(counts.values()) + 1}
    return Run(name, {**FACTS, "settings": settings, **facts}, items, scores or {})


GREEDY = made("g", 0.0, 1, [("a", True, -1.0, 1000.0), ("b", False, -1.0, 3000.0)])
SAMPLED = [
    ("a", False, -0.2, 4000.0),
    ("a", True, -0.1, 4000.0),
    ("b", False, -0.1, 6000.0),
    ("b", True, -0.9, 6000.0),
]


def cells(run: Run, *others: Run) -> dict[str, tuple[str, ...]]:
    (table,) = gain_tables([*others, run])
    return {f"{row[0]}: {row[1]}": row[2:] for row in table.rows}


def test_gains_and_latency_stand_side_by_side() -> None:
    found = cells(made("t", 0.4, 2, SAMPLED), GREEDY)
    assert list(found) == [
        "g: greedy",
        "t: one sample",
        "t: best by oracle",
        "t: best by mean log-probability",
        "t: best by summed log-probability",
        "t: best by consensus",
    ]
    assert found["g: greedy"] == ("1", "50.00 (0.00 to 100.00)", "", "", "2.00", "2.80", "1.00")
    # Nobody drew one sample alone: there is no latency.
    assert found["t: one sample"][:2] == ("1", "50.00 (50.00 to 50.00)")
    assert found["t: one sample"][4:] == ("", "", "")
    assert found["t: best by mean log-probability"] == (
        "2",
        "50.00 (0.00 to 100.00)",
        "0.00 (0.00 to 0.00)",
        "0.00 (-50.00 to 50.00)",
        "5.00",
        "5.80",
        "2.50",
    )
    assert found["t: best by oracle"][1] == "100.00 (100.00 to 100.00)"
    assert found["t: best by oracle"][4:] == ("", "", "")


def test_asking_the_model_for_scores_takes_its_time() -> None:
    scores = {
        (task, index): SampleScore(task, index, float(index), 250.0)
        for task in "ab"
        for index in (0, 1)
    }
    found = cells(made("t", 0.4, 2, SAMPLED, {"back-translation": scores}), GREEDY)
    # The second sample of each passes: it is the better one.
    assert found["t: best by back-translation"] == (
        "2",
        "100.00 (100.00 to 100.00)",
        "50.00 (0.00 to 100.00)",
        "50.00 (50.00 to 50.00)",
        "5.50",
        "6.30",
        "2.75",
    )


def test_one_sample_that_was_drawn_alone_has_a_latency() -> None:
    alone = made("one", 0.4, 1, [("a", True, -1.0, 500.0), ("b", True, -1.0, 700.0)])
    assert cells(alone, GREEDY)["one: one sample"][4:] == ("0.60", "0.68", "0.30")


def test_batches_of_another_size_do_not_count() -> None:
    run = made("t", 0.4, 2, [("a", True, -1.0, 900.0), ("a", True, -1.0, 900.0),
                             ("a", True, -1.0, 100.0)])  # fmt: skip
    assert latency(run, 2) == Latency(0.9, 0.9)
    assert latency(run, 1) == Latency(0.1, 0.1)
    assert latency(run, 3) is None


def test_a_batch_is_as_large_as_it_was_drawn_whatever_is_checked_of_it() -> None:
    run = made("t", 0.4, 4, [("a", True, -1.0, 900.0)] * 4)
    part = replace(run, checked=run.checked[:1])
    assert latency(part, 1) is None
    assert latency(part, 4) == Latency(0.9, 0.9)


def test_runs_of_before_times_were_taken_down_have_none() -> None:
    assert latency(made("t", 0.4, 1, [("a", True, -1.0, None)]), 1) is None


def test_only_runs_of_the_same_problems_and_model_are_compared() -> None:
    other = made("o", 0.4, 2, SAMPLED, problems_sha256="1")
    tables = gain_tables([GREEDY, made("t", 0.4, 2, SAMPLED), other])
    assert [table.title for table in tables] == [
        "Gain and latency: m on humaneval",
        "Gain and latency: m on humaneval, as o",
    ]
    # Without a greedy run there is no gain over it.
    assert [row[4] for row in tables[1].rows] == [""] * 5


def test_what_has_a_latency_is_drawn() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib (extra `eval`) is not installed")
    found = {plot.name: plot for plot in plots([GREEDY, made("t", 0.4, 2, SAMPLED)])}
    assert found["gain-0"].title == "Gain and latency: m on humaneval"
    assert "gain-0" not in {plot.name for plot in plots([GREEDY])}


def test_a_sweep_has_a_best_temperature_for_each_k_among_its_like() -> None:
    cold = made("c", 0.2, 2, [("a", True, -1.0, None), ("a", False, -1.0, None)])
    hot = made("h", 0.8, 2, [("a", True, -1.0, None), ("a", True, -1.0, None)])
    other = made("o", 0.8, 2, SAMPLED, problems_sha256="1")
    (table,) = best_temperature_tables([cold, hot, other])
    assert table.title == "Best temperature: m on humaneval"
    assert table.rows == (("1", "0.8", "100.00"), ("2", "0.2", "100.00"))
    assert best_temperature_tables([cold]) == []


def test_a_run_of_fewer_problems_is_no_match_for_a_whole_one() -> None:
    whole = made("whole", 0.4, 2, SAMPLED)
    part = made("part", 0.8, 2, [("a", True, -1.0, None), ("a", True, -1.0, None)])
    assert best_temperature_tables([whole, part]) == []
    assert [table.title for table in gain_tables([GREEDY, whole, part])] == [
        "Gain and latency: m on humaneval",
        "Gain and latency: m on humaneval, as part",
    ]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_runs_at_one_temperature_the_longer_counts(turn: int) -> None:
    short = made("short", 0.4, 1, [("a", True, -1.0, None), ("b", True, -1.0, None)])
    hot = made("hot", 0.8, 1, [("a", False, -1.0, None), ("b", False, -1.0, None)])
    runs = [short, made("long", 0.4, 2, SAMPLED), hot]
    (table,) = best_temperature_tables(runs[::turn])
    assert table.rows[0] == ("1", "0.4", "50.00")
