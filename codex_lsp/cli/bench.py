"""``codex-lsp bench``: the commands and their options; the work is in ``bench_runs``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_Files = Annotated[
    list[Path], typer.Option("--file", help="A file to type instead of the corpus. Repeatable.")
]
_Keys = Annotated[int, typer.Option("--limit-keys", help="About how many keys to press in all.")]
_Seed = Annotated[int, typer.Option(help="Seeds the typist's rhythm and the samples.")]
_Settings = Annotated[
    list[str], typer.Option("--setting", help="A setting of the server, name=value. Repeatable.")
]
_Compare = Annotated[
    list[str],
    typer.Option(help="A variant, name=value[,name=value]; the first is the base. Repeatable."),
]
_Pace = Annotated[str, typer.Option(help="real: keys when due; fast: when the answer is there.")]
_Client = Annotated[
    str, typer.Option(help="vscode calls outdated requests off; neovim never does.")
]
_Wpm = Annotated[float, typer.Option(help="The typist's speed in words a minute.")]
_Accept = Annotated[
    bool,
    typer.Option("--accept/--no-accept", help="Accept right suggestions, or press every key."),
]
_Model = Annotated[
    str | None, typer.Option("--model", help="An installed model's name, or a directory's path.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Out = Annotated[Path | None, typer.Option("--out", help="Keep what was recorded: JSON lines.")]
_Threads = Annotated[
    list[int], typer.Option(help="CPU threads; 0: as tuned. Repeat it to compare.")
]
_Contexts = Annotated[list[int], typer.Option("--context", help="Tokens. Repeatable.")]
_Rows = Annotated[list[int], typer.Option("-n", help="Rows decoded at once. Repeatable.")]
_Places = Annotated[int, typer.Option(help="Places at which first lines are timed.")]
_Repeats = Annotated[int, typer.Option(help="Measurements of each time.")]


def build_bench_app(settings: dict[str, list[str]]) -> typer.Typer:
    """Put the sub-commands together."""
    app = typer.Typer(
        help="Measure how fast completions come.", no_args_is_help=True, context_settings=settings
    )
    app.command("replay")(_replay)
    app.command("latency")(_latency)
    app.command("recall")(_recall)
    app.command("waiting")(_waiting)
    app.command("context")(_context)
    app.command("peer")(_peer)
    app.command("cancel")(_cancel)
    app.command("memory")(_memory)
    app.command("startup")(_startup)
    app.command("overhead")(_overhead)
    app.command("project")(_project)
    app.command("all")(_all)
    app.command("show")(_show)
    return app


def _replay(
    file: _Files = [],  # noqa: B006 - typer copies it
    limit_keys: _Keys = 300,
    seed: _Seed = 0,
    setting: _Settings = [],  # noqa: B006
    compare: _Compare = [],  # noqa: B006
    pace: _Pace = "real",
    client: _Client = "vscode",
    wpm: _Wpm = 51.56,
    accept: _Accept = True,
    model: _Model = None,
    out: _Out = None,
    as_json: _Json = False,
) -> None:
    """Type real files against the real server, and see what a user would have of it."""
    from codex_lsp.cli import bench_runs
    from codex_lsp.cli.bench_output import Output

    typing = bench_runs.Typing(file, limit_keys, seed, pace, client, wpm, accept)
    bench_runs.run_replay(typing, setting, compare, model, Output(out, as_json))


def _latency(
    context: _Contexts = [64, 128, 256, 512, 1024],  # noqa: B006
    n: _Rows = [1, 2, 4, 8],  # noqa: B006
    threads: _Threads = [0],  # noqa: B006
    repeats: _Repeats = 5,
    places: _Places = 12,
    model: _Model = None,
    plot: Annotated[Path | None, typer.Option(help="Write an SVG (extra `bench`).")] = None,
    out: _Out = None,
    as_json: _Json = False,
) -> None:
    """Time the engine and the pipeline: cold, warm, a step, the first line."""
    from codex_lsp.cli import bench_engine_runs
    from codex_lsp.cli.bench_output import Output

    sizes = bench_engine_runs.Sizes(context, n, repeats, places)
    bench_engine_runs.run_latency(sizes, threads, model, plot, Output(out, as_json))


def _recall(
    folder: Annotated[
        list[Path], typer.Argument(help="Python packages to type instead of the corpus.")
    ] = [],  # noqa: B006
    lines: Annotated[int, typer.Option(help="How many lines of each package are typed.")] = 300,
    seed: Annotated[int, typer.Option(help="Which lines.")] = 0,
    compete: Annotated[
        bool, typer.Option("--compete", help="Complete with the model, with and without them.")
    ] = False,
    model: _Model = None,
    fit: Annotated[bool, typer.Option("--fit", help="Print weights fitted to the lines.")] = False,
    as_json: _Json = False,
) -> None:
    """See how often lines that were seen before are right, and what they add to samples."""
    from codex_lsp.cli import bench_recall_runs

    typing = bench_recall_runs.Typing(folder, lines, seed)
    if compete:
        bench_recall_runs.run_competing(typing, model, fit, as_json)
    else:
        bench_recall_runs.run_recall(typing, fit, as_json)


def _waiting(
    folder: Annotated[
        list[Path], typer.Argument(help="Python packages to complete in instead of the corpus.")
    ] = [],  # noqa: B006
    lines: Annotated[int, typer.Option(help="How many lines of each package are taken.")] = 60,
    seed: _Seed = 0,
    model: _Model = None,
    as_json: _Json = False,
) -> None:
    """Compare rules for how many samples to draw and to wait for, on the same samples."""
    from codex_lsp.cli import bench_recall_runs, bench_waiting_runs

    bench_waiting_runs.run_waiting(bench_recall_runs.Typing(folder, lines, seed), model, as_json)


def _context(
    package: Annotated[
        list[str], typer.Option("--package", help="Only this one of the corpus. Repeatable.")
    ] = [],  # noqa: B006
    lines: Annotated[int, typer.Option(help="How many lines of each package are taken.")] = 120,
    tokens: Annotated[int, typer.Option(help="Tokens of a prompt, snippets included.")] = 256,
    share: Annotated[float, typer.Option(help="How much of them snippets may take.")] = 0.25,
    suffix: Annotated[
        int, typer.Option(help="And so many of what stands below; 0: the file ends here.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Which lines.")] = 0,
    model: _Model = None,
    show: Annotated[
        list[Path], typer.Option("--show", help="Only print a recording. Repeatable.")
    ] = [],  # noqa: B006
    out: _Out = None,
    as_json: _Json = False,
) -> None:
    """See what snippets of other files add to the next line, on the same places."""
    from codex_lsp.cli import bench_context_runs
    from codex_lsp.cli.bench_output import Output

    if show:
        bench_context_runs.show(show, as_json)
        return
    plan = bench_context_runs.Plan(package, lines, tokens, share, seed, suffix)
    bench_context_runs.run_context(plan, model, Output(out, as_json))


def _peer(
    limit_keys: _Keys = 300,
    seed: _Seed = 0,
    setting: _Settings = [],  # noqa: B006
    threads: Annotated[
        int, typer.Option(help="For both; 0: as tuned, and all cores for llama.cpp.")
    ] = 0,
    repeats: _Repeats = 3,
    places: _Places = 8,
    accept: _Accept = True,
    out: _Out = None,
    as_json: _Json = False,
) -> None:
    """Compare with llama.cpp on the base's weights, taking turns. Needs the extra `peer`."""
    from codex_lsp.cli import bench_peer
    from codex_lsp.cli.bench_output import Output

    plan = bench_peer.Plan(limit_keys, seed, setting, threads, repeats, places, accept)
    bench_peer.run(plan, Output(out, as_json))


def _cancel(
    n: _Rows = [1, 4],  # noqa: B006
    count: Annotated[int, typer.Option(help="Cancellations for each -n.")] = 60,
    context: Annotated[int, typer.Option(help="Tokens of the prompt.")] = 256,
    model: _Model = None,
    out: _Out = None,
    as_json: _Json = False,
) -> None:
    """Time from a cancellation to an idle engine, in ms and in decoding steps."""
    from codex_lsp.cli import bench_engine_runs
    from codex_lsp.cli.bench_output import Output

    bench_engine_runs.run_cancel(n, count, context, model, Output(out, as_json))


def _memory(
    requests: Annotated[int, typer.Option(help="How many requests are sent.")] = 10_000,
    setting: _Settings = [],  # noqa: B006
    seed: _Seed = 0,
    model: _Model = None,
    out: _Out = None,
    as_json: _Json = False,
) -> None:
    """Watch the memory of the server and its child processes over many requests."""
    from codex_lsp.cli import bench_server_runs
    from codex_lsp.cli.bench_output import Output

    bench_server_runs.run_memory(requests, setting, seed, model, Output(out, as_json))


def _startup(
    repeats: _Repeats = 5,
    setting: _Settings = [],  # noqa: B006
    model: _Model = None,
    out: _Out = None,
    as_json: _Json = False,
) -> None:
    """Time from a server's start to its first suggestion, with a warm and a cold disk cache."""
    from codex_lsp.cli import bench_server_runs
    from codex_lsp.cli.bench_output import Output

    bench_server_runs.run_startup(repeats, setting, model, Output(out, as_json))


def _overhead(
    repeats: _Repeats = 40,
    setting: _Settings = [],  # noqa: B006
    model: _Model = None,
    out: _Out = None,
    as_json: _Json = False,
) -> None:
    """Time what the server adds to the engine, in a small file and in one of a megabyte."""
    from codex_lsp.cli import bench_server_runs
    from codex_lsp.cli.bench_output import Output

    bench_server_runs.run_overhead(repeats, setting, model, Output(out, as_json))


def _project(
    files: Annotated[int, typer.Option(help="How many files the project has.")] = 10_000,
    repeats: _Repeats = 10,
    setting: _Settings = [],  # noqa: B006
    model: _Model = None,
    out: _Out = None,
    as_json: _Json = False,
) -> None:
    """Time what a large project adds to a request, while it is read and once it has been."""
    from codex_lsp.cli import bench_server_runs
    from codex_lsp.cli.bench_output import Output

    bench_server_runs.run_project(files, repeats, setting, model, Output(out, as_json))


def _all(
    out: Annotated[Path, typer.Option("--out", help="A folder for all that is measured.")],
    page: Annotated[
        Path | None, typer.Option(help="A page whose marked places take the tables.")
    ] = None,
    limit_keys: _Keys = 300,
    requests: Annotated[int, typer.Option(help="Requests of the memory run.")] = 10_000,
) -> None:
    """Run every benchmark with its defaults: tables as Markdown, the plot, all recordings."""
    from codex_lsp.cli import bench_all

    bench_all.run(out, page, limit_keys, requests)


def _show(
    file: Annotated[Path, typer.Argument(help="What a replay has recorded.")],
    as_json: _Json = False,
) -> None:
    """Print the tables of a recorded replay again."""
    from codex_lsp.cli import bench_runs

    bench_runs.show(file, as_json)
