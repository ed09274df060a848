"""Checks everything that can keep codex-lsp from working here, from the ground up.

A check that fails makes those that stand on it pointless: they are left out.
"""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import ctranslate2
import psutil

from codex_lsp import __version__, model_dir
from codex_lsp.completer import Completer
from codex_lsp.engine.ct2 import CTranslate2Engine, default_threads, pick_compute_type, pick_device
from codex_lsp.errors import CodexLspError, ModelError
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import CompleterOptions, EngineOptions
from codex_lsp.sampling import SamplingParams
from codex_lsp.tuning import store
from codex_lsp.tuning.lookup import find_tuning
from codex_lsp.tuning.machine import this_machine
from codex_lsp.tuning.measured import BUSY
from codex_lsp.tuning.policy import Tuning
from codex_lsp.types import Completion, CompletionRequest, Document, Outcome, Trigger

_PROBE = "def add(a, b):\n    return "
_MEMORY_OVERHEAD_BYTES = 400_000_000
"""What a server takes beside the weights: the libraries, and the state of a long prompt."""
_SLOW_MS = 2000
_CPU_FLAGS = ("avx512f", "avx2", "avx")


class Verdict(Enum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    :ivar found: what is there
    :ivar mend: what to do about it; empty when nothing has to be done
    """

    name: str
    verdict: Verdict
    found: str
    mend: str = ""


def examine(model_name: str) -> Iterator[Check]:
    """Run the checks, each as it is asked for."""
    yield _check_python()
    yield _check_cpu()
    yield _check_cores()
    yield _check_device()
    yield _check_data_directory()
    model, check = _check_model(model_name)
    yield check
    if model is None:
        return
    damage = _check_digests(model)
    yield damage
    yield _check_memory(model)
    measured = store.usable(model, this_machine())
    tuning = find_tuning(model)
    yield _check_tuning(tuning, measured is not None and measured.busy > BUSY)
    if damage.verdict is Verdict.OK:
        yield from _check_completion(model, tuning)


def _check_python() -> Check:
    version = platform.python_version()
    found = f"codex-lsp {__version__} on Python {version}, {platform.platform()}"
    if (3, 10) <= sys.version_info[:2] <= (3, 13):
        return Check("versions", Verdict.OK, found)
    return Check(
        "versions", Verdict.WARNING, found, "codex-lsp is tested on Python 3.10 to 3.13; use one."
    )


def _check_cpu() -> Check:
    types = ", ".join(sorted(ctranslate2.get_supported_compute_types("cpu")))
    machine = platform.machine()
    flags = this_machine().flags
    if not flags:
        return Check("CPU", Verdict.OK, f"{machine}, computes {types}")
    best = next((flag for flag in _CPU_FLAGS if flag in flags), None)
    found = f"{machine} with {best or 'no AVX'}, computes {types}"
    if machine in ("x86_64", "AMD64") and best in (None, "avx"):
        return Check(
            "CPU",
            Verdict.WARNING,
            found,
            "Without AVX2 completions are slow; use a smaller model or another machine.",
        )
    return Check("CPU", Verdict.OK, found)


def _check_cores() -> Check:
    physical = psutil.cpu_count(logical=False) or 0
    logical = psutil.cpu_count() or 0
    load = psutil.getloadavg()[0]
    found = f"{physical} cores ({logical} logical); load {load:.1f}"
    if logical and load > 2 * logical:
        return Check(
            "cores", Verdict.WARNING, found, "The machine is busy: completions will be late."
        )
    return Check("cores", Verdict.OK, found)


def _check_device() -> Check:
    device = pick_device("auto")
    return Check("device", Verdict.OK, f"{device}, {pick_compute_type('auto', device)}")


def _check_data_directory() -> Check:
    home = model_dir.models_home()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    found = f"{home}, {free / 1e9:.1f} GB free"
    if free < 500_000_000:
        return Check(
            "data directory",
            Verdict.WARNING,
            found,
            "Installing the default model takes 0.24 GB for a moment; make room, or set "
            "CODEX_LSP_HOME to another disk.",
        )
    return Check("data directory", Verdict.OK, found)


def _check_model(name: str) -> tuple[ModelDir | None, Check]:
    try:
        model = model_dir.find(name)
    except ModelError as error:
        mend = "Run `codex-lsp models pull`, with --force if the model is damaged."
        return None, Check("model", Verdict.FAILURE, str(error), mend)
    facts = model.description
    said = (facts.name, facts.quantization, facts.kind, facts.licence, facts.origin)
    found = f"{', '.join(filter(None, said))}, in {model.path}"
    return model, Check("model", Verdict.OK, found)


def _check_digests(model: ModelDir) -> Check:
    try:
        model_dir.verify(model)
    except ModelError as error:
        return Check("checksums", Verdict.FAILURE, str(error), "Run the command it names.")
    return Check("checksums", Verdict.OK, f"{len(model.description.files)} files are whole")


def _check_memory(model: ModelDir) -> Check:
    available = psutil.virtual_memory().available
    weights = sum(digest.bytes for digest in model.description.files.values())
    needed = weights + _MEMORY_OVERHEAD_BYTES
    found = f"{available / 1e9:.1f} GB free, about {needed / 1e9:.1f} GB needed"
    if available < needed:
        return Check("memory", Verdict.FAILURE, found, "Close something, or use a smaller model.")
    return Check("memory", Verdict.OK, found)


def _check_tuning(tuning: Tuning | None, was_busy: bool) -> Check:
    if tuning is not None and was_busy:
        mend = "The machine was busy when it was measured; run `codex-lsp tune` when it is quiet."
        return Check("tuning", Verdict.WARNING, str(tuning), mend)
    if tuning is not None:
        return Check("tuning", Verdict.OK, f"{tuning}; `codex-lsp tune` measures again")
    if store.switched_off():
        return Check("tuning", Verdict.OK, f"switched off by {store.SWITCH}")
    return Check(
        "tuning",
        Verdict.WARNING,
        f"not measured yet: {default_threads()} threads and the sizes of an average machine",
        "Run `codex-lsp tune`, or leave the editor alone for a minute: the server does it then.",
    )


def _check_completion(model: ModelDir, tuning: Tuning | None) -> Iterator[Check]:
    threads, sampling = 0, SamplingParams()
    if tuning is not None:
        threads, sampling = tuning.threads, SamplingParams(n=tuning.samples)
    options = CompleterOptions(sampling=sampling)
    try:
        engine = CTranslate2Engine(model, EngineOptions(threads=threads))
    except CodexLspError as error:
        yield Check("load", Verdict.FAILURE, str(error), "Run `codex-lsp models pull --force`.")
        return
    try:
        request = CompletionRequest(Document(_PROBE, "python"), len(_PROBE), Trigger.INVOKED)
        completer = Completer(engine, model.description)
        # The first run also pays for the allocation of buffers: the second is what a user meets.
        completer.complete(request, options)
        outcome = completer.complete(request, options)
    except CodexLspError as error:
        yield Check("completion", Verdict.FAILURE, str(error), "Please report this.")
        return
    finally:
        engine.close()
    yield _judge_completion(outcome)


def _judge_completion(outcome: Outcome) -> Check:
    timing = outcome.timing
    if not isinstance(outcome.result, Completion):
        return Check(
            "completion",
            Verdict.FAILURE,
            f"none: {outcome.result.detail}",
            "The model's weights may be wrong; run `codex-lsp models pull --force`.",
        )
    found = (
        f"{_PROBE.splitlines()[-1].strip()} → {outcome.result.text.splitlines()[0]!r} after "
        f"{timing.total:.0f} ms (prefill {timing.prefill:.0f}, decode {timing.decode:.0f})"
    )
    if timing.total > _SLOW_MS:
        mend = "That is slow: close what else is running, or lower n or the model's size."
        return Check("completion", Verdict.WARNING, found, mend)
    return Check("completion", Verdict.OK, found)
