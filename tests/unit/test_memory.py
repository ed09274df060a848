"""What glibc does with freed memory, looked at from outside: in a process of its own."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc can be told what to do with freed memory"
)

PROGRAM = """
import ctypes, sys
import psutil
from codex_lsp.engine.memory import give_back_freed_memory, keep_freed_memory

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
mb = lambda: psutil.Process().memory_info().rss // 1_000_000

if "keep" in sys.argv:
    assert keep_freed_memory()
before = mb()
blocks = [libc.malloc(4_000_000) for _ in range(50)]
for block in blocks:
    libc.memset(block, 1, 4_000_000)
used = mb()
for block in blocks:
    libc.free(block)
freed = mb()
if "give" in sys.argv:
    assert give_back_freed_memory()
print(used - before, freed - before, mb() - before)
"""


def run(*arguments: str) -> tuple[int, int, int]:
    """Return megabytes above the start: with 200 in use, once they are freed, and at the end."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, check=True
    )
    used, freed, end = map(int, done.stdout.split())
    return used, freed, end


def test_freed_memory_is_kept_and_given_back_when_told() -> None:
    used, freed, end = run("keep", "give")
    assert 190 <= used <= 220
    assert 190 <= freed <= 220
    assert end <= 20


def test_glibc_by_itself_gives_it_back_at_once() -> None:
    used, freed, _ = run()
    assert 190 <= used <= 220
    assert freed <= 20
