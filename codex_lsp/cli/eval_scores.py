"""What ``codex-lsp eval score`` and ``codex-lsp eval compare`` do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

from codex_lsp.cli.eval_runs import shard_of, show
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.engine.base import Engine
from codex_lsp.engine.ct2 import CTranslate2Engine, computes, default_threads, pick_device
from codex_lsp.errors import UsageError
from codex_lsp.evals import scorers
from codex_lsp.evals.checked_runs import read_run
from codex_lsp.evals.comparing import comparison
from codex_lsp.evals.problems import Problem, shard
from codex_lsp.evals.quality.comparing import is_quality, quality_comparison, read_quality
from codex_lsp.evals.recipes import problems_of_run
from codex_lsp.evals.report import fill_page, markdown_table
from codex_lsp.evals.run import read_facts
from codex_lsp.evals.scorers import Scorer
from codex_lsp.evals.scores import Kind, scores_file
from codex_lsp.evals.scoring import score as score_run
from codex_lsp.model_dir import WEIGHTS_FILE, ModelDescription, ModelDir
from codex_lsp.options import Device, EngineOptions

_WITH_MODEL: Mapping[str, Callable[[Engine, ModelDescription], Scorer]] = {
    "back-translation": scorers.back_translation,
    "suffix-likelihood": scorers.suffix_likelihood,
    "reference": scorers.reference,
}


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the model is asked; None is the run's own model, if it is installed."""

    model: str | None
    device: str
    threads: int


def score(
    folder: Path,
    by: str,
    file: Path | None,
    limit: int | None,
    part: str,
    machine: Machine,
) -> None:
    """Score the samples of a run, and say where the scores are."""
    if by not in get_args(Kind):
        raise UsageError(f"--by is {by!r}, but has to be one of {', '.join(get_args(Kind))}.")
    kind = cast(Kind, by)
    facts = read_facts(folder)
    problems = shard(problems_of_run(facts, file).problems[:limit], *shard_of(part))
    if kind == "safety":
        _show(folder, problems, kind, scorers.safety())
        return
    model = _model_of(facts, machine.model)
    # The samples are seen with the arithmetic that they were drawn with, where that can be had:
    # torch computes with types that CTranslate2 does not have on every processor.
    device = cast(Device, machine.device)
    drawn_with = facts["model"]["compute_type"]
    elsewhere = "engine" in facts["model"] and not computes(drawn_with, pick_device(device))
    options = EngineOptions(
        device,
        "auto" if elsewhere else drawn_with,
        machine.threads or default_threads(),
        0,
    )
    engine = CTranslate2Engine(model, options)
    try:
        _show(folder, problems, kind, _WITH_MODEL[kind](engine, model.description))
    finally:
        engine.close()


def _show(folder: Path, problems: Sequence[Problem], kind: Kind, scorer: Scorer) -> None:
    with closing(score_run(folder, problems, kind, scorer)) as steps:
        show(steps, f"{kind}: problems")
    sys.stdout.write(f"{scores_file(folder, kind)}\n")


def _model_of(facts: Mapping[str, Any], name: str | None) -> ModelDir:
    """Return the model that drew the samples.

    :raises UsageError: another is named or installed
    """
    drawn = facts["model"]
    model = find_or_offer(name or drawn["name"])
    weights = model.description.files.get(WEIGHTS_FILE)
    if weights is not None and weights.sha256 != drawn["weights_sha256"]:
        raise UsageError(
            f"The samples were drawn by {drawn['name']} as {drawn['quantization']}, and "
            f"{model.path} has other weights; name the model's directory with --model."
        )
    return model


def compare(first: Path, second: Path, page: Path | None) -> None:
    """Print what the second run gains over the first.

    :raises UsageError: they are no two runs of the same problems or holes
    """
    if is_quality(first) != is_quality(second):
        raise UsageError(f"{first} and {second} measure different things; name two of a kind.")
    one, other = _told_apart(first, second)
    if is_quality(first):
        tables = quality_comparison(
            replace(read_quality(first), name=one), replace(read_quality(second), name=other)
        )
    else:
        tables = comparison(
            replace(read_run(first), name=one), replace(read_run(second), name=other)
        )
    if page is not None:
        fill_page(page, tables)
    sys.stdout.write("\n\n".join(map(markdown_table, tables)) + "\n")


def _told_apart(first: Path, second: Path) -> tuple[str, str]:
    """Return the folders' names, with as many of those above them as it takes.

    >>> _told_apart(Path("/runs/base/line"), Path("/runs/tuned/line"))
    ('base/line', 'tuned/line')
    """
    paths = first.absolute(), second.absolute()
    for depth in range(1, max(len(path.parts) for path in paths)):
        one, other = ("/".join(path.parts[-depth:]) for path in paths)
        if one != other:
            return one, other
    return first.name, second.name
