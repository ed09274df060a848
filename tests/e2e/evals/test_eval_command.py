"""The command on the real model: two problems of our own, to the report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codex_lsp import model_dir
from codex_lsp.errors import ModelNotFoundError
from codex_lsp_models.manifest import DEFAULT
from tests.unit.evals.problem_files import ADD, HOLE, write


@pytest.fixture(autouse=True)
def _model() -> None:
    try:
        model_dir.find(DEFAULT)
    except ModelNotFoundError:
        pytest.skip(f"the model {DEFAULT} is not installed: `codex-lsp models pull` gets it")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codex_lsp", "eval", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.timeout(400)
def test_a_sweep_in_shards_is_merged_and_reported(tmp_path: Path) -> None:
    problems = write(tmp_path / "problems.jsonl", ADD, {**ADD, "task_id": "Own/1"})
    common = ("--problems", problems, "-n", "3", "--batch", "2", "--max-tokens", "12", "--threads")
    for index in (1, 2):
        done = run(
            "humaneval", "--out", tmp_path / f"s{index}", *common, "1", "--shard", f"{index}/2",
            "--temperature", "0.2", "--temperature", "0.8",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "1 problems\npass@1 " in done.stdout
    for heat in ("t0.2", "t0.8"):
        merged = run(
            "merge", tmp_path / "all" / heat, tmp_path / "s1" / heat, tmp_path / "s2" / heat
        )
        assert merged.stdout == f"{tmp_path / 'all' / heat} has 6 samples.\n"
    whole = run("humaneval", "--out", tmp_path / "whole", *common, "1", "--temperature", "0.8",
                "--no-check")  # fmt: skip
    assert whole.returncode == 0, whole.stderr

    def texts(folder: Path) -> dict[tuple[str, int], str]:
        lines = (folder / "samples.jsonl").read_text().splitlines()
        samples = [json.loads(line) for line in lines]
        return {(item["task_id"], item["index"]): item["completion"] for item in samples}

    assert texts(tmp_path / "whole") == texts(tmp_path / "all" / "t0.8")
    scored = run("score", tmp_path / "all" / "t0.8", "--by", "back-translation", "--problems",
                 problems, "--threads", "1")  # fmt: skip
    assert scored.returncode == 0, scored.stderr
    assert scored.stdout == f"{tmp_path / 'all' / 't0.8' / 'scores-back-translation.jsonl'}\n"
    report = run("report", tmp_path / "all")
    assert report.returncode == 0, report.stderr
    text = (tmp_path / "all" / "report.md").read_text()
    assert "Best temperature" in text
    assert "| t0.8 | best by back-translation | 2 |" in text


def test_torch_draws_what_ctranslate2_can_score(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the extra `train`: pip install 'codex-lsp[train]'")
    problems = write(tmp_path / "problems.jsonl", ADD, HOLE)
    common = ("--problems", problems, "--max-tokens", "24", "--threads", "1", "--no-check")
    for engine in ("ctranslate2", "torch"):
        # In float32 both see the same, so greedy decoding writes the same.
        done = run("humaneval", "--out", tmp_path / engine, *common, "--engine", engine, "-n", "1",
                   "--compute-type", "float32", "--temperature", "0")  # fmt: skip
        assert done.returncode == 0, done.stderr
    one, other = (
        [json.loads(line) for line in (tmp_path / name / "samples.jsonl").read_text().splitlines()]
        for name in ("ctranslate2", "torch")
    )
    assert [item["completion"] for item in one] == [item["completion"] for item in other]
    assert [item["total_logprob"] for item in one] == pytest.approx(
        [item["total_logprob"] for item in other], abs=1e-2
    )
    facts = json.loads((tmp_path / "torch" / "run.json").read_text())
    assert (facts["model"]["engine"], facts["model"]["compute_type"]) == ("torch", "float32")
    assert "torch" in facts["versions"]
    scored = run("score", tmp_path / "torch", "--by", "back-translation", "--problems", problems,
                 "--threads", "1")  # fmt: skip
    assert scored.returncode == 0, scored.stderr
    refused = run("humaneval", "--out", tmp_path / "ctranslate2", *common, "--engine", "torch",
                  "-n", "1", "--compute-type", "float32", "--temperature", "0")  # fmt: skip
    assert refused.returncode == 2
    assert "holds a run with another model" in refused.stderr


def test_a_hole_is_filled_and_checked(tmp_path: Path) -> None:
    problems = write(tmp_path / "problems.jsonl", HOLE)
    done = run("infilling", "--out", tmp_path / "run", "--problems", problems, "--threads", "1")
    assert done.returncode == 0, done.stderr
    (line,) = (tmp_path / "run" / "results.jsonl").read_text().splitlines()
    assert json.loads(line)["completion"].count("\n") >= 1
    again = run("check", tmp_path / "run", "--problems", problems)
    assert again.stdout == done.stdout


@pytest.mark.timeout(400)
def test_fillings_of_a_hole_are_ranked_by_what_follows(tmp_path: Path) -> None:
    # Behind a colon no model leaves the line blank.
    hole = {**HOLE, "prompt": f"{HOLE['prompt']}    if b:\n"}
    problems = write(tmp_path / "problems.jsonl", hole)
    done = run("infilling", "--out", tmp_path / "run", "--problems", problems, "-n", "3",
               "--temperature", "0.8", "--threads", "1", "--compute-type", "float32")  # fmt: skip
    assert done.returncode == 0, done.stderr
    by = ("--by", "suffix-likelihood", "--problems", problems, "--threads", "1")
    scored = run("score", tmp_path / "run", *by)
    assert scored.returncode == 0, scored.stderr
    lines = (tmp_path / "run" / "scores-suffix-likelihood.jsonl").read_text().splitlines()
    assert [json.loads(line)["index"] for line in lines] == [0, 1, 2]
    # What is scored is not scored again.
    again = run("score", tmp_path / "run", *by)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "run" / "scores-suffix-likelihood.jsonl").read_text().splitlines() == lines
    assert run("report", tmp_path / "run").returncode == 0
    text = (tmp_path / "run" / "report.md").read_text()
    assert "| suffix likelihood | 3 |" in text
    assert "| model: compute_type | float32 |" in text


@pytest.mark.timeout(400)
def test_a_header_is_compared_with_none_on_the_same_problems(tmp_path: Path) -> None:
    problems = write(tmp_path / "problems.jsonl", ADD)
    common = ("--problems", problems, "-n", "1", "--temperature", "0", "--max-tokens", "8",
              "--threads", "1")  # fmt: skip
    for name, more in (("plain", ()), ("asked", ("--header", "# This is correct."))):
        done = run("humaneval", "--out", tmp_path / name, *common, *more)
        assert done.returncode == 0, done.stderr
        scored = run("score", tmp_path / name, "--by", "reference", "--problems", problems,
                     "--threads", "1")  # fmt: skip
        assert scored.returncode == 0, scored.stderr
    found = run("compare", tmp_path / "plain", tmp_path / "asked")
    assert found.returncode == 0, found.stderr
    assert "| pass@1 | 1 |" in found.stdout
    assert "| mean log-probability | 1 | -" in found.stdout
    assert "| header |  | # This is correct." in found.stdout
    refused = run("score", tmp_path / "plain", "--by", "luck", "--problems", problems)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "--by is 'luck'" in refused.stderr


@pytest.mark.timeout(400)
def test_probes_are_drawn_judged_and_reported(tmp_path: Path) -> None:
    common = ("-n", "2", "--max-tokens", "12", "--threads", "1")
    for arguments in (
        ("bindings", "--operations", "1", "--count", "2"),
        ("contexts", "--examples", "0", "--examples", "1", "--limit", "3"),
        ("crypto", "--limit", "1"),
    ):
        done = run(arguments[0], "--out", tmp_path / arguments[0], *arguments[1:], *common)
        assert done.returncode == 0, done.stderr
        assert "pass@2 " in done.stdout
    scored = run("score", tmp_path / "crypto", "--by", "safety")
    assert scored.returncode == 0, scored.stderr
    report = run("report", tmp_path)
    assert report.returncode == 0, report.stderr
    text = (tmp_path / "report.md").read_text()
    for line in (
        "## Bound operations: bindings",
        "| examples | problems | behind correct ones | behind buggy ones | difference |",
        "| the same, what is insecure last | 2 |",
    ):
        assert line in text


def test_chains_can_be_made_again_to_be_checked(tmp_path: Path) -> None:
    done = run(
        "chains", "--out", tmp_path / "run", "--length", "2", "--count", "2", "-n", "1",
        "--max-tokens", "8", "--threads", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path / 'run'}: 2 problems\n")
    (tmp_path / "run" / "results.jsonl").unlink()
    assert run("check", tmp_path / "run").stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--shard", "3"), "--shard is '3', but has to be like 1/4."),
        (("--shard", "3/2"), "There is no shard 3 of 2"),
        (("--temperature", "0"), "Greedy decoding"),
        (("--temperature", "1", "--temperature", "1"), "the same temperature twice"),
        (("--sandbox", "none"), "--sandbox is 'none'"),
        (("--timeout", "0"), "--timeout is 0"),
        (("--engine", "onnx"), "--engine is 'onnx', but has to be ctranslate2 or torch."),
        (("--engine", "torch", "--device", "cuda"), "--engine torch runs on the processor"),
        (("--engine", "torch", "--compute-type", "int8"), "--compute-type is 'int8'"),
        (("--threads", "-1"), "--threads is -1, but has to be between 0 and 256."),
        (("--problems", "none.jsonl"), "There is no file none.jsonl."),
    ],
)
def test_wrong_use_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    problems = () if "--problems" in arguments else ("--problems", write(tmp_path / "p.jsonl", ADD))
    done = run("humaneval", "--out", tmp_path / "run", *problems, *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        ("humaneval", "--limit", "0"),
        ("humaneval", "--limit", "-1"),
        ("humaneval", "--workers", "-1"),
        ("quality", "--patience", "-2"),
    ],
)
def test_a_number_out_of_range_is_refused(
    tmp_path: Path, command: str, option: str, value: str
) -> None:
    done = run(command, "--out", tmp_path / "run", option, value)
    assert done.returncode == 2
    assert f"'{option}'" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.timeout(300)
def test_holes_are_drawn_once_completed_again_and_reported(tmp_path: Path) -> None:
    body = "def area(width, height):\n    result = width * height\n    return result\n\n\n"
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "shapes.py").write_text("import math\n" * 12 + body * 12)
    out = tmp_path / "run"
    common = ("--out", out, "--folder", tmp_path / "code", "--each", "1", "--threads", "1")
    done = run("quality", *common, "--label", "before", "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("before: 2 holes, exact ")
    drawn = (out / "draws.jsonl").read_bytes()
    again = run("quality", *common, "--label", "now", "--limit", "2")
    assert again.stdout == done.stdout.replace("before", "now")
    assert (out / "draws.jsonl").read_bytes() == drawn
    report = run("report", out)
    assert report.returncode == 0, report.stderr
    assert "| now | 2 |" in (out / "report.md").read_text()
    refused = run("quality", *common, "--seed", "1")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
