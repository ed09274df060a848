"""Verdicts on all samples of a run: resumable, and every program is run once.

Samples of one problem with the same text share a verdict. So a program that behaves by chance is
judged by one of its runs. ``check.json`` holds what the verdicts depend on: a run has not been
judged by two measures.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Protocol

import filelock

from codex_lsp.errors import UsageError
from codex_lsp.evals.problems import Problem
from codex_lsp.evals.run import RESULTS, SAMPLES, Progress
from codex_lsp.evals.samples import (
    Checked,
    Sample,
    append_checked,
    drop_torn_line,
    read_checked,
    read_samples,
)

_Key = tuple[str, str]
PASSED = "passed"
CHECK = "check.json"
_LIMITS = "limits"


class Judge(Protocol):
    """Says whether a completion is right: a :class:`codex_lsp.evals.sandbox.Sandbox`.

    :ivar facts: what its verdicts depend on besides the program; of these ``limits`` have to stay
    """

    @property
    def facts(self) -> Mapping[str, Any]: ...

    def check(self, problem: Problem, completion: str) -> str:
        """Return ``passed``, ``timed out``, or ``failed:`` and why."""
        ...


def check(
    folder: Path, problems: Sequence[Problem], judge: Judge, workers: int
) -> Generator[Progress, None, None]:
    """Judge the samples of ``folder`` that have no verdict yet, reporting after each program.

    :param workers: how many programs run at once
    :raises UsageError: there are no samples, one is of an unknown problem, there are verdicts that
        were made with other limits, or another process is at it
    :raises SandboxError: programs cannot be run here
    """
    try:
        with filelock.FileLock(folder / ".check.lock", timeout=0):
            yield from _check(folder, {item.task_id: item for item in problems}, judge, workers)
    except filelock.Timeout:
        raise UsageError(f"Another process is checking the samples of {folder}.") from None


def _check(
    folder: Path, problems: Mapping[str, Problem], judge: Judge, workers: int
) -> Generator[Progress, None, None]:
    samples = read_samples(folder / SAMPLES)
    if not samples:
        raise UsageError(f"{folder} has no samples to check.")
    results = folder / RESULTS
    drop_torn_line(results)
    before = read_checked(results) if results.exists() else []
    judged = {(item.sample.task_id, item.sample.index) for item in before}
    verdicts = {_key(item.sample): item.result for item in before}
    todo: dict[_Key, list[Sample]] = {}
    for sample in samples:
        if sample.task_id not in problems:
            raise UsageError(f"{folder} has samples of {sample.task_id}, which is no problem here.")
        if (sample.task_id, sample.index) not in judged:
            todo.setdefault(_key(sample), []).append(sample)
    _claim(folder, judge.facts, bool(before))
    done = len(judged)
    yield Progress(done, len(samples))
    for key in [key for key in todo if key in verdicts]:
        done += _record(results, problems[key[0]], todo.pop(key), verdicts[key])
    with ThreadPoolExecutor(workers) as pool:
        futures = {
            pool.submit(judge.check, problems[task_id], completion): (task_id, completion)
            for task_id, completion in todo
        }
        try:
            for future in as_completed(futures):
                key = futures[future]
                done += _record(results, problems[key[0]], todo[key], future.result())
                yield Progress(done, len(samples))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _claim(folder: Path, facts: Mapping[str, Any], has_verdicts: bool) -> None:
    """Write what verdicts depend on, or see that those that are there were made with the same."""
    known = read_check(folder)
    if not has_verdicts:
        write_check(folder, facts)
    elif known is not None:
        refuse_other_limits(folder, known, facts)


def refuse_other_limits(folder: Path, known: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """See that verdicts made with ``facts`` can stand beside those of ``folder``.

    :raises UsageError: their limits differ
    """
    was, now = known.get(_LIMITS) or {}, facts.get(_LIMITS) or {}
    others = [
        f"{name} {was.get(name)} and not {now.get(name)}"
        for name in {**was, **now}
        if was.get(name) != now.get(name)
    ]
    if others:
        raise UsageError(
            f"The verdicts in {folder} were made with other limits ({', '.join(others)}); take "
            f"those, or delete {RESULTS} and {CHECK} there to judge all samples anew."
        )


def read_check(folder: Path) -> dict[str, Any] | None:
    """Return what the verdicts in ``folder`` depend on; None when that is not known.

    :raises UsageError: the file cannot be read
    """
    file = folder / CHECK
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from error
    if not isinstance(found, dict):
        raise UsageError(f"{file} does not say how samples were judged.")
    return found


def write_check(folder: Path, facts: Mapping[str, Any]) -> None:
    """Keep what the verdicts in ``folder`` depend on."""
    part = folder / f"{CHECK}.part"
    part.write_text(json.dumps(dict(facts), indent=2) + "\n", encoding="utf-8")
    part.replace(folder / CHECK)


def _key(sample: Sample) -> _Key:
    return sample.task_id, sample.completion


def _record(file: Path, problem: Problem, samples: Sequence[Sample], verdict: str) -> int:
    reference = problem.canonical_solution.strip()
    append_checked(
        file,
        [
            Checked(item, verdict == PASSED, verdict, item.completion.strip() == reference)
            for item in samples
        ],
    )
    return len(samples)
