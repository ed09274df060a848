"""The limits that a process puts on itself before it runs what it was given."""

from __future__ import annotations

import os
import resource
from typing import Any


def confine(limits: dict[str, Any]) -> None:
    """Give up the superuser and set hard limits; neither can be undone by this process.

    Limits on a superuser's processes do not hold, so his rights go first.
    """
    if limits["user"] is not None and os.geteuid() == 0:
        os.setgroups([])
        os.setgid(limits["user"])
        os.setuid(limits["user"])
    cpu = limits["cpu_s"]
    # The soft limit ends the process with a signal that tells why; one that catches it dies of the
    # hard limit.
    for name, soft, hard in (
        ("RLIMIT_CPU", cpu, cpu + 1),
        ("RLIMIT_AS", limits["memory_bytes"], limits["memory_bytes"]),
        ("RLIMIT_NPROC", limits["processes"], limits["processes"]),
        ("RLIMIT_NOFILE", limits["open_files"], limits["open_files"]),
        ("RLIMIT_FSIZE", limits["file_bytes"], limits["file_bytes"]),
        ("RLIMIT_CORE", 0, 0),
    ):
        kind = getattr(resource, name)
        present = resource.getrlimit(kind)[1]
        highest = hard if present == resource.RLIM_INFINITY else min(hard, present)
        resource.setrlimit(kind, (min(soft, highest), highest))
