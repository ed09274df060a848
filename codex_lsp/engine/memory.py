"""Keep glibc from giving every step's buffers back to the system, and have it do so in the end.

CTranslate2 joins the key and value tensors anew at each step. By default glibc maps and unmaps
memory of that size each time, and the page faults cost more than the arithmetic. What is kept does
not grow from request to request, but stays as large as the largest one made it: hundreds of
megabytes, which an editor that nobody is using should not hold.
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


def give_back_freed_memory() -> bool:
    """Give freed memory back to the system; say whether there was some.

    It takes some ten milliseconds, and the next request pays for the page faults with a later first
    token: for a long rest, not for the time between two requests.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (OSError, AttributeError):
        return False
