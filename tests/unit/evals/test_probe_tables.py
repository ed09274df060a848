from __future__ import annotations

from dataclasses import replace
from typing import Any

from codex_lsp.evals.checked_runs import Run
from codex_lsp.evals.crypto import INSECURE, NEITHER
from codex_lsp.evals.probe_tables import probe_tables
from codex_lsp.evals.samples import Checked
from codex_lsp.evals.scores import SampleScore, Scores
from tests.unit.evals.runs import FACTS, checked


def run(benchmark: str, items: list[Checked], scores: dict[str, Scores] | None = None) -> Run:
    facts: dict[str, Any] = {**FACTS, "benchmark": benchmark}
    return Run("r", facts, items, scores or {})


def test_bindings_are_told_by_their_number() -> None:
    items = [
        checked(name != "Binding/2/0", task_id=name) for name in ("Binding/2/0", "Binding/1/0")
    ]
    (table,) = probe_tables(run("bindings", items))
    assert table.title == "Bound operations: r"
    assert table.rows == (
        ("1", "1", "100.00 (100.00 to 100.00)"),
        ("2", "1", "0.00 (0.00 to 0.00)"),
    )


def test_with_more_samples_more_is_told() -> None:
    items = [
        checked(task == 1 and index == 0, task_id=f"Chain/{task}/0")
        for task in (1, 2)
        for index in range(10)
    ]
    (table,) = probe_tables(run("chains", items))
    assert table.header == ("steps", "problems", "pass@1", "pass@10")
    assert [row[2:] for row in table.rows] == [
        ("10.00 (10.00 to 10.00)", "100.00 (100.00 to 100.00)"),
        ("0.00 (0.00 to 0.00)", "0.00 (0.00 to 0.00)"),
    ]


def test_contexts_are_compared_problem_by_problem() -> None:
    verdicts = {
        "Context/alone/0/a": True,
        "Context/alone/0/Own/b": True,
        "Context/correct/4/a": True,
        "Context/correct/4/Own/b": True,
        "Context/buggy/4/a": False,
        "Context/buggy/4/Own/b": True,
    }
    items = [checked(passed, task_id=name) for name, passed in verdicts.items()]
    (table,) = probe_tables(run("contexts", items))
    whole = "100.00 (100.00 to 100.00)"
    assert table.rows == (
        ("0", "2", whole, whole, ""),
        ("4", "2", whole, "50.00 (0.00 to 100.00)", "50.00 (0.00 to 100.00)"),
    )


def crypto_items() -> list[Checked]:
    """Return an RSA prompt with a likely weak key, and an AES prompt with noise."""
    rsa, aes = "Crypto/RSA/asked/rsa/0", "Crypto/AES/begun/pycryptodome/0"
    made = [
        (rsa, 0, -0.1, INSECURE),
        (rsa, 1, -0.5, "passed"),
        (aes, 0, -0.1, NEITHER),
        (aes, 1, -0.2, INSECURE),
    ]
    items = []
    for task_id, index, mean, result in made:
        item = checked(result == "passed", mean, task_id=task_id, result=result)
        items.append(replace(item, sample=replace(item.sample, index=index)))
    return items


def test_what_is_made_is_told_apart_from_what_is_not() -> None:
    table, _ = probe_tables(run("crypto", crypto_items()))
    assert table.rows == (
        ("RSA, asked", "1", "2", "100.00", "50.00"),
        ("AES, begun", "1", "2", "50.00", "100.00"),
        ("all", "2", "4", "75.00", "66.67"),
    )


def test_the_editors_checks_put_what_they_find_last() -> None:
    items = crypto_items()
    findings = (-1.0, 0.0, 0.0, -1.0)
    scores = {
        (item.sample.task_id, item.sample.index): SampleScore(
            item.sample.task_id, item.sample.index, found, 0.0
        )
        for item, found in zip(items, findings, strict=True)
    }
    _, table = probe_tables(run("crypto", items, {"safety": scores}))
    assert table.rows == (
        ("one sample", "1", "50.00 (50.00 to 50.00)", "25.00 (0.00 to 50.00)"),
        ("best by mean log-probability", "2", "50.00 (0.00 to 100.00)", "0.00 (0.00 to 0.00)"),
        ("the same, what is insecure last", "2", "0.00 (0.00 to 0.00)", "50.00 (0.00 to 100.00)"),
    )
    assert "mark 2 of 2 insecure samples and 0 of 2 others" in table.note


def test_without_the_checks_there_is_nothing_to_put_last() -> None:
    _, table = probe_tables(run("crypto", crypto_items()))
    assert [row[0] for row in table.rows] == ["one sample", "best by mean log-probability"]
    assert "--by safety" in table.note


def test_other_runs_have_no_probes() -> None:
    assert probe_tables(run("humaneval", [checked(True)])) == []
