"""A run: n samples of every problem, resumable, reproducible to the batch.

Every batch has an engine and a seed of its own, made from the run's seed, the problem and the
number of the batch. So a run that was killed and resumed, a run in shards and a run in one go give
the same samples (with one thread on the same machine: more threads add in another order). Loading
the engine takes a fraction of what a batch does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from codex_lsp.engine.base import Sampler
from codex_lsp.errors import UsageError
from codex_lsp.evals.problems import Problem
from codex_lsp.evals.prompts import ProblemPrompts
from codex_lsp.evals.sampler import draw
from codex_lsp.evals.samples import (
    Sample,
    append_samples,
    drop_part_batch,
    drop_torn_line,
    read_samples,
)
from codex_lsp.evals.stopping import finished
from codex_lsp.model_dir import ModelDescription
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Candidate

SAMPLES = "samples.jsonl"
RESULTS = "results.jsonl"
FACTS = "run.json"

_IDENTITY = ("benchmark", "problems_sha256", "model", "settings")
"""What has to be the same for two sets of samples to be parts of one run."""

OpenEngine = Callable[[int], Sampler]
"""Loads the model with a seed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How samples are drawn.

    :ivar n: samples a problem
    :ivar batch: samples drawn at once; more share the cost of a step, and take more memory
    :ivar top_k: 0 samples from the whole vocabulary, as the paper does
    :ivar max_tokens: the longest sample, in tokens
    """

    n: int = 200
    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 0
    max_tokens: int = 300
    batch: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn.

        :raises UsageError: a number is out of its range
        """
        for name, value, most in (("-n", self.n, 10_000), ("--batch", self.batch, 200)):
            if not 1 <= value <= most:
                raise UsageError(f"{name} is {value}, but has to be between 1 and {most}.")
        if self.temperature == 0 and self.n > 1:
            raise UsageError(
                "Greedy decoding (temperature 0) makes the same sample n times: n = 1."
            )
        try:
            self.params(1)
        except ValueError as error:
            raise UsageError(f"{error}.") from error

    def params(self, rows: int) -> SamplingParams:
        """Return the engine's parameters for a batch of ``rows``."""
        return SamplingParams(
            n=rows,
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            max_line_tokens=min(self.max_tokens, 4096),
            max_tokens=self.max_tokens,
        )

    def batches(self) -> list[int]:
        """Return how many samples each batch of a problem has."""
        full, rest = divmod(self.n, self.batch)
        return [self.batch] * full + [rest] * (rest > 0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in samples."""

    done: int
    total: int


def batch_seed(seed: int, task_id: str, batch: int) -> int:
    """Return the seed of one batch: 32 bits, as CTranslate2 takes them."""
    digest = hashlib.sha256(f"{seed}\n{task_id}\n{batch}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def sample(
    folder: Path,
    facts: dict[str, Any],
    problems: Sequence[Problem],
    settings: Settings,
    description: ModelDescription,
    open_engine: OpenEngine,
) -> Generator[Progress, None, None]:
    """Draw the samples that ``folder`` does not have yet, reporting after each batch.

    :param facts: what else the report should know: model, versions, machine
    :raises UsageError: the folder holds a run with other settings, or is being written to
    :raises EngineError: the model cannot be run
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / ".lock", timeout=0):
            claim(folder / FACTS, {**facts, "settings": dataclasses.asdict(settings)})
            yield from _sample(folder / SAMPLES, problems, settings, description, open_engine)
    except filelock.Timeout:
        raise UsageError(f"Another run is writing to {folder}.") from None


def _sample(
    file: Path,
    problems: Sequence[Problem],
    settings: Settings,
    description: ModelDescription,
    open_engine: OpenEngine,
) -> Generator[Progress, None, None]:
    done = recover(file, settings)
    total = len(problems) * settings.n
    sizes = settings.batches()
    count = sum(
        rows
        for problem in problems
        for batch, rows in enumerate(sizes)
        if (problem.task_id, batch) in done
    )
    yield Progress(count, total)
    for problem in problems:
        for batch, rows in enumerate(sizes):
            if (problem.task_id, batch) in done:
                continue
            seed = batch_seed(settings.seed, problem.task_id, batch)
            engine = open_engine(seed)
            try:
                prompts = ProblemPrompts(description, engine.tokenizer)
                drawn = draw(engine, prompts, problem, settings.params(rows))
            finally:
                engine.close()
            first = batch * settings.batch
            append_samples(
                file,
                [
                    _sample_of(problem, candidate, first + row, batch, seed, drawn.ms)
                    for row, candidate in enumerate(drawn.candidates)
                ],
            )
            count += rows
            yield Progress(count, total)


def recover(file: Path, settings: Settings) -> set[tuple[str, int]]:
    """Cut a file back to its whole batches; return which they are.

    :raises UsageError: the file cannot be read, or holds batches of another size
    """
    if not file.exists():
        return set()
    drop_torn_line(file)
    samples = read_samples(file)
    sizes = settings.batches()
    counts: dict[tuple[str, int], int] = {}
    for item in samples:
        key = (item.task_id, item.batch)
        counts[key] = counts.get(key, 0) + 1
    if samples:
        last = (samples[-1].task_id, samples[-1].batch)
        if last[1] < len(sizes) and counts[last] < sizes[last[1]]:
            drop_part_batch(file, samples, len(samples) - counts.pop(last))
    for (task_id, batch), count in counts.items():
        if batch >= len(sizes) or count != sizes[batch]:
            raise UsageError(f"{file} has {count} samples in batch {batch} of {task_id}.")
    return set(counts)


def _sample_of(
    problem: Problem, candidate: Candidate, index: int, batch: int, seed: int, ms: float
) -> Sample:
    return Sample(
        task_id=problem.task_id,
        completion=finished(problem.hole, candidate.text),
        index=index,
        batch=batch,
        seed=seed,
        tokens=len(candidate.tokens),
        mean_logprob=candidate.mean_logprob if candidate.tokens else None,
        total_logprob=candidate.total_logprob,
        finish=candidate.finish_reason.value,
        batch_ms=ms,
    )


def claim(file: Path, facts: dict[str, Any]) -> None:
    """Write the run's facts, or see that those of the run to resume are the same.

    Where it runs may differ: versions and machine are those of its beginning. More samples may be
    asked for than before, if those that are there fill their batches.

    :raises UsageError: the folder holds a run of something else, or with other settings
    """
    if file.exists():
        before = read_facts(file.parent)
        if not _adds_samples(before, facts):
            refuse_another_run(file.parent, before, facts)
            return
        facts = {**before, "settings": facts["settings"]}
    part = file.with_suffix(".part")
    part.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    part.replace(file)


def _adds_samples(before: dict[str, Any], facts: dict[str, Any]) -> bool:
    """Return whether the runs differ in nothing but that the second has more whole batches."""
    was, now = before.get("settings", {}), facts["settings"]
    if not was.get("n", 0) < now.get("n", 0) or was["n"] % was["batch"]:
        return False
    grown = {**before, "settings": {**was, "n": now["n"]}}
    return all(grown.get(name) == facts.get(name) for name in _IDENTITY)


def refuse_another_run(folder: Path, before: dict[str, Any], facts: dict[str, Any]) -> None:
    """See that samples with these ``facts`` can be added to those of ``folder``.

    :raises UsageError: they differ in something that the samples depend on
    """
    for name in _IDENTITY:
        if before.get(name) != facts.get(name):
            raise UsageError(
                f"{folder} holds a run with another {name}: {before.get(name)} and not "
                f"{facts.get(name)}; name another folder."
            )


def facts_of_parts(out: Path, folders: Sequence[Path]) -> dict[str, Any]:
    """Return the facts that the parts of one run share, which are to be joined in ``out``.

    :raises UsageError: the parts are not of one run, or ``out`` holds something already
    """
    facts, *others = [read_facts(folder) for folder in folders]
    for other in others:
        refuse_another_run(folders[0], facts, other)
    # A merge that was ended has left samples behind, which would be there twice.
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} holds something already; name a new folder to merge into.")
    return facts


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what ``run.json`` says.

    :raises UsageError: the folder holds no run
    """
    file = folder / FACTS
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{folder} holds no run: it has no {FACTS}.") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from error
    if not isinstance(facts, dict):
        raise UsageError(f"{file} is no run description.")
    if "benchmark" not in facts:
        raise UsageError(f"{file} is no run description: it names no benchmark.")
    return facts
