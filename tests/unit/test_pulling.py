"""What the server makes of the process that gets the model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codex_lsp.cli import pulling
from codex_lsp.errors import DamagedFileError, PullError
from codex_lsp.model_dir import ModelDir
from codex_lsp_models.progress import Phase, ProgressEvent
from tests.unit.fake_engine import description

MODEL = ModelDir(Path("there"), description())
EVENT = ProgressEvent(Phase.DOWNLOAD, "Getting it", 1, 2)

Say = Callable[[str], None]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Have the process report what an expression evaluates to, and leave."""

    def say(reports: str) -> None:
        program = (
            "import sys; from codex_lsp.process import framing; "
            "from codex_lsp.errors import *; from tests.unit.test_pulling import EVENT, MODEL; "
            f"[sys.stdout.buffer.write(framing.encode(report)) for report in {reports}]"
        )
        monkeypatch.setattr(
            pulling,
            "start_module",
            lambda name: subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                cwd=Path(__file__).parents[2],
            ),
        )

    return say


def test_progress_is_told_and_the_model_returned(say: Say) -> None:
    say("[EVENT, EVENT, MODEL]")
    events: list[ProgressEvent] = []
    assert pulling.pull_default(events.append) == MODEL
    assert events == [EVENT, EVENT]


def test_an_error_keeps_its_type_and_its_sentence(say: Say) -> None:
    say("[EVENT, DamagedFileError('It is damaged.')]")
    with pytest.raises(DamagedFileError, match="^It is damaged.$"):
        pulling.pull_default(lambda event: None)


def test_a_process_that_ends_before_it_is_done_is_an_error(say: Say) -> None:
    say("[EVENT]")
    with pytest.raises(PullError, match="broken off"):
        pulling.pull_default(lambda event: None)
