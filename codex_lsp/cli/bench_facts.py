"""What a benchmark was run with and on."""

from __future__ import annotations

from typing import Any

from codex_lsp.evals.facts import machine, versions
from codex_lsp.model_dir import ModelDir

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
