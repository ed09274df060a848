"""Where models live on disk: one lock a name, work beside the target, one rename at the end.

A reader of the models folder never sees half a model. The work happens in a hidden directory of
the same file system, and only a finished model is renamed into place. What a killed run left
behind is removed by the next one, under the lock.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from codex_lsp.errors import PullError, UsageError
from codex_lsp.model_dir import DESCRIPTION_FILE
from codex_lsp_models.progress import Phase, Progress, ProgressEvent

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_POLL_SECONDS = 0.1


def check_name(name: str) -> None:
    """See that ``name`` can be the name of a directory everywhere.

    :raises UsageError: it cannot
    """
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise UsageError(
            f"{name!r} cannot name a model: use up to 100 letters, digits, dots, dashes and "
            "underscores, a letter or digit first."
        )


@contextlib.contextmanager
def locked(home: Path, name: str, progress: Progress) -> Iterator[None]:
    """Hold the lock of the model ``name``; wait for another process that holds it.

    :raises PullError: ``home`` cannot be written
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        # The lock file stays behind, empty: removing it would let two processes hold two locks.
        lock = FileLock(home / f".{name}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            progress(
                ProgressEvent(Phase.WAIT, f"Another pull of {name} is running; waiting for it")
            )
            lock.acquire(timeout=-1, poll_interval=_POLL_SECONDS)
    except OSError as error:
        raise PullError(
            f"The models folder {home} cannot be written ({error.strerror or error}); choose "
            "another with the environment variable CODEX_LSP_HOME."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def partial_directory(home: Path, name: str) -> Iterator[Path]:
    """Give a fresh directory to work in, and remove what is left of it at the end."""
    partial = Path(tempfile.mkdtemp(prefix=f".partial-{name}-", dir=home))
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def recover(home: Path, name: str) -> None:
    """Clean up after a killed run of ``name``, under its lock.

    A run killed between the two renames of :func:`install` has set the old model aside; it is put
    back. Half-written directories are removed.
    """
    target = home / name
    for aside in _leftovers(home, ".old", name):
        if not target.exists() and (aside / DESCRIPTION_FILE).is_file():
            os.replace(aside, target)
        else:
            _remove(aside)
    for partial in _leftovers(home, ".partial", name):
        _remove(partial)


def _leftovers(home: Path, prefix: str, name: str) -> list[Path]:
    # mkdtemp's random part has no dash: the leftovers of "model-x" are not taken for those of
    # "model", whose pull may be running right now.
    pattern = re.compile(re.escape(f"{prefix}-{name}-") + r"[^-]+")
    return sorted(entry for entry in home.iterdir() if pattern.fullmatch(entry.name))


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def see_that_replaceable(target: Path) -> None:
    """See that nothing but a model would be lost when ``target`` is replaced.

    :raises PullError: something else is there
    """
    if not target.exists() and not target.is_symlink():
        return
    if target.is_dir() and ((target / DESCRIPTION_FILE).is_file() or not any(target.iterdir())):
        return
    raise PullError(f"{target} is in the way and is not a model of codex-lsp; move it elsewhere.")


def install(finished: Path, target: Path) -> None:
    """Put the directory ``finished`` in the place of ``target``, on the same file system.

    Every byte is on disk before the rename, so that a power cut cannot leave a model in place
    with holes in its files.

    :raises OSError: the file system refused; ``target`` is then what it was before
    """
    for file in finished.iterdir():
        _sync(file)
    _sync(finished)
    aside: Path | None = None
    if target.exists() or target.is_symlink():
        holder = tempfile.mkdtemp(prefix=f".old-{target.name}-", dir=target.parent)
        aside = Path(holder)
        aside.rmdir()
        os.replace(target, aside)
    try:
        os.replace(finished, target)
    except BaseException:
        if aside is not None:
            os.replace(aside, target)
        raise
    _sync(target.parent)
    if aside is not None:
        _remove(aside)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a directory, and needs no such call
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_space(home: Path, needed: int) -> None:
    """See that ``needed`` bytes are free where ``home`` is.

    :raises PullError: they are not
    """
    free = shutil.disk_usage(home).free
    if free < needed:
        raise PullError(
            f"The disk of {home} has {free // 1_000_000} MB free and {needed // 1_000_000} MB are "
            "needed; free some, or choose another folder with CODEX_LSP_HOME."
        )


@contextlib.contextmanager
def terminated_as_exit() -> Iterator[None]:
    """Turn SIGTERM into SystemExit for a while, so that ``finally`` blocks run.

    Only in the main thread of a process that has set no handler of its own.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
