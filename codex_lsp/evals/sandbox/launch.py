"""How a process is shut in: by bubblewrap's namespaces, or by nothing but its own limits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from codex_lsp.errors import SandboxError

NOBODY = 65534
"""The user that programs become where we are the superuser."""

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store")
_INSIDE = Path(__file__).parent / "inside"
_TEMPORARY_BYTES = 64 << 20
_FOLDER = "/tmp/run"
_PACKAGE = "/tmp/package"

Kind = Literal["auto", "bubblewrap", "limits"]


class Confinement(Protocol):
    """Starts a Python process where it can do no harm."""

    @property
    def name(self) -> str:
        """What it is called in a run's facts."""
        ...

    @property
    def user(self) -> int | None:
        """The user that the process is to become; None to stay who it is."""
        ...

    @property
    def warning(self) -> str:
        """What the user has to know; empty when there is nothing."""
        ...

    @contextmanager
    def command(self, module: str, descriptor: int) -> Iterator[tuple[list[str], str | None]]:
        """Give the command that runs ``inside.<module>`` and the folder to run it in."""
        ...

    def showing(self, folder: Path) -> tuple[Confinement, str]:
        """Return the confinement with ``folder`` in it, read-only, and what it is called there."""
        ...


def base_python() -> Path:
    """Return the interpreter itself, not a virtual environment's link to it."""
    return Path(os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable))


def open_confinement(kind: Kind = "auto", python: Path | None = None) -> Confinement:
    """Return the best confinement that works here, or the one asked for.

    :raises SandboxError: the one asked for does not work, or programs would run as superuser
    """
    if not sys.platform.startswith("linux"):
        raise SandboxError(
            "Programs are only run on Linux; leave them out with --no-check, and run `codex-lsp "
            "eval check` there."
        )
    python = python or base_python()
    problem = "it is not wanted"
    if kind != "limits":
        binary = shutil.which("bwrap")
        problem = "it is not installed"
        if binary is not None:
            superuser = os.geteuid() == 0
            options = tuple(_options(binary, python, superuser))
            bubblewrap = Bubblewrap(binary, python, NOBODY if superuser else None, options)
            problem = bubblewrap.problem()
            if not problem:
                return bubblewrap
        if kind == "bubblewrap":
            raise SandboxError(f"Bubblewrap cannot be used: {problem}.")
    return _limits_only(python, problem)


def _limits_only(python: Path, problem: str) -> Confinement:
    superuser = os.geteuid() == 0
    if superuser and not all(_others_can_read(path) for path in (python, _INSIDE)):
        raise SandboxError(
            f"Without bubblewrap ({problem}) programs would run as the superuser, because others "
            f"may not read {python} or {_INSIDE}; install bubblewrap, or run as another user."
        )
    warning = (
        f"Bubblewrap is not used ({problem}): programs are held by limits on time, memory and "
        "processes only, and can reach the network and the user's files. Install the package "
        "bubblewrap."
    )
    return LimitsOnly(python, NOBODY if superuser else None, warning)


def _others_can_read(path: Path) -> bool:
    folders = path.resolve().parents
    return bool(path.stat().st_mode & 0o4) and all(f.stat().st_mode & 0o1 for f in folders)


def _python_command(python: str, packages: str, module: str, descriptor: int) -> list[str]:
    # -I: no environment, no user's packages; -S: no installed packages at all; -B: no .pyc files.
    start = f"import sys; sys.path.insert(0, {packages!r}); from inside import {module}; "
    start += f"del sys.path[0]; {module}.main({descriptor})"
    return [python, "-I", "-S", "-B", "-c", start]


@dataclass(frozen=True, slots=True)
class LimitsOnly:
    """Only the limits that the process puts on itself."""

    python: Path
    user: int | None
    warning: str
    name: str = "limits only"

    @contextmanager
    def command(self, module: str, descriptor: int) -> Iterator[tuple[list[str], str | None]]:
        """Give a command that runs in an empty folder of its own."""
        # A program may leave behind what cannot be deleted; that is no reason to stop.
        with tempfile.TemporaryDirectory(prefix="codex-lsp-", ignore_cleanup_errors=True) as folder:
            if self.user is not None:
                os.chown(folder, self.user, self.user)
            yield (
                _python_command(str(self.python), str(_INSIDE.parent), module, descriptor),
                folder,
            )

    def showing(self, folder: Path) -> tuple[Confinement, str]:
        """Show nothing more: the folder is where it is, and others have to be able to read it."""
        return self, str(folder)


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """Namespaces of its own for everything.

    A superuser needs no user namespace, and could not become another user in one: there the limit
    on processes would not hold. So he keeps the right to become nobody, and nothing else.
    """

    binary: str
    python: Path
    user: int | None
    options: tuple[str, ...]
    warning: str = ""
    name: str = "bubblewrap"

    @contextmanager
    def command(self, module: str, descriptor: int) -> Iterator[tuple[list[str], str | None]]:
        """Give the bubblewrap command; its temporary folder is in memory."""
        inner = _python_command(str(self.python), "/harness", module, descriptor)
        yield [self.binary, *self.options, "--", *inner], None

    def showing(self, folder: Path) -> tuple[Confinement, str]:
        """Bind the folder into the temporary file system."""
        shown = (*self.options, "--ro-bind", str(folder), _PACKAGE)
        return replace(self, options=shown), _PACKAGE

    def problem(self) -> str:
        """Try it; return why it does not work, empty when it does."""
        probe = [self.binary, *self.options, "--", str(self.python), "-I", "-S", "-c", ""]
        try:
            tried = subprocess.run(
                probe, env={}, stdin=subprocess.DEVNULL, capture_output=True, timeout=20
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"it does not start: {error}"
        if tried.returncode == 0:
            return ""
        said = tried.stderr.decode("utf-8", "replace").strip().splitlines()
        return f"it fails here: {said[-1] if said else f'exit code {tried.returncode}'}"


def _options(binary: str, python: Path, superuser: bool) -> list[str]:
    """Return what bubblewrap is told; what comes later covers what came before."""
    options = ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
    if superuser:
        options += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        options += ["--unshare-cgroup-try"]
        options += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        options += ["--unshare-all"]
    options += _temporary(binary)
    for shown in _SYSTEM:
        options += _shown(Path(shown))
    prefix = python.parent.parent
    for folder in (*reversed(prefix.parents[:-1]), Path("/harness")):
        # Else bubblewrap makes them for their owner alone, and a program that has become nobody
        # finds no Python.
        options += ["--dir", str(folder)]
    options += ["--ro-bind", str(prefix), str(prefix)]
    options += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for found in _installed_packages(prefix):
        options += ["--tmpfs", str(found), "--remount-ro", str(found)]
    options += ["--ro-bind", str(_INSIDE), "/harness/inside"]
    options += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    return [*options, "--remount-ro", "/", "--chdir", _FOLDER]


def _temporary(binary: str) -> list[str]:
    """Show a temporary file system; what else lies in ``/tmp``, as Python may, comes later."""
    shown = subprocess.run([binary, "--help"], env={}, capture_output=True, timeout=20)
    if b"--size" not in shown.stdout + shown.stderr:  # bubblewrap before 0.7
        return ["--tmpfs", "/tmp", "--dir", _FOLDER]
    size = ["--size", str(_TEMPORARY_BYTES)]
    return ["--perms", "1777", *size, "--tmpfs", "/tmp", "--perms", "0777", "--dir", _FOLDER]


def _shown(folder: Path) -> list[str]:
    if folder.is_symlink():
        return ["--symlink", os.readlink(folder), str(folder)]
    return ["--ro-bind", str(folder), str(folder)] if folder.is_dir() else []


def _installed_packages(prefix: Path) -> list[Path]:
    roots = {prefix, Path("/usr"), Path("/usr/local")}
    patterns = ("lib*/python3*/site-packages", "lib*/python3*/dist-packages")
    found = {path for root in roots for pattern in patterns for path in root.glob(pattern)}
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())
