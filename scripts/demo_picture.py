"""Draws the README's picture from a real run of the demo: ``python scripts/demo_picture.py``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "complete examples/inventory.py --line 35 -n 8 --temperature 1 --seed 7".split()
"""The same as of ``make demo``."""
WIDTH = 88


def main() -> None:
    """Run the demo as in a colour terminal and write ``docs/images/demo.svg``."""
    environment = {
        **os.environ,
        "FORCE_COLOR": "1",
        "COLUMNS": str(WIDTH),
        "TERM": "xterm-256color",
    }
    shown = subprocess.run(
        [sys.executable, "-m", "codex_lsp", *COMMAND],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
    ).stdout.decode()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        console.print(Text("$ codex-lsp " + " ".join(COMMAND), style="bold"))
        console.print(Text.from_ansi(shown))
        svg = console.export_svg(title="codex-lsp")
    # Rich links fonts on the web; a picture in a README needs none, and asks nobody for anything.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    (ROOT / "docs" / "images" / "demo.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
