"""A run is kept as JSON lines, and read again as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from codex_lsp.bench import events
from codex_lsp.bench.events import Answer, Counters, Key, Recording, Segment
from codex_lsp.errors import UsageError

RUN = [
    Recording(
        Segment("a", "x.py", 10, 3, "fast"),
        (Key(0.5, 0, 1, kept=True), Answer(1.5, 0, 1, 4, "model"), Counters(2.0, {"requests": 1})),
    ),
    Recording(Segment("b", "x.py", 10, 3, "fast"), ()),
]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "new" / "run.jsonl"
    events.write(file, {"seed": 3}, RUN)
    assert events.read(file) == ({"seed": 3}, RUN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json\n",
        '{"type": "key"}\n',
        '{"type": "run"}\n{"type": "key", "at_ms": 0, "key": 0, "chars": 1}\n',
        '{"type": "run"}\n{"type": "segment", "colour": "red"}\n',
        '{"type": "run"}\n[]\n',
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"run\.jsonl is no recorded run of `codex-lsp bench`"):
        events.read(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no.jsonl cannot be read"):
        events.read(tmp_path / "no.jsonl")
