"""``codex-lsp eval``: the commands and their options; the work is in ``eval_runs``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_Out = Annotated[Path, typer.Option("--out", help="The folder of the run; an old one goes on.")]
_Problems = Annotated[Path | None, typer.Option("--problems", help="A .jsonl or .jsonl.gz file.")]
_NeededProblems = Annotated[Path, typer.Option("--problems", help="A .jsonl or .jsonl.gz file.")]
_N = Annotated[int, typer.Option("-n", help="Samples a problem.")]
_Temperature = Annotated[
    list[float], typer.Option(help="0 is greedy, with -n 1. Repeat it for a sweep.")
]
_TopP = Annotated[float, typer.Option(help="Sample from this much probability.")]
_TopK = Annotated[int, typer.Option(help="And from the likeliest k tokens; 0: from all.")]
_MaxTokens = Annotated[int, typer.Option(help="Longest sample, in tokens.")]
_Batch = Annotated[int, typer.Option(help="Samples drawn at once.")]
_Seed = Annotated[int, typer.Option(help="The seeds of all batches are made from it.")]
_Lengths = Annotated[list[int], typer.Option(help="Steps in a chain. Repeat it for several.")]
_Limit = Annotated[int | None, typer.Option(help="Only the first so many problems.")]
_Shard = Annotated[str, typer.Option(help="i/m: only every m-th problem, from the i-th on.")]
_Model = Annotated[
    str | None, typer.Option("--model", help="An installed model's name, or a directory's path.")
]
_Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
_Threads = Annotated[int, typer.Option(help="0: the physical cores, at most 4.")]
_Check = Annotated[bool, typer.Option("--check/--no-check", help="Run the samples' programs.")]
_Workers = Annotated[int, typer.Option(help="Programs that run at once; 0: one a core.")]
_Timeout = Annotated[int, typer.Option(help="Seconds of processor time for one program.")]
_Confinement = Annotated[
    str, typer.Option("--sandbox", help="auto, bubblewrap, or limits (weak: see the manual).")
]


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
    app.command("chains")(_chains)
    app.command("quality")(_quality)
    app.command("suites")(_suites)
    app.command("calibrate")(_calibrate)
    app.command("check")(_check)
    app.command("merge")(_merge)
    app.command("report")(_report)
    return app


def _humaneval(
    out: _Out,
    problems: _Problems = None,
    n: _N = 200,
    temperature: _Temperature = [0.8],  # noqa: B006 - typer copies it
    top_p: _TopP = 0.95,
    top_k: _TopK = 0,
    max_tokens: _MaxTokens = 300,
    batch: _Batch = 20,
    seed: _Seed = 0,
    limit: _Limit = None,
    shard: _Shard = "1/1",
    model: _Model = None,
    device: _Device = "auto",
    threads: _Threads = 0,
    check: _Check = True,
    workers: _Workers = 0,
    timeout: _Timeout = 3,
    sandbox: _Confinement = "auto",
) -> None:
    """HumanEval: write function bodies. Its problems come with the `eval` extra."""
    from codex_lsp.cli import eval_runs

    drawing = eval_runs.Drawing(n, temperature, top_p, top_k, max_tokens, batch, seed)
    machine = eval_runs.Machine(model, device, threads, check, workers, timeout, sandbox)
    eval_runs.run_file("humaneval", problems, out, limit, shard, drawing, machine)


def _mbpp(
    out: _Out,
    problems: _NeededProblems,
    n: _N = 200,
    temperature: _Temperature = [0.8],  # noqa: B006 - typer copies it
    top_p: _TopP = 0.95,
    top_k: _TopK = 0,
    max_tokens: _MaxTokens = 300,
    batch: _Batch = 20,
    seed: _Seed = 0,
    limit: _Limit = None,
    shard: _Shard = "1/1",
    model: _Model = None,
    device: _Device = "auto",
    threads: _Threads = 0,
    check: _Check = True,
    workers: _Workers = 0,
    timeout: _Timeout = 3,
    sandbox: _Confinement = "auto",
) -> None:
    """MBPP, its test problems 11 to 510: write programs from a description and three tests."""
    from codex_lsp.cli import eval_runs

    drawing = eval_runs.Drawing(n, temperature, top_p, top_k, max_tokens, batch, seed)
    machine = eval_runs.Machine(model, device, threads, check, workers, timeout, sandbox)
    eval_runs.run_file("mbpp", problems, out, limit, shard, drawing, machine)


def _infilling(
    out: _Out,
    problems: _NeededProblems,
    n: _N = 1,
    temperature: _Temperature = [0.0],  # noqa: B006 - typer copies it
    top_p: _TopP = 0.95,
    top_k: _TopK = 0,
    max_tokens: _MaxTokens = 128,
    batch: _Batch = 20,
    seed: _Seed = 0,
    limit: _Limit = None,
    shard: _Shard = "1/1",
    model: _Model = None,
    device: _Device = "auto",
    threads: _Threads = 0,
    check: _Check = True,
    workers: _Workers = 0,
    timeout: _Timeout = 3,
    sandbox: _Confinement = "auto",
) -> None:
    """HumanEval's infilling sets: fill holes in functions."""
    from codex_lsp.cli import eval_runs

    drawing = eval_runs.Drawing(n, temperature, top_p, top_k, max_tokens, batch, seed)
    machine = eval_runs.Machine(model, device, threads, check, workers, timeout, sandbox)
    eval_runs.run_file("infilling", problems, out, limit, shard, drawing, machine)


def _chains(
    out: _Out,
    length: _Lengths = [1, 2, 3, 4, 5],  # noqa: B006 - typer copies it
    count: Annotated[int, typer.Option(help="Chains of each length.")] = 20,
    n: _N = 20,
    temperature: _Temperature = [0.8],  # noqa: B006 - typer copies it
    top_p: _TopP = 0.95,
    top_k: _TopK = 0,
    max_tokens: _MaxTokens = 300,
    batch: _Batch = 20,
    seed: _Seed = 0,
    shard: _Shard = "1/1",
    model: _Model = None,
    device: _Device = "auto",
    threads: _Threads = 0,
    check: _Check = True,
    workers: _Workers = 0,
    timeout: _Timeout = 3,
    sandbox: _Confinement = "auto",
) -> None:
    """Docstrings of chained string manipulations: how the pass rate falls with their number."""
    from codex_lsp.cli import eval_runs

    drawing = eval_runs.Drawing(n, temperature, top_p, top_k, max_tokens, batch, seed)
    machine = eval_runs.Machine(model, device, threads, check, workers, timeout, sandbox)
    eval_runs.run_chains(length, count, out, shard, drawing, machine)


def _quality(
    out: _Out,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Cut holes into the files below this folder.")
    ] = None,
    each: Annotated[int, typer.Option(help="Holes of each kind in each language.")] = 34,
    label: Annotated[str, typer.Option(help="A name for what this version comes to.")] = "now",
    seed: _Seed = 0,
    limit: Annotated[int | None, typer.Option(help="Only the first so many holes.")] = None,
    shard: Annotated[
        str, typer.Option(help="i/m: only every m-th hole, from the i-th on.")
    ] = "1/1",
    drawn: Annotated[bool, typer.Option("--drawn", help="Only holes that were drawn.")] = False,
    model: _Model = None,
    device: _Device = "auto",
    threads: _Threads = 0,
    patience: Annotated[int | None, typer.Option(help="Steps; -1 waits for all samples.")] = None,
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


def _suites(
    out: _Out,
    each: Annotated[int, typer.Option(help="Holes of each kind in each package.")] = 20,
    label: Annotated[str, typer.Option(help="A name for what this version comes to.")] = "now",
    seed: _Seed = 0,
    limit: Annotated[int | None, typer.Option(help="Only the first so many holes.")] = None,
    model: _Model = None,
    device: _Device = "auto",
    threads: _Threads = 0,
    sandbox: _Confinement = "auto",
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
    problems: _Problems = None,
    workers: _Workers = 0,
    timeout: _Timeout = 3,
    sandbox: _Confinement = "auto",
) -> None:
    """Run the programs of a run that have no verdict yet."""
    from codex_lsp.cli import eval_runs

    eval_runs.check(folder, problems, workers, timeout, sandbox)


def _merge(
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    folders: Annotated[list[Path], typer.Argument(help="The folders of one run's shards.")],
) -> None:
    """Join the shards of one run."""
    from codex_lsp.cli import eval_runs

    eval_runs.merge(out, folders)


def _report(
    folder: Annotated[Path, typer.Argument(help="The folder of a run, or one that holds runs.")],
    page: Annotated[
        Path | None, typer.Option("--page", help="Put the tables into this page of Markdown, too.")
    ] = None,
) -> None:
    """Write report.html and report.md. Needs the `eval` extra."""
    from codex_lsp.cli import eval_runs

    eval_runs.report(folder, page)
