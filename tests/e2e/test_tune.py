"""The real model is measured, what was measured is kept, and it is used."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.model_dir import ModelDir
from codex_lsp.tuning import store
from codex_lsp.tuning.machine import this_machine
from codex_lsp.tuning.measured import Measured, Pace, Size, SizePace, ThreadsPace
from codex_lsp.tuning.policy import LADDER
from tests.e2e.raw_client import RawClient

CODE = "def add(a, b):\n    return (a +"
"""No blank at the end, which would be left to the samples and cost each a token."""


class Home:
    """A user's data directory, and commands that use it."""

    def __init__(self, path: Path, model: ModelDir) -> None:
        self.path = path
        self.model = model

    def run(self, *arguments: str, stdin: str = "", switch: str = "") -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "codex_lsp", *arguments],
            input=stdin.encode(),
            capture_output=True,
            env={**os.environ, "CODEX_LSP_HOME": str(self.path), store.SWITCH: switch},
            timeout=110,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def tune(self, *options: str) -> dict[str, Any]:
        code, out, err = self.run("tune", str(self.model.path), "--quick", "--json", *options)
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    def keep(self, monkeypatch: pytest.MonkeyPatch, measured: Measured) -> None:
        """Keep what was never measured."""
        monkeypatch.setenv("CODEX_LSP_HOME", str(self.path))
        store.save(self.model, this_machine(), measured)


@pytest.fixture
def home(tmp_path: Path, model: ModelDir) -> Home:
    return Home(tmp_path, model)


def made_up(threads: int) -> Measured:
    """Measurements that no machine has: with them, one thread count and one size are chosen."""
    paces = (ThreadsPace(threads, Pace(1.0, 1.0)),)
    sizes = (SizePace(Size(3, 48), Pace(1.0, 1.0)),)
    return Measured(paces, sizes, 0.01, "cpu", "int8")


def test_it_is_measured_once(home: Home) -> None:
    first = home.tune()
    assert first["fresh"] is True
    file = Path(first["file"])
    assert file.parent == home.path / "tuning"
    content = file.read_bytes()

    measured = first["measured"]
    assert (measured["device"], measured["compute_type"]) == ("cpu", "int8")
    sizes = [
        (step["size"]["samples"], step["size"]["prefix_tokens"]) for step in measured["by_size"]
    ]
    ladder = [(size.samples, size.prefix_tokens) for size in LADDER]
    assert sizes == ladder[: len(sizes)]
    assert len(sizes) >= 1
    tuning = first["tuning"]
    assert (tuning["samples"], tuning["max_prefix_tokens"]) in sizes
    assert tuning["threads"] in [step["threads"] for step in measured["by_threads"]]

    again = home.tune("--if-needed")
    assert again == {**first, "fresh": False}
    assert file.read_bytes() == content


def test_a_damaged_file_is_measured_anew(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.keep(monkeypatch, made_up(1))
    file = store.file_for(home.model, this_machine())
    file.write_text("measured = 'not'", encoding="utf-8")
    assert home.tune("--if-needed")["fresh"] is True
    assert store.load(home.model, this_machine()) is not None


def samples_of(trace: dict[str, Any]) -> int:
    """Return how many samples of a single token were drawn."""
    return int(trace["work"]["decoded"])


def test_what_was_measured_is_used_and_options_win(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.keep(monkeypatch, made_up(3))

    def complete(*options: str, switch: str = "") -> tuple[int, int, list[str]]:
        asked = ("complete", "--stdin", "--json", "--explain", "--seed", "1", "--temperature", "3")
        model = ("--model", str(home.model.path), "--max-lines", "1", "--max-tokens", "1")
        _, out, _ = home.run(*asked, *model, *options, stdin=CODE, switch=switch)
        answer = json.loads(out)
        texts = [item["text"] for item in answer["trace"]["candidates"]]
        return answer["model"]["threads"], samples_of(answer["trace"]), texts

    threads, samples, texts = complete()
    assert (threads, samples) == (3, 3)
    assert complete("-n", "3", "--threads", "3", switch="off") == (3, 3, texts)
    threads, samples, _ = complete("--threads", "1", "-n", "6")
    assert (threads, samples) == (1, 6)


@pytest.mark.parametrize(
    ("own", "switch", "threads", "sizes", "samples"),
    [
        ({}, "", 3, "what was measured here", 3),
        ({"threads": 1, "samples": 5}, "", 1, "what was measured here", 5),
        ({"threads": 1}, "off", 1, "no measurements", 4),
    ],
)
def test_the_server_uses_it_and_settings_win(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    own: dict[str, int],
    switch: str,
    threads: int,
    sizes: str,
    samples: int,
) -> None:
    home.keep(monkeypatch, made_up(3))
    settings = {"model": str(home.model.path), "logLevel": "info", "seed": 1, "temperature": 3}
    command = [sys.executable, "-m", "codex_lsp", "serve", "--stdio"]
    with RawClient(command, {"CODEX_LSP_HOME": str(home.path), store.SWITCH: switch}) as client:
        client.initialize(initializationOptions={**settings, "maxLines": 1, "maxTokens": 1, **own})
        client.open("file:///a.py", CODE)
        client.call(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": "file:///a.py"},
                "position": {"line": 1, "character": len(CODE.splitlines()[1])},
                "context": {"triggerKind": 1},
            },
        )
        (trace,) = client.call("codexLsp/explain", {"uri": "file:///a.py"})["result"]["traces"]
        assert samples_of(trace) == samples
        assert client.stop() == 0
        assert f"loaded with {threads} threads, sized by {sizes}" in client.stderr


def doctors_word(home: Home, switch: str = "") -> dict[str, str]:
    """Return what the doctor says of the measurements."""
    code, out, err = home.run("doctor", "--json", "--model", str(home.model.path), switch=switch)
    assert code == 0, err
    (tuning,) = [check for check in json.loads(out)["checks"] if check["name"] == "tuning"]
    found: dict[str, str] = tuning
    return found


def test_the_doctor_says_that_nothing_was_measured(home: Home) -> None:
    found = doctors_word(home)
    assert found["verdict"] == "warning"
    assert found["mend"].startswith("Run `codex-lsp tune`")
    assert doctors_word(home, switch="off")["found"] == "switched off by CODEX_LSP_TUNING"


def test_the_doctor_shows_what_was_measured(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.keep(monkeypatch, made_up(2))
    assert doctors_word(home) == {
        "name": "tuning",
        "verdict": "ok",
        "found": "2 threads, 3 samples, 48 tokens of context: about 10 ms to a line; "
        "`codex-lsp tune` measures again",
        "mend": "",
    }
    home.keep(monkeypatch, dataclasses.replace(made_up(2), busy=0.9))
    busy = doctors_word(home)
    assert busy["verdict"] == "warning"
    assert busy["mend"].startswith("The machine was busy when it was measured")


def test_it_can_be_switched_off(home: Home) -> None:
    code, out, err = home.run("tune", str(home.model.path), "--if-needed", switch="off")
    assert (code, out) == (0, "")
    assert err == "codex-lsp: nothing is measured, as CODEX_LSP_TUNING is off.\n"
    assert not (home.path / "tuning").exists()


def test_two_do_not_measure_each_other(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_LSP_HOME", str(home.path))
    with store.alone():
        code, out, err = home.run("tune", str(home.model.path), "--quick")
    assert (code, out) == (1, "")
    assert err == "codex-lsp: Another process is measuring already; wait some seconds.\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nonsense"], "The model 'nonsense' is not installed"),
        (["MODEL", "--device", "tpu"], "The device 'tpu' is not one of auto, cpu, cuda."),
        (["MODEL", "--compute-type", "int3"], "CTranslate2 cannot load"),
    ],
)
def test_what_cannot_be_measured_is_said(home: Home, options: list[str], message: str) -> None:
    given = [str(home.model.path) if option == "MODEL" else option for option in options]
    code, out, err = home.run("tune", *given)
    assert (code, out) == (1, "")
    (line,) = [line for line in err.splitlines() if line.startswith("codex-lsp: ")]
    assert message in line
    assert not list((home.path / "tuning").glob("*.toml"))
