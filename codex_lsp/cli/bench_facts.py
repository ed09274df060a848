"""What a benchmark was run with and on."""

from __future__ import annotations

from typing import Any

from codex_lsp.engine.ct2 import default_threads
from codex_lsp.evals.facts import machine, versions
from codex_lsp.model_dir import ModelDir
from codex_lsp.tuning.lookup import find_tuning

OWN_NAME = "codex-lsp"


def facts(command: str, model: ModelDir, **settings: Any) -> dict[str, Any]:
    """Return what the first line of a run's file and its JSON say."""
    description = model.description
    return {
        "command": command,
        "model": {"name": description.name, "quantization": description.quantization},
        "settings": settings,
        "versions": versions(),
        "machine": machine(),
    }


def threads_of(wanted: int, model: ModelDir) -> int:
    """Return how many threads to measure with: 0 takes what a user of this machine gets."""
    tuning = find_tuning(model)
    return wanted or (default_threads() if tuning is None else tuning.threads)
