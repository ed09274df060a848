"""What ``codex-lsp eval`` does: runs with progress bars on standard error."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

import psutil
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from codex_lsp.cli.eval_engines import engines_of
from codex_lsp.cli.eval_options import Drawing
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.errors import UsageError
from codex_lsp.evals import checking, merging
from codex_lsp.evals import report as reporting
from codex_lsp.evals.crypto import CryptoJudge
from codex_lsp.evals.facts import run_facts
from codex_lsp.evals.figures import by_problem, pass_rates
from codex_lsp.evals.headers import read_header
from codex_lsp.evals.problems import Problem, ProblemSet, shard
from codex_lsp.evals.quality.run import BENCHMARK, merge_draws
from codex_lsp.evals.recipes import problems_of, problems_of_run
from codex_lsp.evals.run import FACTS, RESULTS, Progress, Settings, read_facts, sample
from codex_lsp.evals.samples import read_checked
from codex_lsp.evals.sandbox import Confinement, Limits, Sandbox, open_confinement
from codex_lsp.evals.sandbox.launch import Kind
from codex_lsp.model_dir import ModelDir


def run_file(benchmark: str, file: Path | None, drawing: Drawing) -> None:
    """Draw the samples of a published set, check them, and print pass@k."""
    _run({"benchmark": benchmark}, file, drawing)


def run_made(benchmark: str, recipe: Mapping[str, Any], drawing: Drawing) -> None:
    """Make problems, draw their samples, check them, and print pass@k."""
    _run({"benchmark": benchmark, benchmark: dict(recipe)}, None, drawing)


def _run(about: dict[str, Any], file: Path | None, drawing: Drawing) -> None:
    if drawing.header is not None:
        about["header"] = read_header(drawing.header)
    whole = problems_of(about, file)
    some = shard(whole.problems[: drawing.limit], *shard_of(drawing.shard))
    settings = _settings(drawing)
    # A sandbox that does not work is better known before hours of sampling.
    judge = _judge(whole.name, drawing.sandbox, drawing.timeout) if drawing.check else None
    model = find_or_offer(drawing.model)
    for each in settings:
        folder = drawing.out if len(settings) == 1 else drawing.out / f"t{each.temperature:g}"
        each = _as_begun(folder, each, drawing.batch)
        with closing(_draw(folder, whole, some, about, each, model, drawing)) as steps:
            show(steps, f"{whole.name}, T = {each.temperature:g}: samples")
        if judge is not None:
            _check(folder, whole, judge, drawing.workers)


def _settings(drawing: Drawing) -> list[Settings]:
    """Return the settings of each temperature.

    :raises UsageError: a number is out of its range, or a temperature is named twice
    """
    if len(set(drawing.temperature)) < len(drawing.temperature):
        raise UsageError("--temperature names the same temperature twice.")
    return [
        Settings(
            n=drawing.n,
            temperature=temperature,
            top_p=drawing.top_p,
            top_k=drawing.top_k,
            max_tokens=drawing.max_tokens,
            batch=min(drawing.batch, drawing.n),
            seed=drawing.seed,
        )
        for temperature in drawing.temperature
    ]


def _as_begun(folder: Path, settings: Settings, batch: int) -> Settings:
    """Return the settings with the batches of the run in ``folder``, where that had fewer samples.

    A run of fewer than ``batch`` has smaller ones, and can be added to in those only.
    """
    if not (folder / FACTS).exists():
        return settings
    was = read_facts(folder).get("settings", {})
    n, size = was.get("n", 0), was.get("batch", 0)
    smaller = 0 < n < settings.n and size == min(batch, n) and n % size == 0
    return replace(settings, batch=size) if smaller else settings


def _draw(
    folder: Path,
    whole: ProblemSet,
    some: Sequence[Problem],
    about: Mapping[str, Any],
    settings: Settings,
    model: ModelDir,
    drawing: Drawing,
) -> Generator[Progress, None, None]:
    engines = engines_of(drawing, model)
    facts = {**run_facts(whole.name, whole.sha256, model, *engines.facts), **about}
    return sample(folder, facts, some, settings, model.description, engines.open)


def check(folder: Path, file: Path | None, workers: int, timeout: int, sandbox: str) -> None:
    """Check what has no verdict yet, and print pass@k."""
    problems = problems_of_run(read_facts(folder), file)
    _check(folder, problems, _judge(problems.name, sandbox, timeout), workers)


def merge(out: Path, folders: Sequence[Path]) -> None:
    """Join shards."""
    if read_facts(folders[0]).get("benchmark") == BENCHMARK:
        sys.stdout.write(f"{out} has the samples of {merge_draws(out, folders)} holes.\n")
        return
    count = merging.merge(out, folders)
    sys.stdout.write(f"{out} has {count} samples.\n")


def report(folder: Path, page: Path | None) -> None:
    """Write the report and say where it is."""
    for written in reporting.write_report(folder, page):
        sys.stdout.write(f"{written}\n")


def shard_of(text: str) -> tuple[int, int]:
    """Read ``i/m``.

    :raises UsageError: it is something else
    """
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal()):
        raise UsageError(f"--shard is {text!r}, but has to be like 1/4.")
    return int(index), int(count)


def confinement_of(kind: str) -> Confinement:
    """Return where programs run; a weak place is said on standard error.

    :raises UsageError: there is no such kind
    :raises SandboxError: it does not work here
    """
    if kind not in get_args(Kind):
        raise UsageError(
            f"--sandbox is {kind!r}, but has to be one of {', '.join(get_args(Kind))}."
        )
    confinement = open_confinement(cast(Kind, kind))
    if confinement.warning:
        sys.stderr.write(f"codex-lsp: warning: {confinement.warning}\n")
    return confinement


def _judge(benchmark: str, kind: str, timeout: int) -> checking.Judge:
    """Return what judges samples: their programs are run, but for those that are only read."""
    if benchmark == "crypto":
        return CryptoJudge()
    if timeout < 1:
        raise UsageError(f"--timeout is {timeout}, but has to be 1 or more.")
    return Sandbox(confinement_of(kind), Limits(cpu_s=timeout, wall_s=10.0 * (timeout + 1)))


def _check(folder: Path, problems: ProblemSet, judge: checking.Judge, workers: int) -> None:
    count = workers or psutil.cpu_count(logical=False) or 1
    with closing(checking.check(folder, problems.problems, judge, count)) as steps:
        show(steps, "programs")
    groups = by_problem(read_checked(folder / RESULTS))
    sys.stdout.write(f"{folder}: {len(groups)} problems\n")
    for k, rate in pass_rates(groups).items():
        sys.stdout.write(
            f"pass@{k} {100 * rate.mean:.2f} % (95 %: {100 * rate.low:.2f} to "
            f"{100 * rate.high:.2f})\n"
        )


def show(steps: Iterable[Progress], what: str) -> None:
    """Take all ``steps``, with a progress bar on standard error."""
    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
    ) as bars:
        task = bars.add_task(what)
        for step in steps:
            bars.update(task, completed=step.done, total=step.total)
