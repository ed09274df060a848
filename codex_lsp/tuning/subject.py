"""What is measured here: a model in the product's own engine, with as many threads as are asked."""

from __future__ import annotations

import dataclasses

import psutil

from codex_lsp.engine.base import Engine
from codex_lsp.engine.ct2 import CTranslate2Engine, pick_compute_type, pick_device
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import EngineOptions
from codex_lsp.tuning.machine import usable_cores
from codex_lsp.tuning.measure import Subject, thread_counts
from codex_lsp.tuning.policy import room_tokens


def subject_for(model: ModelDir, options: EngineOptions) -> Subject:
    """Return what to measure.

    :param options: ``threads`` other than 0 are taken as they are, and compared with none
    :raises EngineError: there is no such device
    """
    device = pick_device(options.device)

    def open_engine(threads: int) -> Engine:
        return CTranslate2Engine(model, dataclasses.replace(options, threads=threads))

    return Subject(
        open_engine=open_engine,
        threads=_threads(options.threads, device),
        device=device,
        compute_type=pick_compute_type(options.compute_type, device),
        room_tokens=room_tokens(model.description),
    )


def _threads(wanted: int, device: str) -> tuple[int, ...]:
    if wanted:
        return (wanted,)
    if device != "cpu":
        return (1,)  # they only feed the device
    return thread_counts(min(psutil.cpu_count(logical=False) or 1, usable_cores()))
