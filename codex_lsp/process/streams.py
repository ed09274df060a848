"""Standard input and output kept for a protocol, out of the reach of everybody else."""

from __future__ import annotations

import os
import sys


def take_standard_streams() -> tuple[int, int]:
    """Return private copies of descriptors 0 and 1, which then lead to nothing and to stderr.

    Neither a stray ``print``, nor a native library's, nor a child process can touch the protocol
    then.

    :raises OSError: the process was started without an input or output
    """
    read_fd, write_fd = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(read_fd, os.O_BINARY)
        msvcrt.setmode(write_fd, os.O_BINARY)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # started without standard error
        os.dup2(nothing, 1)
    os.close(nothing)
    return read_fd, write_fd
