"""Where calibrations are kept: one TOML file a machine and model, in the user's data directory.

The file's name and content carry the key, so that a machine or a model that has changed finds
nothing. A file that cannot be read is as good as none: it is measured anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock
import tomli_w

from codex_lsp import model_dir
from codex_lsp.model_dir import WEIGHTS_FILE, ModelDir
from codex_lsp.options import MAX_THREADS
from codex_lsp.tuning.machine import Machine
from codex_lsp.tuning.measured import Measured, Pace, Size, SizePace, ThreadsPace

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FORMAT = 1
"""Raised when what is measured changes its meaning: older files are then measured anew."""

SWITCH = "CODEX_LSP_TUNING"
"""The environment variable that, set to ``off``, keeps calibrations from being used or begun
unasked. Tests and comparisons set it, so that they run the same on every machine."""


def tuning_home() -> Path:
    """Return the folder of all calibrations."""
    return model_dir.data_home() / "tuning"


def switched_off() -> bool:
    """Say whether the environment forbids calibrations."""
    return os.environ.get(SWITCH, "").strip().lower() in ("off", "0", "no")


def file_for(model: ModelDir, machine: Machine) -> Path:
    """Return the file for this model on this machine, whether it is there or not."""
    canonical = json.dumps(_key(model, machine), sort_keys=True)
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    name = "".join(c if c.isalnum() or c in "-._" else "_" for c in model.description.name)
    return tuning_home() / f"{name[:80]}-{digest}.toml"


def load(model: ModelDir, machine: Machine) -> Measured | None:
    """Return what was measured for this model on this machine; None if nothing usable was."""
    try:
        raw = tomllib.loads(file_for(model, machine).read_text(encoding="utf-8"))
        if raw["key"] != _key(model, machine):
            return None
        return _measured(raw["measured"])
    # A file may have been damaged in any way: whatever is wrong with it, it is measured anew.
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def usable(model: ModelDir, machine: Machine) -> Measured | None:
    """Return what was measured, unless the environment forbids to use it."""
    return None if switched_off() else load(model, machine)


def save(model: ModelDir, machine: Machine, measured: Measured) -> Path:
    """Keep ``measured``: readers see the old file or the new one, never half of one.

    :raises OSError: it cannot be written
    """
    path = file_for(model, machine)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"key": _key(model, machine), "measured": dataclasses.asdict(measured)}
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".toml")
    try:
        with open(handle, "wb") as file:
            file.write(tomli_w.dumps(content).encode())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return path


@contextlib.contextmanager
def alone() -> Iterator[bool]:
    """Hold the right to measure; yields False when another process measures at this moment.

    Two at once would measure each other.
    """
    home = tuning_home()
    home.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(home / ".lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _key(model: ModelDir, machine: Machine) -> dict[str, Any]:
    weights = model.description.files.get(WEIGHTS_FILE)
    return {
        "format": FORMAT,
        "model": model.description.name,
        # A model that does not say its digest is told apart by where it is.
        "weights": weights.sha256 if weights is not None else str(model.path.absolute()),
        "machine": {**dataclasses.asdict(machine), "flags": " ".join(machine.flags)},
    }


def _measured(raw: Mapping[str, Any]) -> Measured:
    """Read the measured table.

    :raises KeyError, TypeError, ValueError: it is not one
    """
    by_threads = tuple(ThreadsPace(int(x["threads"]), _pace(x["pace"])) for x in raw["by_threads"])
    by_size = tuple(SizePace(_size(x["size"]), _pace(x["pace"])) for x in raw["by_size"])
    if not by_threads or not by_size:
        raise ValueError("nothing was measured")
    if not all(1 <= step.threads <= MAX_THREADS for step in by_threads):
        raise ValueError("so many threads are not possible")
    return Measured(
        by_threads=by_threads,
        by_size=by_size,
        cold_ms_per_token=_positive(raw["cold_ms_per_token"]),
        device=str(raw["device"]),
        compute_type=str(raw["compute_type"]),
        busy=float(raw["busy"]),
        seconds=float(raw["seconds"]),
    )


def _size(raw: Mapping[str, Any]) -> Size:
    size = Size(int(raw["samples"]), int(raw["prefix_tokens"]))
    if not (1 <= size.samples <= 200 and 16 <= size.prefix_tokens <= 100_000):
        raise ValueError(f"{size} is out of range")
    return size


def _pace(raw: Mapping[str, Any]) -> Pace:
    return Pace(_positive(raw["first_ms"]), _positive(raw["step_ms"]))


def _positive(value: Any) -> float:
    number = float(value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{value!r} is no time")
    return number
