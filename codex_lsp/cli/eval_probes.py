"""``codex-lsp eval``: the commands whose problems are made, not read."""

from __future__ import annotations

from typing import Annotated

import typer

from codex_lsp.cli import eval_options as opt

_Lengths = Annotated[list[int], typer.Option(help="Steps in a chain. Repeat it for several.")]
_Operations = Annotated[list[int], typer.Option(help="Operations. Repeat it for several.")]
_Examples = Annotated[list[int], typer.Option(help="Examples in front. Repeat it for several.")]


def add_probes(app: typer.Typer) -> None:
    """Add the sub-commands."""
    app.command("chains")(_chains)
    app.command("bindings")(_bindings)
    app.command("contexts")(_contexts)
    app.command("crypto")(_crypto)


def _chains(
    out: opt.Out,
    length: _Lengths = [1, 2, 3, 4, 5],  # noqa: B006 - typer copies it
    count: Annotated[int, typer.Option(help="Chains of each length.")] = 20,
    n: opt.SamplesEach = 20,
    temperature: opt.Temperature = [0.8],  # noqa: B006 - typer copies it
    top_p: opt.TopP = 0.95,
    top_k: opt.TopK = 0,
    max_tokens: opt.MaxTokens = 300,
    batch: opt.Batch = 20,
    seed: opt.Seed = 0,
    limit: opt.Limit = None,
    shard: opt.Shard = "1/1",
    header: opt.Header = None,
    model: opt.Model = None,
    device: opt.Device = "auto",
    compute_type: opt.ComputeType = "auto",
    threads: opt.Threads = 0,
    check: opt.Check = True,
    workers: opt.Workers = 0,
    timeout: opt.Timeout = 3,
    sandbox: opt.Confinement = "auto",
) -> None:
    """Docstrings of chained string manipulations: how the pass rate falls with their number."""
    from codex_lsp.cli import eval_runs

    drawing = eval_runs.Drawing(n, temperature, top_p, top_k, max_tokens, batch, seed)
    machine = eval_runs.Machine(
        model, device, compute_type, threads, check, workers, timeout, sandbox
    )
    recipe = {"lengths": sorted(set(length)), "count": count, "seed": seed}
    eval_runs.run_made("chains", recipe, out, limit, shard, header, drawing, machine)


def _bindings(
    out: opt.Out,
    operations: _Operations = [1, 2, 3, 4, 5, 6],  # noqa: B006 - typer copies it
    count: Annotated[int, typer.Option(help="Problems of each number of operations.")] = 20,
    n: opt.SamplesEach = 20,
    temperature: opt.Temperature = [0.8],  # noqa: B006 - typer copies it
    top_p: opt.TopP = 0.95,
    top_k: opt.TopK = 0,
    max_tokens: opt.MaxTokens = 300,
    batch: opt.Batch = 20,
    seed: opt.Seed = 0,
    limit: opt.Limit = None,
    shard: opt.Shard = "1/1",
    header: opt.Header = None,
    model: opt.Model = None,
    device: opt.Device = "auto",
    compute_type: opt.ComputeType = "auto",
    threads: opt.Threads = 0,
    check: opt.Check = True,
    workers: opt.Workers = 0,
    timeout: opt.Timeout = 3,
    sandbox: opt.Confinement = "auto",
) -> None:
    """Docstrings that bind operations to variables: how often each goes to its own."""
    from codex_lsp.cli import eval_runs

    drawing = eval_runs.Drawing(n, temperature, top_p, top_k, max_tokens, batch, seed)
    machine = eval_runs.Machine(
        model, device, compute_type, threads, check, workers, timeout, sandbox
    )
    recipe = {"operations": sorted(set(operations)), "count": count, "seed": seed}
    eval_runs.run_made("bindings", recipe, out, limit, shard, header, drawing, machine)


def _contexts(
    out: opt.Out,
    examples: _Examples = [0, 1, 2, 4, 8],  # noqa: B006 - typer copies it
    targets: Annotated[str, typer.Option(help="What is asked: exercises or humaneval.")] = (
        "exercises"
    ),
    n: opt.SamplesEach = 20,
    temperature: opt.Temperature = [0.8],  # noqa: B006 - typer copies it
    top_p: opt.TopP = 0.95,
    top_k: opt.TopK = 0,
    max_tokens: opt.MaxTokens = 300,
    batch: opt.Batch = 20,
    seed: opt.Seed = 0,
    limit: opt.Limit = None,
    shard: opt.Shard = "1/1",
    header: opt.Header = None,
    model: opt.Model = None,
    device: opt.Device = "auto",
    compute_type: opt.ComputeType = "auto",
    threads: opt.Threads = 0,
    check: opt.Check = True,
    workers: opt.Workers = 0,
    timeout: opt.Timeout = 3,
    sandbox: opt.Confinement = "auto",
) -> None:
    """The same problems behind correct examples, and behind subtly buggy ones."""
    from codex_lsp.cli import eval_runs

    drawing = eval_runs.Drawing(n, temperature, top_p, top_k, max_tokens, batch, seed)
    machine = eval_runs.Machine(
        model, device, compute_type, threads, check, workers, timeout, sandbox
    )
    recipe = {"examples": sorted(set(examples)), "targets": targets, "seed": seed}
    eval_runs.run_made("contexts", recipe, out, limit, shard, header, drawing, machine)


def _crypto(
    out: opt.Out,
    n: opt.SamplesEach = 20,
    temperature: opt.Temperature = [0.4],  # noqa: B006 - typer copies it
    top_p: opt.TopP = 0.95,
    top_k: opt.TopK = 0,
    max_tokens: opt.MaxTokens = 150,
    batch: opt.Batch = 20,
    seed: opt.Seed = 0,
    limit: opt.Limit = None,
    shard: opt.Shard = "1/1",
    header: opt.Header = None,
    model: opt.Model = None,
    device: opt.Device = "auto",
    compute_type: opt.ComputeType = "auto",
    threads: opt.Threads = 0,
    check: opt.Check = True,
    workers: opt.Workers = 0,
    timeout: opt.Timeout = 3,
    sandbox: opt.Confinement = "auto",
) -> None:
    """Prompts for RSA keys and AES ciphers: how often insecure, and how often with our checks."""
    from codex_lsp.cli import eval_runs

    drawing = eval_runs.Drawing(n, temperature, top_p, top_k, max_tokens, batch, seed)
    machine = eval_runs.Machine(
        model, device, compute_type, threads, check, workers, timeout, sandbox
    )
    eval_runs.run_made("crypto", {}, out, limit, shard, header, drawing, machine)
