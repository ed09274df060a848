"""``codex-lsp eval``: the commands and their options; the work is in ``eval_runs``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codex_lsp.cli import eval_options as opt
from codex_lsp.cli.eval_options import Drawing, draws
from codex_lsp.cli.eval_probes import add_probes


def build_eval_app(settings: dict[str, list[str]]) -> typer.Typer:
    """Put the sub-commands together."""
    app = typer.Typer(
        help="Measure a model as the Codex paper does.",
        no_args_is_help=True,
        context_settings=settings,
    )
    app.command("humaneval")(_humaneval)
    app.command("mbpp")(_mbpp)
    app.command("infilling")(_infilling)
    add_probes(app)
    app.command("quality")(_quality)
    app.command("filters")(_filters)
    app.command("suites")(_suites)
    app.command("calibrate")(_calibrate)
    app.command("check")(_check)
    app.command("score")(_score)
    app.command("merge")(_merge)
    app.command("report")(_report)
    app.command("compare")(_compare)
    return app


@draws(n=200, temperature=0.8)
def _humaneval(drawing: Drawing, problems: opt.Problems = None) -> None:
    """HumanEval: write function bodies. Its problems come with the `eval` extra."""
    from codex_lsp.cli import eval_runs

    eval_runs.run_file("humaneval", problems, drawing)


@draws(n=200, temperature=0.8)
def _mbpp(drawing: Drawing, problems: opt.NeededProblems) -> None:
    """MBPP, its test problems 11 to 510: write programs from a description and three tests."""
    from codex_lsp.cli import eval_runs

    eval_runs.run_file("mbpp", problems, drawing)


@draws(n=1, temperature=0.0, max_tokens=128)
def _infilling(drawing: Drawing, problems: opt.NeededProblems) -> None:
    """HumanEval's infilling sets: fill holes in functions."""
    from codex_lsp.cli import eval_runs

    eval_runs.run_file("infilling", problems, drawing)


def _quality(
    out: opt.Out,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Cut holes into the files below this folder.")
    ] = None,
    each: Annotated[int, typer.Option(help="Holes of each kind in each language.")] = 34,
    label: Annotated[str, typer.Option(help="A name for what this version comes to.")] = "now",
    seed: opt.Seed = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many holes.")] = None,
    shard: Annotated[
        str, typer.Option(help="i/m: only every m-th hole, from the i-th on.")
    ] = "1/1",
    drawn: Annotated[bool, typer.Option("--drawn", help="Only holes that were drawn.")] = False,
    model: opt.Model = None,
    device: opt.Device = "auto",
    threads: opt.Threads = 0,
    patience: Annotated[
        int | None, typer.Option(min=-1, help="Steps; -1 waits for all samples.")
    ] = None,
    ranker: Annotated[str | None, typer.Option(help="Another ranker than the default.")] = None,
    agreement: Annotated[float | None, typer.Option(help="Weight of samples that agree.")] = None,
    parse_errors: Annotated[float | None, typer.Option(help="Weight of syntax errors.")] = None,
) -> None:
    """Holes in real code of five languages, through the editor's pipeline.

    Samples are drawn once and kept in the folder; run it again, with another --label, to see what
    another version of this project, or another choice, makes of the same samples.
    """
    from codex_lsp.cli import eval_quality_runs as runs

    places = runs.Places(folder, each, seed)
    part = runs.Part(limit, shard, drawn)
    variant = runs.Variant(patience, ranker, agreement, parse_errors)
    engines = runs.Engines(model, device, threads)
    runs.run_quality(places, out, label, part, engines, variant)


def _filters(
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Cut holes into the files below this folder.")
    ] = None,
    each: Annotated[int, typer.Option(help="Holes of each kind in each language.")] = 200,
    seed: opt.Seed = 0,
    page: opt.Page = None,
) -> None:
    """How often the filters harm code that is right: the holes' own texts instead of samples.

    It needs no model.
    """
    from codex_lsp.cli import eval_quality_runs as runs

    runs.run_filters(runs.Places(folder, each, seed), page)


def _suites(
    out: opt.Out,
    each: Annotated[int, typer.Option(help="Holes of each kind in each package.")] = 20,
    label: Annotated[str, typer.Option(help="A name for what this version comes to.")] = "now",
    seed: opt.Seed = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many holes.")] = None,
    model: opt.Model = None,
    device: opt.Device = "auto",
    threads: opt.Threads = 0,
    sandbox: opt.Confinement = "auto",
) -> None:
    """Holes in packages that ship tests, and how often those pass with the completion put in."""
    from codex_lsp.cli import eval_quality_runs as runs

    engines = runs.Engines(model, device, threads)
    runs.run_suites(each, seed, out, label, limit, sandbox, engines)


def _calibrate(
    folder: Annotated[Path, typer.Argument(help="The folder of a quality run.")],
    label: Annotated[str | None, typer.Option(help="Which of its versions.")] = None,
) -> None:
    """Is the confidence of completions a probability? Fits its constants on half of the files."""
    from codex_lsp.cli import eval_quality_runs

    eval_quality_runs.calibrate(folder, label)


def _check(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.")],
    problems: opt.Problems = None,
    workers: opt.Workers = 0,
    timeout: opt.Timeout = 3,
    sandbox: opt.Confinement = "auto",
) -> None:
    """Run the programs of a run that have no verdict yet."""
    from codex_lsp.cli import eval_runs

    eval_runs.check(folder, problems, workers, timeout, sandbox)


def _score(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.")],
    by: Annotated[
        str, typer.Option(help="back-translation, suffix-likelihood, reference or safety.")
    ],
    problems: opt.Problems = None,
    limit: opt.Limit = None,
    shard: opt.Shard = "1/1",
    model: opt.Model = None,
    device: opt.Device = "auto",
    threads: opt.Threads = 0,
) -> None:
    """Score the samples of a run for the report: another way to rank, or to compare models."""
    from codex_lsp.cli import eval_scores

    machine = eval_scores.Machine(model, device, threads)
    eval_scores.score(folder, by, problems, limit, shard, machine)


def _merge(
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    folders: Annotated[list[Path], typer.Argument(help="The folders of one run's shards.")],
) -> None:
    """Join the shards of one run."""
    from codex_lsp.cli import eval_runs

    eval_runs.merge(out, folders)


def _report(
    folder: Annotated[Path, typer.Argument(help="The folder of a run, or one that holds runs.")],
    page: opt.Page = None,
) -> None:
    """Write report.html and report.md. Needs the `eval` extra."""
    from codex_lsp.cli import eval_runs

    eval_runs.report(folder, page)


def _compare(
    first: Annotated[Path, typer.Argument(help="The folder of a checked run, or a quality run.")],
    second: Annotated[Path, typer.Argument(help="Another, of the same problems or holes.")],
    page: opt.Page = None,
) -> None:
    """Two runs problem by problem, or hole by hole: what the second gains over the first."""
    from codex_lsp.cli import eval_scores

    eval_scores.compare(first, second, page)
