"""What makes measurements hold: this machine, these libraries, this way of running the model."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from codex_lsp import __version__
from codex_lsp.options import EngineOptions

_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as far as speed goes, and how the model is to be run on it.

    :ivar cpu: the processor's name
    :ivar flags: its instruction sets; empty where the system does not say
    :ivar cores: those this process may use
    :ivar gpu: whether an NVIDIA driver is installed
    :ivar device: the device that is asked for; ``auto`` is decided by the rest
    """

    cpu: str
    flags: tuple[str, ...]
    cores: int
    physical_cores: int
    gpu: bool
    ctranslate2: str
    codex_lsp: str
    device: str
    compute_type: str


def this_machine(options: EngineOptions | None = None) -> Machine:
    """Look at the machine. CTranslate2 is asked for its version only, without loading it."""
    options = options or EngineOptions()
    text = _read(_CPUINFO)
    return Machine(
        cpu=cpu_name(text) or platform.processor() or platform.machine(),
        flags=tuple(sorted(cpu_flags(text))),
        cores=usable_cores(),
        physical_cores=psutil.cpu_count(logical=False) or 0,
        gpu=shutil.which("nvidia-smi") is not None,
        ctranslate2=importlib.metadata.version("ctranslate2"),
        codex_lsp=__version__,
        device=options.device,
        compute_type=options.compute_type,
    )


def usable_cores() -> int:
    """Return how many logical cores this process may use."""
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # not on macOS
        return len(process.cpu_affinity() or ()) or 1
    return psutil.cpu_count() or 1


def cpu_name(cpuinfo: str) -> str:
    """Return the processor's name in the text of ``/proc/cpuinfo``; empty if it says none."""
    return _field(cpuinfo, ("model name",))


def cpu_flags(cpuinfo: str) -> frozenset[str]:
    """Return the instruction set flags in the text of ``/proc/cpuinfo``."""
    return frozenset(_field(cpuinfo, ("flags", "Features")).split())


def _field(cpuinfo: str, names: tuple[str, ...]) -> str:
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in names:
            return value.strip()
    return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
