"""Starts a program of this package as a child process that is talked to over pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import codex_lsp


def start_module(name: str) -> subprocess.Popen[bytes]:
    """Start ``python -m name`` with unbuffered pipes on its standard input and output.

    The folder that an editor starts the server in is the user's: no module is imported from there.
    """
    return subprocess.Popen(
        [sys.executable, "-m", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=Path(codex_lsp.__file__).parent.parent,
        env={**os.environ, "PYTHONSAFEPATH": "1"},
        # Windows would open a console window where the server has none.
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
