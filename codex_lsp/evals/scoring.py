"""Scores the samples of a run: resumable, problem by problem.

Samples of one problem are scored together: some scores mean something beside each other only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

import filelock

from codex_lsp.errors import UsageError
from codex_lsp.evals.problems import Problem
from codex_lsp.evals.run import SAMPLES, Progress
from codex_lsp.evals.samples import Sample, drop_torn_line, read_samples
from codex_lsp.evals.scorers import Scorer
from codex_lsp.evals.scores import (
    Kind,
    SampleScore,
    append_scores,
    covers,
    key_of,
    read_scores,
    scores_file,
)

Clock = Callable[[], float]


def score(
    folder: Path,
    problems: Sequence[Problem],
    kind: Kind,
    scorer: Scorer,
    clock: Clock = time.perf_counter,
) -> Generator[Progress, None, None]:
    """Score the samples of ``problems`` that have no score of this kind yet.

    Progress is told in problems.

    :raises UsageError: there are no samples of these problems, there is nothing to score in any,
        or another process is at it
    :raises EngineError: the model cannot be run
    """
    try:
        with filelock.FileLock(folder / ".score.lock", timeout=0):
            yield from _score(folder, problems, kind, scorer, clock)
    except filelock.Timeout:
        raise UsageError(f"Another process is scoring the samples of {folder}.") from None


def _score(
    folder: Path, problems: Sequence[Problem], kind: Kind, scorer: Scorer, clock: Clock
) -> Generator[Progress, None, None]:
    groups = _groups(folder, problems)
    file = scores_file(folder, kind)
    drop_torn_line(file)
    known = read_scores(file) if file.exists() else {}
    todo = [
        problem
        for problem in problems
        if problem.task_id in groups
        and not covers(known, [key_of(sample) for sample in groups[problem.task_id]])
    ]
    done, total = len(groups) - len(todo), len(groups)
    yield Progress(done, total)
    for problem in todo:
        samples = groups[problem.task_id]
        began = clock()
        values = scorer(problem, samples)
        ms = (clock() - began) * 1000 / len(samples)
        scores = [
            SampleScore(sample.task_id, sample.index, value, ms)
            for sample, value in zip(samples, values, strict=True)
        ]
        append_scores(file, scores)
        known |= {item.key: item for item in scores}
        done += 1
        yield Progress(done, total)
    if not any(item.score is not None for item in known.values()):
        file.unlink(missing_ok=True)
        raise UsageError(f"The problems of {folder} have nothing that {kind} could score.")


def _groups(folder: Path, problems: Sequence[Problem]) -> Mapping[str, list[Sample]]:
    """Return the samples of ``problems`` by problem."""
    wanted = {problem.task_id for problem in problems}
    groups: dict[str, list[Sample]] = {}
    for sample in read_samples(folder / SAMPLES):
        if sample.task_id in wanted:
            groups.setdefault(sample.task_id, []).append(sample)
    if not groups:
        raise UsageError(f"{folder} has no samples of these problems.")
    return groups
