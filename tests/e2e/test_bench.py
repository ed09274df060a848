"""The benchmarks run on the real server with the real model; nothing is asserted about time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.bench import events
from codex_lsp.bench.events import Answer, Key
from codex_lsp.model_dir import ModelDir

TINY = "def add(a, b):\n    return a + b\n\n\ndef total(items):\n    return sum(items)\n"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.py"
    file.write_text(TINY)
    return file


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codex_lsp", "bench", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)


def result(*arguments: str | Path) -> dict[str, Any]:
    done = bench(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_replay_types_the_file_and_keeps_what_it_saw(
    model: ModelDir, tiny: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "run.jsonl"
    options = ["--file", tiny, "--limit-keys", "8", "--pace", "fast", "--out", kept]
    found = result("replay", *options, "--compare", "samples=1", "--compare", "samples=2")
    assert found["command"] == "replay"
    assert found["model"]["name"] == model.description.name
    assert list(found["variants"]) == ["samples=1", "samples=2"]
    facts, recordings = events.read(kept)
    assert facts["settings"] == found["settings"]
    assert [item.segment.variant for item in recordings] == ["samples=1", "samples=2"]
    for recording in recordings:
        segment = recording.segment
        keys = [event for event in recording.events if isinstance(event, Key)]
        assert sum(key.chars for key in keys) == segment.chars
        answers = [event for event in recording.events if isinstance(event, Answer)]
        # As fast as possible means: every request is answered before the next key.
        assert [answer.key for answer in answers] == [key.key for key in keys]
        assert [answer.error for answer in answers] == [""] * len(keys)
        figures = found["variants"][segment.variant]
        assert figures["keys"] == len(keys)
        assert figures["chars"] == segment.chars
        assert figures["late"] == 0
        assert sum(figures["origins"].values()) <= len(keys)
        assert figures["work"]["readTokens"] > 0
        assert figures["work"]["decodedTokens"] >= figures["work"]["shownTokens"]
    shown = result("show", kept)
    assert shown["variants"] == found["variants"]


def test_replay_prints_a_table_for_people(tiny: Path) -> None:
    done = bench("replay", "--file", tiny, "--limit-keys", "2", "--pace", "fast")
    assert done.returncode == 0, done.stderr
    assert "suggestion on screen within 200 ms, % of keys" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--pace", "slow"], "--pace is 'slow', but has to be one of real, fast."),
        (["--client", "ed"], "--client is 'ed', but has to be one of vscode, neovim."),
        (["--limit-keys", "0"], "--limit-keys is 0, but has to be 1 or more."),
        (["--wpm", "0"], "--wpm is 0, but has to be a number above 0."),
        (["--wpm", "nan"], "--wpm is nan, but has to be a number above 0."),
        (["--setting", "samples"], "The setting 'samples' has to be like name=value."),
        (["--setting", "sample=4"], "There is no setting codexLsp.sample."),
        (
            ["--compare", "samples=many"],
            "The setting codexLsp.samples has to be a whole number, not a string.",
        ),
    ],
)
def test_a_wrong_option_is_one_sentence(
    model: ModelDir, tiny: Path, arguments: list[str], sentence: str
) -> None:
    done = bench("replay", "--file", tiny, *arguments)
    assert done.returncode == 2
    assert done.stderr == f"codex-lsp: {sentence}\n"


def test_a_file_that_is_missing_is_named(model: ModelDir, tmp_path: Path) -> None:
    done = bench("replay", "--file", tmp_path / "no.py")
    assert done.returncode == 2
    assert f"{tmp_path / 'no.py'} cannot be read" in done.stderr
    assert done.stderr.count("\n") == 1
