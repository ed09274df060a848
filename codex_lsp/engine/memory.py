"""Keep glibc from giving every step's buffers back to the system.

CTranslate2 joins the key and value tensors anew at each step. By default glibc maps and unmaps
memory of that size each time, and the page faults cost more than the arithmetic.
"""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_TRIM_BYTES = 1 << 30
_MMAP_BYTES = 1 << 25
"""The most that glibc accepts as its mmap threshold: half of a 64-bit heap."""


def keep_freed_memory() -> bool:
    """Raise glibc's trim and mmap thresholds for this process; say whether that could be done.

    The same as the environment variables ``MALLOC_TRIM_THRESHOLD_`` and ``MALLOC_MMAP_THRESHOLD_``,
    which would have to be set before the process starts. Other C libraries are left alone.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    done = (mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES), mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES))
    return done == (1, 1)
