"""Problems of our own, in the formats of the published sets."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from codex_lsp.evals.problems import Hole, Problem

ADD: dict[str, Any] = {
    "task_id": "Own/0",
    "prompt": 'import math\n\n\ndef add(a, b):\n    """ Add two numbers. """\n',
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
    "test": (
        "def check(candidate):\n"
        "    assert candidate(1, 2) == 3\n"
        "    assert candidate(-1, math.floor(1.5)) == 0\n"
    ),
}
HOLE: dict[str, Any] = {
    **ADD,
    "task_id": "SingleLineInfilling/Own/0/L0",
    "prompt": ADD["prompt"] + "    total = a\n",
    "suffix": "    return total\n",
    "canonical_solution": "    total += b\n",
}
BASIC: dict[str, Any] = {
    "task_id": 11,
    "text": "Write a function to make a pair.",
    "code": "import math\r\nclass Pair:\r\n  def __init__(self, a): self.a = a\r\n"
    "def first(pair):\r\n  return pair.a\r\n",
    "test_setup_code": "root = Pair(4)",
    "test_list": ["assert first(Pair(3)) == 3", "assert first(root) == math.floor(4.5)"],
    "challenge_test_list": [],
}


def write(file: Path, *records: dict[str, Any]) -> Path:
    text = "".join(json.dumps(record) + "\n" for record in records)
    raw = text.encode()
    file.write_bytes(gzip.compress(raw) if file.suffix == ".gz" else raw)
    return file


def add_problem(task_id: str = "Own/0") -> Problem:
    return Problem(
        task_id=task_id,
        hole=Hole.BODY,
        prompt=ADD["prompt"],
        suffix="",
        entry_point="add",
        preamble="import math\n\n\n",
        test=ADD["test"],
        canonical_solution=ADD["canonical_solution"],
        names=("add",),
    )
