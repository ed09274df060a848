"""``codex-lsp eval``: the commands whose problems are made, not read."""

from __future__ import annotations

from typing import Annotated

import typer

from codex_lsp.cli.eval_options import Drawing, draws

_Lengths = Annotated[list[int], typer.Option(help="Steps in a chain. Repeat it for several.")]
_Operations = Annotated[list[int], typer.Option(help="Operations. Repeat it for several.")]
_Examples = Annotated[list[int], typer.Option(help="Examples in front. Repeat it for several.")]


def add_probes(app: typer.Typer) -> None:
    """Add the sub-commands."""
    app.command("chains")(_chains)
    app.command("bindings")(_bindings)
    app.command("contexts")(_contexts)
    app.command("crypto")(_crypto)


@draws(n=20, temperature=0.8)
def _chains(
    drawing: Drawing,
    length: _Lengths = [1, 2, 3, 4, 5],  # noqa: B006 - typer copies it
    count: Annotated[int, typer.Option(help="Chains of each length.")] = 20,
) -> None:
    """Docstrings of chained string manipulations: how the pass rate falls with their number."""
    from codex_lsp.cli import eval_runs

    recipe = {"lengths": sorted(set(length)), "count": count, "seed": drawing.seed}
    eval_runs.run_made("chains", recipe, drawing)


@draws(n=20, temperature=0.8)
def _bindings(
    drawing: Drawing,
    operations: _Operations = [1, 2, 3, 4, 5, 6],  # noqa: B006 - typer copies it
    count: Annotated[int, typer.Option(help="Problems of each number of operations.")] = 20,
) -> None:
    """Docstrings that bind operations to variables: how often each goes to its own."""
    from codex_lsp.cli import eval_runs

    recipe = {"operations": sorted(set(operations)), "count": count, "seed": drawing.seed}
    eval_runs.run_made("bindings", recipe, drawing)


@draws(n=20, temperature=0.8)
def _contexts(
    drawing: Drawing,
    examples: _Examples = [0, 1, 2, 4, 8],  # noqa: B006 - typer copies it
    targets: Annotated[
        str, typer.Option(help="What is asked: exercises or humaneval.")
    ] = "exercises",
) -> None:
    """The same problems behind correct examples, and behind subtly buggy ones."""
    from codex_lsp.cli import eval_runs

    recipe = {"examples": sorted(set(examples)), "targets": targets, "seed": drawing.seed}
    eval_runs.run_made("contexts", recipe, drawing)


@draws(n=20, temperature=0.4, max_tokens=150)
def _crypto(drawing: Drawing) -> None:
    """Prompts for RSA keys and AES ciphers: how often insecure, and how often with our checks."""
    from codex_lsp.cli import eval_runs

    eval_runs.run_made("crypto", {}, drawing)
