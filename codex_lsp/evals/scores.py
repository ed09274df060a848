"""Scores beside a run's samples: ``scores-KIND.jsonl``, one sample a line, only ever added to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from codex_lsp.evals.samples import Sample, append_records, read_records

Kind = Literal["back-translation", "suffix-likelihood", "reference", "safety"]

_FILE = re.compile(r"scores-(.+)\.jsonl")


@dataclass(frozen=True, slots=True)
class SampleScore:
    """What one sample was given.

    :ivar score: the higher the better; None where there was nothing to score
    :ivar ms: what it took; samples that are scored together share it evenly
    """

    task_id: str
    index: int
    score: float | None
    ms: float

    @property
    def key(self) -> Key:
        """Which sample it is about."""
        return self.task_id, self.index


Key = tuple[str, int]
Scores = Mapping[Key, SampleScore]


def key_of(sample: Sample) -> Key:
    """Return what tells a sample from the others of its run."""
    return sample.task_id, sample.index


def scores_file(folder: Path, kind: str) -> Path:
    """Return where a run's scores of one kind are."""
    return folder / f"scores-{kind}.jsonl"


def read_scores(file: Path) -> dict[Key, SampleScore]:
    """Read scores, without a torn last line; of two for one sample the later.

    :raises UsageError: the file cannot be read, or a line is none
    """
    fields = ("task_id", "index", "score", "ms")
    scores = (
        SampleScore(*(record[field] for field in fields))
        for record in read_records(file, "score", fields)
    )
    return {score.key: score for score in scores}


def all_scores(folder: Path) -> dict[str, dict[Key, SampleScore]]:
    """Return all scores of a run, by their kind.

    :raises UsageError: a file cannot be read
    """
    found = {}
    for file in sorted(folder.glob("scores-*.jsonl")):
        match = _FILE.fullmatch(file.name)
        if match is not None:
            found[match.group(1)] = read_scores(file)
    return found


def append_scores(file: Path, scores: Iterable[SampleScore]) -> None:
    """Write scores to the end of ``file`` and to the disk, in one go."""
    append_records(file, [asdict(score) for score in scores])


def covers(scores: Scores, keys: Collection[Key]) -> bool:
    """Say whether every one of ``keys`` has been scored."""
    return all(key in scores for key in keys)
