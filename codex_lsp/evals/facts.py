"""What a report has to say about a run besides its figures: model, versions, machine."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from codex_lsp import __version__
from codex_lsp.model_dir import WEIGHTS_FILE, ModelDir

_LIBRARIES = ("ctranslate2", "tokenizers", "numpy")


def run_facts(
    benchmark: str,
    sha256: str,
    model: ModelDir,
    device: str,
    compute_type: str,
    threads: int,
    library: str = "ctranslate2",
) -> dict[str, Any]:
    """Return the facts of a run as what ``run.json`` holds.

    :param sha256: of its problems
    :param library: what computes
    """
    description = model.description
    weights = description.files.get(WEIGHTS_FILE)
    return {
        "benchmark": benchmark,
        "problems_sha256": sha256,
        "model": {
            # Runs have always said nothing of the usual one.
            **({} if library == "ctranslate2" else {"engine": library}),
            "name": description.name,
            "quantization": description.quantization,
            "device": device,
            "compute_type": compute_type,
            "weights_sha256": weights.sha256 if weights else "",
        },
        "threads": threads,
        "versions": versions() | {library: metadata.version(library)},
        "machine": machine(),
    }


def versions() -> dict[str, str]:
    """Return the versions of what decides over figures."""
    found = {"codex-lsp": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in _LIBRARIES}


def machine() -> dict[str, Any]:
    """Return what this machine is."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count() or 0,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
