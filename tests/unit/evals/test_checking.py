from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.checked_runs import read_run
from codex_lsp.evals.checking import check, read_check
from codex_lsp.evals.merging import merge
from codex_lsp.evals.problems import Problem
from codex_lsp.evals.samples import Sample, append_samples, read_checked
from codex_lsp.evals.scores import SampleScore, all_scores, append_scores
from tests.unit.evals.runs import FACTS, problems


class Judge:
    """Passes what says 1; remembers what it was asked."""

    def __init__(self, cpu_s: int = 3, sandbox: str = "bubblewrap") -> None:
        self.asked: list[tuple[str, str]] = []
        self.facts = {"limits": {"cpu_s": cpu_s}, "sandbox": sandbox}

    def check(self, problem: Problem, completion: str) -> str:
        self.asked.append((problem.task_id, completion))
        return "passed" if "1" in completion else "failed: AssertionError: "


def write(folder: Path, *texts: tuple[str, str]) -> None:
    counts: dict[str, int] = {}
    for task_id, text in texts:
        index = counts.get(task_id, 0)
        counts[task_id] = index + 1
        append_samples(
            folder / "samples.jsonl",
            [Sample(task_id, text, index, 0, 0, 1, -1.0, -1.0, "stop")],
        )


def test_every_sample_gets_its_verdict_and_equal_ones_are_run_once(tmp_path: Path) -> None:
    write(tmp_path, ("Own/0", "1"), ("Own/1", "1"), ("Own/0", "2"), ("Own/0", "1"))
    judge = Judge()
    assert list(check(tmp_path, problems(), judge, 1))[-1].done == 4
    assert sorted(judge.asked) == [("Own/0", "1"), ("Own/0", "2"), ("Own/1", "1")]
    found = read_checked(tmp_path / "results.jsonl")
    assert {(item.sample.task_id, item.sample.index): item.passed for item in found} == {
        ("Own/0", 0): True,
        ("Own/0", 1): False,
        ("Own/0", 2): True,
        ("Own/1", 0): True,
    }


def test_what_has_a_verdict_is_not_run_again(tmp_path: Path) -> None:
    write(tmp_path, ("Own/0", "1"), ("Own/0", "2"), ("Own/0", "3"))
    list(check(tmp_path, problems(), Judge(), 1))
    file = tmp_path / "results.jsonl"
    first, second, third = file.read_bytes().splitlines(keepends=True)
    # Killed while the third verdict was written.
    file.write_bytes(first + second + third[: len(third) // 2])
    write(tmp_path, ("Own/1", "1"))
    judge = Judge()
    steps = [step.done for step in check(tmp_path, problems(), judge, 1)]
    assert steps == [2, 3, 4]
    assert len(judge.asked) == 2
    assert file.read_bytes().startswith(first + second)
    assert len(read_checked(file)) == 4


def test_new_samples_with_a_known_text_need_no_run(tmp_path: Path) -> None:
    write(tmp_path, ("Own/0", "1"))
    list(check(tmp_path, problems(), Judge(), 1))
    append_samples(
        tmp_path / "samples.jsonl", [Sample("Own/0", "1", 1, 1, 0, 1, -1.0, -1.0, "stop")]
    )
    judge = Judge()
    list(check(tmp_path, problems(), judge, 1))
    assert judge.asked == []
    assert [item.passed for item in read_checked(tmp_path / "results.jsonl")] == [True, True]


def test_no_samples_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "samples.jsonl").write_text("")
    with pytest.raises(UsageError, match="has no samples to check"):
        list(check(tmp_path, problems(), Judge(), 1))


def test_a_sample_of_an_unknown_problem_is_refused(tmp_path: Path) -> None:
    write(tmp_path, ("Other/0", "1"))
    with pytest.raises(UsageError, match="Other/0, which is no problem here"):
        list(check(tmp_path, problems(), Judge(), 1))


def test_without_samples_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        list(check(tmp_path, problems(), Judge(), 1))


def test_the_text_of_the_reference_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, ("Own/0", "return a + b"), ("Own/0", "    return a + 1\n"))
    list(check(tmp_path, problems(), Judge(), 1))
    found = {item.sample.index: item.exact for item in read_checked(tmp_path / "results.jsonl")}
    assert found == {0: True, 1: False}


def test_a_run_says_how_it_was_judged_and_is_not_judged_by_two_measures(tmp_path: Path) -> None:
    write(tmp_path, ("Own/0", "1"))
    list(check(tmp_path, problems(), Judge(cpu_s=3), 1))
    assert read_check(tmp_path) == {"limits": {"cpu_s": 3}, "sandbox": "bubblewrap"}
    write(tmp_path, ("Own/1", "2"))
    results = (tmp_path / "results.jsonl").read_bytes()
    with pytest.raises(UsageError, match=r"other limits \(cpu_s 3 and not 20\)"):
        list(check(tmp_path, problems(), Judge(cpu_s=20), 1))
    assert (tmp_path / "results.jsonl").read_bytes() == results
    # Where programs run may change, and what is said is where it began.
    list(check(tmp_path, problems(), Judge(cpu_s=3, sandbox="limits only"), 1))
    assert read_check(tmp_path) == {"limits": {"cpu_s": 3}, "sandbox": "bubblewrap"}
    assert read_run_facts(tmp_path)["check"] == read_check(tmp_path)


def test_nothing_is_said_of_verdicts_that_came_without(tmp_path: Path) -> None:
    write(tmp_path, ("Own/0", "1"))
    list(check(tmp_path, problems(), Judge(), 1))
    (tmp_path / "check.json").unlink()
    write(tmp_path, ("Own/1", "2"))
    list(check(tmp_path, problems(), Judge(cpu_s=20), 1))
    assert read_check(tmp_path) is None
    assert "check" not in read_run_facts(tmp_path)


def test_limits_are_free_as_long_as_there_is_no_verdict(tmp_path: Path) -> None:
    write(tmp_path, ("Own/0", "1"))
    next(check(tmp_path, problems(), Judge(cpu_s=3), 1))  # and ended before the first
    list(check(tmp_path, problems(), Judge(cpu_s=20), 1))
    assert read_check(tmp_path) == {"limits": {"cpu_s": 20}, "sandbox": "bubblewrap"}


def test_a_damaged_check_is_one_sentence(tmp_path: Path) -> None:
    write(tmp_path, ("Own/0", "1"))
    list(check(tmp_path, problems(), Judge(), 1))
    for text, said in (("{", "cannot be read"), ("[]", "does not say how samples were judged")):
        (tmp_path / "check.json").write_text(text)
        with pytest.raises(UsageError, match=f"check.json {said}"):
            list(check(tmp_path, problems(), Judge(), 1))


def test_shards_that_were_judged_merge_if_by_the_same_limits(tmp_path: Path) -> None:
    parts = [tmp_path / name for name in ("a", "b", "c")]
    for number, (part, limit) in enumerate(zip(parts, (3, 3, 20), strict=True)):
        part.mkdir()
        (part / "run.json").write_text(json.dumps(FACTS))
        write(part, (f"Own/{number}", "1"))
        list(check(part, problems(), Judge(cpu_s=limit), 1))
    merge(tmp_path / "two", parts[:2])
    assert read_check(tmp_path / "two") == {"limits": {"cpu_s": 3}, "sandbox": "bubblewrap"}
    with pytest.raises(UsageError, match="other limits"):
        merge(tmp_path / "three", parts)
    (parts[0] / "check.json").unlink()
    merge(tmp_path / "unknown", parts[:2])
    assert read_check(tmp_path / "unknown") is None


def test_of_two_texts_of_one_sample_the_firsts_verdict_is_taken(tmp_path: Path) -> None:
    parts = [tmp_path / name for name in ("a", "b", "c")]
    for part, text in zip(parts, ("2", "1", "2"), strict=True):
        part.mkdir()
        (part / "run.json").write_text(json.dumps(FACTS))
        write(part, ("Own/0", text))
        append_scores(part / "scores-safety.jsonl", [SampleScore("Own/0", 0, float(text), 1.0)])
    (parts[0] / "scores-safety.jsonl").unlink()
    list(check(parts[1], problems(), Judge(), 1))
    merge(tmp_path / "unchecked", parts[:2])
    assert not (tmp_path / "unchecked" / "results.jsonl").exists()
    assert all_scores(tmp_path / "unchecked") == {}
    list(check(parts[2], problems(), Judge(), 1))
    merge(tmp_path / "checked", parts)
    # A verdict whose sample has been lost is none.
    write(parts[2], ("Own/1", "1"))
    list(check(parts[2], problems(), Judge(), 1))
    samples = parts[2] / "samples.jsonl"
    samples.write_text(samples.read_text().splitlines(keepends=True)[0])
    merge(tmp_path / "lost", parts)
    for name in ("checked", "lost"):
        assert len(read_checked(tmp_path / name / "results.jsonl")) == 1
    (found,) = read_checked(tmp_path / "checked" / "results.jsonl")
    assert (found.sample.completion, found.passed) == ("2", False)
    assert all_scores(tmp_path / "checked")["safety"]["Own/0", 0].score == 2.0


def read_run_facts(folder: Path) -> Mapping[str, Any]:
    settings = {"settings": {"temperature": 0.2}}
    (folder / "run.json").write_text(json.dumps(FACTS | settings))
    return read_run(folder).facts
