"""``codex-lsp doctor``: prints what :mod:`codex_lsp.doctor` finds."""

from __future__ import annotations

import dataclasses
import json
import sys

from rich.console import Console
from rich.text import Text

from codex_lsp.cli.loading import default_model
from codex_lsp.doctor import Check, Verdict, examine

_MARKS = {
    Verdict.OK: ("ok  ", "green"),
    Verdict.WARNING: ("warn", "yellow"),
    Verdict.FAILURE: ("FAIL", "bold red"),
}


def run(model: str | None, as_json: bool) -> int:
    """Run all checks and print them; 1 if one failed."""
    console = Console(highlight=False)
    checks: list[Check] = []
    for check in examine(model or default_model()):
        checks.append(check)
        if not as_json:
            _print(console, check)
    if as_json:
        rows = [dataclasses.asdict(check) | {"verdict": check.verdict.value} for check in checks]
        json.dump({"checks": rows}, sys.stdout)
        sys.stdout.write("\n")
    return int(any(check.verdict is Verdict.FAILURE for check in checks))


def _print(console: Console, check: Check) -> None:
    mark, style = _MARKS[check.verdict]
    line = Text()
    line.append(mark, style=style)
    line.append(f"  {check.name}: {check.found}")
    console.print(line, soft_wrap=True)
    if check.mend:
        console.print(Text(f"      {check.mend}"), soft_wrap=True)
