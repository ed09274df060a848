"""Which engine ``codex-lsp eval`` draws samples with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from codex_lsp.cli.eval_options import Drawing
from codex_lsp.engine.ct2 import (
    CTranslate2Engine,
    default_threads,
    pick_compute_type,
    pick_device,
)
from codex_lsp.errors import UsageError
from codex_lsp.evals.run import OpenEngine
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import MAX_THREADS, Device, EngineOptions


@dataclass(frozen=True, slots=True)
class Engines:
    """One engine for each seed.

    :ivar facts: device, compute type, threads and library, for the run's description
    """

    open: OpenEngine
    facts: tuple[str, str, int, str]


def engines_of(drawing: Drawing, model: ModelDir) -> Engines:
    """Return what draws the samples of ``model``.

    :raises UsageError: there is no such engine, or what it needs is not installed
    """
    if not 0 <= drawing.threads <= MAX_THREADS:
        raise UsageError(
            f"--threads is {drawing.threads}, but has to be between 0 and {MAX_THREADS}."
        )
    threads = drawing.threads or default_threads()
    if drawing.engine == "ctranslate2":
        return _ctranslate2(drawing, model, threads)
    if drawing.engine == "torch":
        return _torch(drawing, model, threads)
    raise UsageError(f"--engine is {drawing.engine!r}, but has to be ctranslate2 or torch.")


def _ctranslate2(drawing: Drawing, model: ModelDir, threads: int) -> Engines:
    device = cast(Device, drawing.device)
    picked = pick_device(device)
    compute_type = pick_compute_type(drawing.compute_type, picked)

    def open_engine(seed: int) -> CTranslate2Engine:
        return CTranslate2Engine(model, EngineOptions(device, compute_type, threads, seed))

    return Engines(open_engine, (picked, compute_type, threads, "ctranslate2"))


def _torch(drawing: Drawing, model: ModelDir, threads: int) -> Engines:
    if drawing.device not in ("auto", "cpu"):
        raise UsageError("--engine torch runs on the processor; leave --device out.")
    try:
        from codex_lsp.evals import torch_engine
    except (ImportError, OSError) as error:  # it is not there, or one of its libraries is not
        raise UsageError(
            f"--engine torch needs torch, which cannot be imported ({error}); "
            "`pip install 'codex-lsp[train]'` gets it."
        ) from error

    compute_type = "bfloat16" if drawing.compute_type == "auto" else drawing.compute_type
    loaded = torch_engine.load(model, compute_type, threads)

    def open_engine(seed: int) -> torch_engine.TorchEngine:
        return torch_engine.TorchEngine(loaded, seed)

    return Engines(open_engine, ("cpu", compute_type, threads, "torch"))
