from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.checked_runs import Run
from codex_lsp.evals.comparing import comparison
from codex_lsp.evals.samples import Checked
from codex_lsp.evals.scores import SampleScore
from tests.unit.evals.runs import FACTS, checked


def item(task_id: str, index: int, passed: bool, completion: str = "    return 1\n") -> Checked:
    made = checked(passed, task_id=task_id, completion=completion)
    return replace(made, sample=replace(made.sample, index=index))


def made(name: str, checked: list[Checked], reference: dict[str, float], **facts: Any) -> Run:
    scores = {(task, 0): SampleScore(task, 0, value, 1.0) for task, value in reference.items()}
    model = {"name": "m", "compute_type": name}
    return Run(name, {**FACTS, "model": model, **facts}, checked, {"reference": scores})


INT8 = made(
    "int8",
    [item("a", 0, True), item("a", 1, False), item("b", 0, False), item("b", 1, False)],
    {"a": -1.0, "b": -2.0},
)
FLOAT32 = made(
    "float32",
    [
        item("b", 0, True, "    return 2\n"),
        item("b", 1, False),
        item("a", 0, True),
        item("a", 1, True),
        item("c", 0, True),
    ],
    {"b": -1.75, "a": -1.05, "c": -9.0},
)


def tables() -> dict[str, tuple[tuple[str, ...], ...]]:
    return {table.title: table.rows for table in comparison(INT8, FLOAT32)}


def test_pass_rates_are_paired_by_problem() -> None:
    assert tables()["Paired pass rates"] == (
        (
            "pass@1",
            "2",
            "25.00 (0.00 to 50.00)",
            "75.00 (50.00 to 100.00)",
            "50.00 (50.00 to 50.00)",
        ),
        (
            "pass@2",
            "2",
            "50.00 (0.00 to 100.00)",
            "100.00 (100.00 to 100.00)",
            "50.00 (0.00 to 100.00)",
        ),
    )


def test_samples_are_laid_side_by_side() -> None:
    assert tables()["Samples side by side"] == (
        ("the same text", "3", "75.00"),
        ("the same verdict", "2", "50.00"),
        ("passes in int8 only", "0", "0.00"),
        ("passes in float32 only", "2", "50.00"),
    )


def test_log_probabilities_are_of_the_same_texts() -> None:
    assert tables()["Log-probability of the same texts"] == (
        ("mean log-probability", "2", "-1.5000", "-1.4000", "+0.1000 (-0.0500 to +0.2500)"),
        ("its absolute difference", "2", "", "", "0.1500"),
    )


def test_what_differs_is_said() -> None:
    assert tables()["What differs"] == (("model: compute_type", "int8", "float32"),)


def test_runs_without_scores_have_no_log_probabilities() -> None:
    bare = Run("bare", FLOAT32.facts, FLOAT32.checked)
    assert [table.title for table in comparison(INT8, bare)] == [
        "Paired pass rates",
        "Samples side by side",
        "What differs",
    ]


def test_other_problems_cannot_be_compared() -> None:
    other = made("other", [item("z", 0, True)], {})
    with pytest.raises(UsageError, match="^int8 and other have no problem in common"):
        comparison(INT8, other)
    with pytest.raises(UsageError, match="have no problem in common"):
        comparison(INT8, made("mbpp", INT8.checked, {}, benchmark="mbpp"))  # type: ignore[arg-type]


def test_problems_of_two_seeds_share_names_only() -> None:
    runs = [
        made(f"seed {seed}", [item("Chain/1/0", 0, True)], {}, benchmark="chains", chains=recipe)
        for seed, recipe in ((1, {"seed": 1, "count": 9}), (2, {"seed": 2, "count": 9}))
    ]
    with pytest.raises(
        UsageError, match="^seed 1 and seed 2 have other problems of the same names"
    ):
        comparison(*runs)
    # More problems of the same seed change none of them.
    more = replace(runs[1], facts={**runs[1].facts, "chains": {"seed": 1, "count": 10}})
    assert comparison(runs[0], more)


def test_samples_that_stand_alone_make_no_pairs() -> None:
    first, second = made("x", [item("a", 0, True)], {}), made("y", [item("a", 1, True)], {})
    rows = next(t.rows for t in comparison(first, second) if t.title == "Samples side by side")
    assert {row[1:] for row in rows} == {("0", "0.00")}


def test_samples_without_a_verdict_are_told_of() -> None:
    table, *_ = comparison(INT8, replace(FLOAT32, unchecked=3))
    assert " Of float32, 3 samples have no verdict yet" in table.note
