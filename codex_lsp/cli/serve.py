"""``codex-lsp serve``: the language server over standard input and output."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from codex_lsp.cli.loading import default_model
from codex_lsp.errors import UsageError
from codex_lsp.model_dir import ModelDir

if TYPE_CHECKING:
    from codex_lsp_server.ui import Report

_LEVELS = ("debug", "info", "warning", "error")


def run(model: str | None, log_level: str | None) -> int:
    """Serve one client; return the exit code that the protocol asks for."""
    if log_level is not None and log_level not in _LEVELS:
        raise UsageError(f"--log-level is {log_level!r}, but has to be one of {_LEVELS}.")
    if sys.stdin.isatty():
        sys.stderr.write(
            "codex-lsp: serving the language server protocol on standard input; editors start "
            "this. Press Ctrl-C to end.\n"
        )
    from codex_lsp_server.engine_child import start_engine

    # It reads the engine's libraries while this process reads the protocol's, below.
    child = start_engine()

    from codex_lsp_server.host import ModelSource
    from codex_lsp_server.pygls_mends import serve_stdio, silence_library_loggers
    from codex_lsp_server.server import build_server

    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("codex_lsp_server").setLevel((log_level or "warning").upper())
    silence_library_loggers()
    given = {"model": model, "log_level": log_level}
    fixed = {name: value for name, value in given.items() if value}
    server = build_server(ModelSource(default_model(), _pull_default), fixed, child)
    return serve_stdio(server, server.close)


def _pull_default(report: Report) -> ModelDir:
    from codex_lsp.cli.pulling import pull_default

    return pull_default(lambda event: report(event.message, event.percentage))
