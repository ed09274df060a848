"""The memory of a server process and of all it has started."""

from __future__ import annotations

import contextlib

import psutil


def tree_rss_mb(pid: int) -> float:
    """Return the resident memory of a process and its descendants, in MB (10^6 bytes).

    Pages that they share count once for each of them.
    """
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total / 1e6
