"""What a program must not reach. Each program says what it could do by what it returns."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path

import psutil
import pytest

from codex_lsp.evals.sandbox import Confinement, Limits
from tests.e2e.evals.programs import GOOD, Run, runner

ROOMY = Limits(cpu_s=2, wall_s=20, processes=200)


def returns(value: object) -> str:
    """A test that passes when the program's function returns ``value``."""
    return (
        f"def check(candidate):\n    found = candidate(2)\n    assert found == {value!r}, found\n"
    )


def test_a_program_may_start_neither_processes_nor_threads(run: Run) -> None:
    program = (
        "import os, subprocess, sys, threading\n"
        "def double(x):\n"
        "    found = []\n"
        "    for start in (os.fork, lambda: subprocess.run([sys.executable, '-c', '']),\n"
        "                  threading.Thread(target=print).start):\n"
        "        try:\n"
        "            if start() == 0: os._exit(0)\n"
        "            found.append('started')\n"
        "        except (OSError, RuntimeError) as error:\n"
        "            found.append(type(error).__name__)\n"
        "    return found\n"
    )
    assert run(program, returns(["BlockingIOError", "BlockingIOError", "RuntimeError"])) == "passed"


def test_a_fork_bomb_stays_small(run: Run) -> None:
    program = (
        "import os\n"
        "def double(x):\n"
        "    while True:\n"
        "        try: os.fork()\n"
        "        except OSError: pass\n"
    )
    assert run(program, limits=Limits(cpu_s=1, wall_s=20)) == "timed out"


def test_a_fork_bomb_that_is_let_go_is_ended_with_all_it_started(bubblewrap: Confinement) -> None:
    mark = uuid.uuid4().hex
    program = (
        "import os, sys\n"
        f"mark = '{mark}'\n"
        "def double(x):\n"
        "    while True:\n"
        "        try:\n"
        "            if os.fork() == 0:\n"
        "                os.setsid()\n"
        "                os.execv(sys.executable, [sys.executable, '-c',\n"
        "                         'import time; time.sleep(1000)', mark])\n"
        "        except OSError: pass\n"
    )
    limits = Limits(cpu_s=1, wall_s=20, processes=20)
    assert runner(bubblewrap)(program, limits=limits) == "timed out"
    assert not _survivors(mark)


def test_a_daemon_does_not_outlive_the_sandbox(bubblewrap: Confinement) -> None:
    mark = uuid.uuid4().hex
    program = (
        "import os, sys\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.execv(sys.executable, [sys.executable, '-c',\n"
        f"                 'import time; time.sleep(1000)', '{mark}'])\n"
        "    os._exit(0)\n"
        "os.wait()\n" + GOOD
    )
    assert runner(bubblewrap)(program, limits=ROOMY) == "passed"
    assert not _survivors(mark)


def _survivors(mark: str) -> list[psutil.Process]:
    """The kernel ends a namespace's processes with its first one, but not at the same instant."""
    started = [
        process
        for process in psutil.process_iter(["cmdline"])
        if mark in (process.info["cmdline"] or [])
    ]
    survivors: list[psutil.Process] = psutil.wait_procs(started, timeout=30)[1]
    return survivors


def test_a_memory_bomb_is_an_error_of_the_program(run: Run) -> None:
    program = "def double(x):\n    return len(bytearray(8 << 30))\n"
    assert run(program) == "failed: MemoryError: "


def test_an_answer_without_end_is_refused(run: Run) -> None:
    program = "def double(x):\n    return 'x' * 100_000_000\n"
    assert run(program).startswith("failed: the program ended before its check did")


def test_the_parent_cannot_be_killed(bubblewrap: Confinement) -> None:
    program = (
        "import os, signal\n"
        f"for number in (os.getppid(), {os.getpid()}, {os.getppid()}, 1, -1):\n"
        "    try: os.kill(number, signal.SIGKILL)\n"
        "    except OSError: pass\n" + GOOD
    )
    # Its own process namespace holds the sandbox and nothing else.
    found = runner(bubblewrap)(program)
    assert found in (
        "passed",
        "failed: the program ended before its check did (the other side has gone)",
    )


def test_other_processes_cannot_be_seen(bubblewrap: Confinement) -> None:
    program = (
        "import os\n"
        "def double(x):\n    return sorted(int(n) for n in os.listdir('/proc') if n.isdigit())\n"
    )
    assert runner(bubblewrap)(program, returns([1, 2])) == "passed"


def test_files_outside_can_be_neither_seen_nor_deleted(
    bubblewrap: Confinement, tmp_path: Path
) -> None:
    file = tmp_path / "kept.txt"
    file.write_text("kept")
    program = (
        "import os, shutil\n"
        f"seen = os.path.exists({str(file)!r})\n"
        f"for path in ({str(file)!r}, {__file__!r}):\n"
        "    try: os.remove(path)\n"
        "    except OSError: pass\n"
        "shutil.rmtree('/', ignore_errors=True)\n"
        "def double(x):\n    return seen\n"
    )
    assert runner(bubblewrap)(program, returns(False)) == "passed"
    assert file.read_text() == "kept"
    assert Path(__file__).exists()


def test_nothing_can_be_written_but_the_temporary_folder(bubblewrap: Confinement) -> None:
    program = (
        "import os\n"
        "def double(x):\n"
        "    found = []\n"
        "    for folder in ('/', '/usr', '/dev/shm', '/proc', '/harness', os.path.dirname(\n"
        "                   os.__file__), os.getcwd()):\n"
        "        try:\n"
        "            open(os.path.join(folder, 'x'), 'w').close()\n"
        "            found.append(folder)\n"
        "        except OSError: pass\n"
        "    return found\n"
    )
    assert runner(bubblewrap)(program, returns(["/tmp/run"])) == "passed"


def test_the_temporary_folder_is_empty_and_private(run: Run) -> None:
    program = (
        "import os\n"
        "found = os.listdir('.')\n"
        "open('left', 'w').close()\n"
        "def double(x):\n    return found\n"
    )
    assert run(program, returns([])) == "passed"
    assert run(program, returns([])) == "passed"


def test_a_long_file_cannot_be_written(run: Run) -> None:
    program = (
        "import signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "def double(x):\n"
        "    try:\n"
        "        with open('long', 'wb') as file:\n"
        "            while True: file.write(bytes(1 << 20))\n"
        "    except OSError as error:\n"
        "        return error.errno\n"
    )
    assert run(program, returns(27)) == "passed"


def test_few_files_can_be_opened(run: Run) -> None:
    program = (
        "def double(x):\n"
        "    files = []\n"
        "    try:\n"
        "        while True: files.append(open('/dev/null'))\n"
        "    except OSError as error:\n"
        "        return len(files) < 32\n"
    )
    assert run(program, returns(True)) == "passed"


def test_there_is_no_network(bubblewrap: Confinement) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = (
            "import socket\n"
            "def double(x):\n"
            "    try:\n"
            f"        socket.create_connection(('127.0.0.1', {port}), 5).close()\n"
            "        return 'connected'\n"
            "    except OSError:\n"
            "        return [name for _, name in socket.if_nameindex()]\n"
        )
        assert runner(bubblewrap)(program, returns(["lo"])) == "passed"


def test_the_environment_does_not_come_along(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_LSP_TEST_SECRET", "do-not-tell")
    program = (
        "import os\n"
        "def double(x):\n"
        "    found = repr(os.environ)\n"
        "    for number in (1, os.getppid(), 'self'):\n"
        "        try: found += open(f'/proc/{number}/environ').read()\n"
        "        except OSError: pass\n"
        "    return 'do-not-tell' in found\n"
    )
    assert run(program, returns(False)) == "passed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only a superuser has rights to give up")
def test_a_superuser_becomes_nobody_for_good(run: Run) -> None:
    program = (
        "import os\n"
        "def double(x):\n"
        "    try: os.setuid(0)\n"
        "    except OSError: pass\n"
        "    return [os.getuid(), os.geteuid(), os.getgroups()]\n"
    )
    assert run(program, returns([65534, 65534, []])) == "passed"
