"""Runs the tests that a package ships with, shut in as programs are (:mod:`.runner`)."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from codex_lsp.errors import SandboxError
from codex_lsp.evals.sandbox.launch import Confinement
from codex_lsp.evals.sandbox.runner import Limits

SUITE_LIMITS = Limits(cpu_s=10, wall_s=40.0, open_files=64)


@dataclass(frozen=True, slots=True)
class OwnTests:
    """Which tests of a package's folder to run; they need nothing but the standard library.

    :ivar paths: put in front of Python's own, relative to the folder
    :ivar modules: names of test modules
    """

    paths: tuple[str, ...]
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuiteVerdict:
    """How a suite ended, at the first test that failed.

    :ivar ran: the number of tests; 0 when it timed out or ended by itself
    """

    ran: int
    failed: int

    def passes(self, whole: SuiteVerdict) -> bool:
        """Say whether nothing failed and as much ran as in the package as it is."""
        return self.failed == 0 and self.ran == whole.ran and self.ran > 0


def run_suite(
    confinement: Confinement, folder: Path, tests: OwnTests, limits: Limits = SUITE_LIMITS
) -> SuiteVerdict:
    """Run the tests of the package in ``folder``, which they can read and not change.

    :raises SandboxError: the process cannot be started
    """
    shown, name = confinement.showing(folder)
    job = {
        "folder": name,
        "paths": tests.paths,
        "modules": tests.modules,
        "limits": {**dataclasses.asdict(limits), "user": confinement.user},
    }
    with shown.command("suite", 1) as (command, cwd):
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"{command[0]} does not start: {error}.") from error
        try:
            said, _ = process.communicate(json.dumps(job).encode(), timeout=limits.wall_s)
        except subprocess.TimeoutExpired:
            said = b""
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
    try:
        verdict = json.loads(said)
        return SuiteVerdict(int(verdict["ran"]), int(verdict["failed"]))
    except (ValueError, KeyError, TypeError):
        return SuiteVerdict(0, 0)
