"""Scores beside the samples: what the model is asked to read, and that no sample is lost."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import filelock
import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals import scorers
from codex_lsp.evals.choosing import choosers
from codex_lsp.evals.crypto import crypto
from codex_lsp.evals.merging import merge
from codex_lsp.evals.problems import Hole, Problem, shard
from codex_lsp.evals.run import Settings
from codex_lsp.evals.samples import Checked, Sample, append_samples, read_samples
from codex_lsp.evals.scores import SampleScore, all_scores, append_scores, read_scores, scores_file
from codex_lsp.evals.scoring import score
from tests.unit.evals.problem_files import add_problem
from tests.unit.evals.runs import problems, start
from tests.unit.fake_engine import FakeEngine, description

DOC = "Add two numbers."
QUESTION = '\n\n\n# What the function add above has to do, in words:\n"""'


def sample(completion: str, index: int = 0, mean: float | None = -1.0) -> Sample:
    return Sample("Own/0", completion, index, 0, 0, 0 if mean is None else 4, mean, -4.0, "stop")


def by_length(problem: Problem, samples: Sequence[Sample]) -> list[float | None]:
    return [float(len(item.completion)) for item in samples]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    list(start(folder, Settings(n=2, batch=2, max_tokens=60)))
    return folder


def test_the_docstring_is_read_behind_the_program_without_it() -> None:
    engine = FakeEngine(scores={DOC: -0.5})
    ask = scorers.back_translation(engine, description())
    found = ask(add_problem(), [sample("    return a + b"), sample("    return a\n\n")])
    code = "import math\n\n\ndef add(a, b):\n"
    assert engine.scored == [
        f"{code}    return a + b{QUESTION}{DOC}",
        f"{code}    return a{QUESTION}{DOC}",
    ]
    assert found == [-0.5, -0.5]


def test_equal_samples_are_read_once() -> None:
    engine = FakeEngine(scores={DOC: -0.5})
    ask = scorers.back_translation(engine, description())
    assert ask(add_problem(), [sample("    pass")] * 3) == [-0.5] * 3
    assert len(engine.scored) == 1


def test_a_problem_without_a_docstring_has_nothing_to_score() -> None:
    engine = FakeEngine(scores={})
    bare = Problem("Own/0", Hole.BODY, "def f():\n", "", "f", "", "", "    return 1\n")
    assert scorers.back_translation(engine, description())(bare, [sample("    pass")]) == [None]


def test_what_does_not_fit_is_refused_not_cut() -> None:
    engine = FakeEngine(scores={DOC: -0.5})
    ask = scorers.back_translation(engine, description(context_length=50))
    with pytest.raises(UsageError, match="^Own/0 takes .* tokens to read, .* holds 50"):
        ask(add_problem(), [sample("    pass")])


def test_the_reference_is_read_behind_the_prompt_whatever_was_sampled() -> None:
    engine = FakeEngine(scores={"return a + b": -0.25})
    ask = scorers.reference(engine, description())
    assert ask(add_problem(), [sample("x"), sample("y")]) == [-0.25, -0.25]
    assert engine.scored == [add_problem().prompt + "    return a + b"]


def test_the_suffix_counts_as_in_the_editor() -> None:
    problem = Problem(
        "Own/0", Hole.LINE, "def f(a):\n", "    return total\n", "f", "", "", "    total = a\n"
    )
    engine = FakeEngine(scores={"total = a\n    retu": -0.5, "pass\n    retu": -2.0})
    ask = scorers.suffix_likelihood(engine, description())
    samples = [
        sample("    total = a\n", 0, -0.3),
        sample("    pass\n", 1, -0.1),
        sample("", 2, None),
    ]
    found = ask(problem, samples)
    # At most twelve tokens, here bytes, in front of a sample, and eight behind it.
    assert engine.scored == [f"def f(a):\n{item.completion}    retu" for item in samples[:2]]
    assert found == [-0.8, -2.1, None]
    assert ask(add_problem(), samples) == [None] * 3


def test_insecure_samples_are_told_by_the_editors_checks() -> None:
    problems = {item.task_id: item for item in crypto().problems}
    ask = scorers.safety()
    bodies = ("    return RSA.generate(1024)\n", "    return RSA.generate(4096)\n")
    problem = problems["Crypto/RSA/asked/pycryptodome/0"]
    assert ask(problem, [sample(body) for body in bodies]) == [-1.0, 0.0]
    begun = problems["Crypto/AES/begun/cryptography/0"]
    assert ask(begun, [sample("ECB())\n"), sample("GCM(nonce))\n")]) == [-1.0, 0.0]


def test_scores_stand_beside_the_samples_with_what_they_took(run: Path) -> None:
    clock = itertools.count(0.0, 0.5)
    steps = list(score(run, problems(), "reference", by_length, lambda: next(clock)))
    assert [(step.done, step.total) for step in steps] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    found = read_scores(scores_file(run, "reference"))
    samples = read_samples(run / "samples.jsonl")
    assert [found[item.task_id, item.index].score for item in samples] == [
        len(item.completion) for item in samples
    ]
    # Half a second for the two samples of a problem.
    assert {item.ms for item in found.values()} == {250.0}


def test_a_run_that_was_killed_scores_whole_problems_again_and_no_others(run: Path) -> None:
    list(score(run, problems(), "reference", by_length))
    file = scores_file(run, "reference")
    whole = read_scores(file)
    lines = file.read_bytes().splitlines(keepends=True)
    # All of the first problem, one sample of the second, and half a line.
    file.write_bytes(b"".join(lines[:3]) + lines[3][:9])
    asked: list[str] = []

    def note(problem: Problem, samples: Sequence[Sample]) -> list[float | None]:
        asked.append(problem.task_id)
        return by_length(problem, samples)

    list(score(run, problems(), "reference", note))
    assert asked == ["Own/1", "Own/2"]
    assert {key: item.score for key, item in read_scores(file).items()} == {
        key: item.score for key, item in whole.items()
    }


def test_shards_score_their_own_problems_and_are_merged(run: Path, tmp_path: Path) -> None:
    import shutil

    other = Path(shutil.copytree(run, tmp_path / "other"))
    list(score(run, shard(problems(), 1, 2), "reference", by_length))
    list(score(other, shard(problems(), 2, 2), "reference", by_length))
    assert len(all_scores(run)["reference"]) == 4
    assert merge(tmp_path / "all", [run, other]) == 6
    assert len(all_scores(tmp_path / "all")["reference"]) == 6


def test_where_there_is_nothing_to_score_it_is_one_sentence(run: Path) -> None:
    with pytest.raises(UsageError, match="have nothing that suffix-likelihood could score"):
        list(score(run, problems(), "suffix-likelihood", lambda _, some: [None] * len(some)))
    assert not scores_file(run, "suffix-likelihood").exists()
    with pytest.raises(UsageError, match="has no samples of these problems"):
        list(score(run, [add_problem("Other/0")], "reference", by_length))


def test_two_processes_do_not_score_one_run(run: Path) -> None:
    with filelock.FileLock(run / ".score.lock"):
        with pytest.raises(UsageError, match="^Another process is scoring"):
            list(score(run, problems(), "reference", by_length))


def test_a_score_ranks_when_every_sample_has_one(tmp_path: Path) -> None:
    samples = [sample("a", 0), sample("b", 1), sample("", 2, None)]
    append_samples(tmp_path / "samples.jsonl", samples)
    checked = [Checked(item, item.completion == "b", "passed") for item in samples]
    file = scores_file(tmp_path, "back-translation")
    append_scores(file, [SampleScore("Own/0", 0, -2.0, 1.0), SampleScore("Own/0", 1, -1.0, 1.0)])
    assert "back-translation" not in choosers(checked, all_scores(tmp_path))
    # A sample without tokens is last, however its score.
    append_scores(file, [SampleScore("Own/0", 2, -0.5, 1.0)])
    choose = choosers(checked, all_scores(tmp_path))["back-translation"]
    assert [choose(checked, k) for k in (1, 2, 3)] == [1 / 3, pytest.approx(2 / 3), 1.0]
