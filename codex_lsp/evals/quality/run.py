"""A run: the samples of all holes, kept as they are drawn, and what a pipeline makes of them.

========================  ====================================================================
``run.json``              model, versions, machine, seed, and which holes
``draws.jsonl``           the model's samples, a hole's in one go; only ever added to
``outcomes-LABEL.jsonl``  what the pipeline of this version showed, and what that is worth
========================  ====================================================================

Every hole has a seed of its own, so a run that was ended and goes on, and one in shards, give the
samples of a run in one go.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import filelock

from codex_lsp.engine.base import Engine
from codex_lsp.errors import UsageError
from codex_lsp.evals.quality.attempts import Outcome, Pipeline
from codex_lsp.evals.quality.draws import Draw
from codex_lsp.evals.quality.holes import Hole
from codex_lsp.evals.run import FACTS, Progress, batch_seed, claim, facts_of_parts
from codex_lsp.evals.samples import append_records, drop_torn_line, read_records

BENCHMARK = "quality"
DRAWS = "draws.jsonl"
_OUTCOMES = re.compile(r"outcomes-(.+)\.jsonl")
_LABEL = re.compile(r"[A-Za-z0-9._-]+")


def holes_digest(holes: Iterable[Hole]) -> str:
    """Return a digest of the holes and of the texts that they are cut into."""
    digest = hashlib.sha256()
    for hole in holes:
        digest.update(f"{hole.id}\n{hole.expected}\n".encode())
        digest.update(hashlib.sha256(hole.file.text.encode()).digest())
    return digest.hexdigest()


def outcomes_file(folder: Path, label: str) -> Path:
    """Return where the outcomes of a label are.

    :raises UsageError: the label is not fit for a file's name
    """
    if not _LABEL.fullmatch(label):
        raise UsageError(f"--label is {label!r}; use letters, digits, dots, dashes only.")
    return folder / f"outcomes-{label}.jsonl"


def complete_holes(
    folder: Path,
    label: str,
    facts: dict[str, Any],
    holes: Sequence[Hole],
    pipeline: Pipeline,
    open_engine: Callable[[int], Engine],
) -> Generator[Progress, None, None]:
    """Complete ``holes``, drawing what ``folder`` does not have yet; report after each.

    :param label: names what the pipeline of this version comes to; written anew each time, for no
        fewer holes than before
    :param facts: model, settings, versions, machine
    :param open_engine: loads the model with a seed
    :raises UsageError: the folder holds a run with other settings, has outcomes of more holes with
        this label, or is being written to
    :raises EngineError: the model cannot be run
    """
    target = outcomes_file(folder, label)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / ".lock", timeout=0):
            _refuse_to_lose_outcomes(target, label, holes)
            claim(folder / FACTS, facts)
            outcomes = []
            for done, outcome in enumerate(
                _complete(folder / DRAWS, facts["settings"]["seed"], holes, pipeline, open_engine)
            ):
                outcomes.append(outcome.as_record())
                yield Progress(done + 1, len(holes))
            part = target.with_suffix(".part")
            part.unlink(missing_ok=True)
            append_records(part, outcomes)
            part.replace(target)
    except filelock.Timeout:
        raise UsageError(f"Another run is writing to {folder}.") from None


def _refuse_to_lose_outcomes(file: Path, label: str, holes: Sequence[Hole]) -> None:
    if not file.exists():
        return
    before = {outcome.hole for outcome in _read_outcomes(file)}
    lost = len(before - {hole.id for hole in holes})
    if lost:
        raise UsageError(
            f"{file} has the outcomes of {len(before)} holes, and {lost} of them are not among "
            f"these {len(holes)}; take another --label than {label!r}, or delete the file."
        )


def _complete(
    file: Path,
    seed: int,
    holes: Sequence[Hole],
    pipeline: Pipeline,
    open_engine: Callable[[int], Engine],
) -> Generator[Outcome, None, None]:
    drop_torn_line(file)
    known = read_draws(file)
    for hole in holes:
        live = _Live(open_engine, batch_seed(seed, hole.id, 0))
        before = known.get(hole.id, [])
        try:
            outcome, draws = pipeline.attempt(hole, before, live)
        finally:
            live.close()
        new = [draw.as_record() for draw in draws if draw not in before]
        if new:
            append_records(file, new)
        yield outcome


class _Live:
    """The model of one hole, loaded when it is first asked for."""

    def __init__(self, open_engine: Callable[[int], Engine], seed: int) -> None:
        self._open = open_engine
        self._seed = seed
        self._engine: Engine | None = None

    def __call__(self) -> Engine:
        if self._engine is None:
            self._engine = self._open(self._seed)
        return self._engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()


def read_draws(file: Path) -> dict[str, list[Draw]]:
    """Return what has been drawn, by hole; of two draws of one prompt the later, which is longer.

    :raises UsageError: the file cannot be read
    """
    found: dict[str, dict[tuple[str, str], Draw]] = {}
    if file.exists():
        for record in read_records(file, "draw", ("hole", "prompt")):
            draw = Draw.of_record(record)
            found.setdefault(draw.hole, {})[draw.key] = draw
    return {hole: list(draws.values()) for hole, draws in found.items()}


def read_outcomes(folder: Path) -> dict[str, list[Outcome]]:
    """Return the outcomes in ``folder`` by their label.

    :raises UsageError: there are none, or a file cannot be read
    """
    found = {}
    for file in sorted(folder.glob("outcomes-*.jsonl")):
        match = _OUTCOMES.fullmatch(file.name)
        if match is not None:
            found[match.group(1)] = _read_outcomes(file)
    if not found:
        raise UsageError(
            f"{folder} has no outcomes yet; `codex-lsp eval quality --out {folder}` makes them."
        )
    return found


def _read_outcomes(file: Path) -> list[Outcome]:
    records = read_records(file, "outcome", ("hole", "editor", "greedy", "rows"))
    return [Outcome.of_record(record) for record in records]


def merge_draws(out: Path, folders: Sequence[Path]) -> int:
    """Join the samples of a run's shards in ``out``; return how many holes there are.

    :raises UsageError: the parts are not of one run, or ``out`` holds something already
    """
    facts = facts_of_parts(out, folders)
    draws: dict[str, list[Draw]] = {}
    for folder in folders:
        for hole, items in read_draws(folder / DRAWS).items():
            draws.setdefault(hole, items)
    out.mkdir(parents=True, exist_ok=True)
    append_records(out / DRAWS, [draw.as_record() for items in draws.values() for draw in items])
    (out / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return len(draws)
