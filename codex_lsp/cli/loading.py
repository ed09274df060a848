"""Finds the model a command needs, and offers to get it where there is none."""

from __future__ import annotations

import sys

from codex_lsp import model_dir
from codex_lsp.errors import ModelNotFoundError
from codex_lsp.model_dir import ModelDir


def default_model() -> str:
    """Return the name of the default model."""
    from codex_lsp_models.manifest import DEFAULT

    return DEFAULT


def find_or_offer(name: str | None) -> ModelDir:
    """Return the model; a person at a terminal is asked whether to get a missing default.

    :raises ModelNotFoundError: it is not there, and was not wanted or cannot be asked for
    """
    wanted = name or default_model()
    try:
        return model_dir.find(wanted)
    except ModelNotFoundError:
        if name is not None and name != default_model():
            raise
    missing = (
        f"The default model ({wanted}) is not installed yet; `codex-lsp models pull` gets it "
        "(a download of 93 MB)"
    )
    if others := ", ".join(path.name for path in model_dir.installed()):
        missing += f", and --model uses another that is installed: {others}"
    missing += "."
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ModelNotFoundError(missing)
    import typer

    from codex_lsp.cli.models import pull_with_bars

    typer.echo(f"codex-lsp: {missing}", err=True)
    if not typer.confirm("Get it now?", default=True, err=True):
        raise ModelNotFoundError("Nothing can be completed without a model.")
    return pull_with_bars(wanted)
