"""The options that several ``codex-lsp eval`` commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

Problems = Annotated[Path | None, typer.Option("--problems", help="A .jsonl or .jsonl.gz file.")]
NeededProblems = Annotated[Path, typer.Option("--problems", help="A .jsonl or .jsonl.gz file.")]
Out = Annotated[Path, typer.Option("--out", help="The folder of the run; an old one goes on.")]
Seed = Annotated[int, typer.Option(help="The seeds of all batches are made from it.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first so many problems.")]
Shard = Annotated[str, typer.Option(help="i/m: only every m-th problem, from the i-th on.")]
Page = Annotated[
    Path | None, typer.Option("--page", help="Put the tables into this page of Markdown, too.")
]
Model = Annotated[
    str | None, typer.Option("--model", help="An installed model's name, or a directory's path.")
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Threads = Annotated[int, typer.Option(help="0: the physical cores, at most 4.")]
Workers = Annotated[int, typer.Option(min=0, help="Programs that run at once; 0: one a core.")]
Timeout = Annotated[int, typer.Option(help="Seconds of processor time for one program.")]
Confinement = Annotated[
    str, typer.Option("--sandbox", help="auto, bubblewrap, or limits (weak: see the manual).")
]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What every command that draws samples is asked: its fields are the options."""

    out: Out
    n: Annotated[int, typer.Option("-n", help="Samples a problem.")]
    temperature: Annotated[
        list[float], typer.Option(help="0 is greedy, with -n 1. Repeat it for a sweep.")
    ]
    max_tokens: Annotated[int, typer.Option(help="Longest sample, in tokens.")]
    top_p: Annotated[float, typer.Option(help="Sample from this much probability.")] = 0.95
    top_k: Annotated[int, typer.Option(help="And from the likeliest k tokens; 0: from all.")] = 0
    batch: Annotated[int, typer.Option(help="Samples drawn at once.")] = 20
    seed: Seed = 0
    limit: Limit = None
    shard: Shard = "1/1"
    header: Annotated[
        str | None, typer.Option(help="Python in front of every prompt, or a file that holds it.")
    ] = None
    model: Model = None
    engine: Annotated[
        str,
        typer.Option(help="ctranslate2, the editor's; or torch, faster for 100 samples a problem."),
    ] = "ctranslate2"
    device: Device = "auto"
    compute_type: Annotated[
        str,
        typer.Option(
            help="CTranslate2's: int8, float32, …; auto: int8 on a processor. torch's: bfloat16, "
            "float32."
        ),
    ] = "auto"
    threads: Threads = 0
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Judge the samples, running programs.")
    ] = True
    workers: Workers = 0
    timeout: Timeout = 3
    sandbox: Confinement = "auto"


Command = Callable[..., None]


def draws(n: int, temperature: float, max_tokens: int = 300) -> Callable[[Command], Command]:
    """Give a command the options of :class:`Drawing` behind its own, and one value of them all.

    The command takes that value as its first argument.

    :param n: the default of ``-n``, and so on
    """
    defaults = {"n": n, "temperature": [temperature], "max_tokens": max_tokens}

    def with_options(command: Command) -> Command:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        shared = [field.name for field in fields(Drawing)]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            drawing = Drawing(**{name: given.pop(name) for name in shared})
            command(drawing, **given)

        # typer reads the options off the signature.
        signature = inspect.Signature([*own, *_parameters(defaults)])
        run.__signature__ = signature  # type: ignore[attr-defined]
        run.__annotations__ = {name: item.annotation for name, item in signature.parameters.items()}
        return run

    return with_options


def _parameters(defaults: dict[str, Any]) -> list[inspect.Parameter]:
    """Return the fields of :class:`Drawing` as parameters."""
    hints = get_type_hints(Drawing, include_extras=True)
    given = inspect.signature(Drawing).parameters
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=defaults.get(name, item.default),
            annotation=hints[name],
        )
        for name, item in given.items()
    ]
