"""The options that several ``codex-lsp eval`` commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path, typer.Option("--out", help="The folder of the run; an old one goes on.")]
Problems = Annotated[Path | None, typer.Option("--problems", help="A .jsonl or .jsonl.gz file.")]
NeededProblems = Annotated[Path, typer.Option("--problems", help="A .jsonl or .jsonl.gz file.")]
SamplesEach = Annotated[int, typer.Option("-n", help="Samples a problem.")]
Temperature = Annotated[
    list[float], typer.Option(help="0 is greedy, with -n 1. Repeat it for a sweep.")
]
TopP = Annotated[float, typer.Option(help="Sample from this much probability.")]
TopK = Annotated[int, typer.Option(help="And from the likeliest k tokens; 0: from all.")]
MaxTokens = Annotated[int, typer.Option(help="Longest sample, in tokens.")]
Batch = Annotated[int, typer.Option(help="Samples drawn at once.")]
Seed = Annotated[int, typer.Option(help="The seeds of all batches are made from it.")]
Limit = Annotated[int | None, typer.Option(help="Only the first so many problems.")]
Shard = Annotated[str, typer.Option(help="i/m: only every m-th problem, from the i-th on.")]
Header = Annotated[
    str | None, typer.Option(help="Python in front of every prompt, or a file that holds it.")
]
Page = Annotated[
    Path | None, typer.Option("--page", help="Put the tables into this page of Markdown, too.")
]
Model = Annotated[
    str | None, typer.Option("--model", help="An installed model's name, or a directory's path.")
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
ComputeType = Annotated[
    str, typer.Option(help="CTranslate2's: int8, float32, …; auto: int8 on a processor.")
]
Threads = Annotated[int, typer.Option(help="0: the physical cores, at most 4.")]
Check = Annotated[bool, typer.Option("--check/--no-check", help="Run the samples' programs.")]
Workers = Annotated[int, typer.Option(help="Programs that run at once; 0: one a core.")]
Timeout = Annotated[int, typer.Option(help="Seconds of processor time for one program.")]
Confinement = Annotated[
    str, typer.Option("--sandbox", help="auto, bubblewrap, or limits (weak: see the manual).")
]
