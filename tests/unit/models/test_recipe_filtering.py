"""The filter: tasks that have tests, and the samples that pass them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codex_lsp.errors import SandboxError, UsageError
from codex_lsp.evals.problems import Problem, read_human_eval
from codex_lsp.evals.sandbox.launch import open_confinement

pytest.importorskip("datasketch", reason="needs the extra `train`: pip install 'codex-lsp[train]'")

from codex_lsp_recipes import corpus  # noqa: E402
from codex_lsp_recipes.cli import build_app  # noqa: E402
from codex_lsp_recipes.filtering import write_filtered, write_tasks  # noqa: E402
from codex_lsp_recipes.functions import task_end  # noqa: E402

DOUBLE = '''def double(number):
    """Return twice the number.

    >>> double(2)
    4
    >>> print(double(3))
    6
    """
    return 2 * number
'''
WRONG = '''def halve(number):
    """Return half of the number, it says.

    >>> halve(4)
    2
    """
    return number
'''
SILENT = '''def shout(text):
    """Return the text in capitals, without an example."""
    return text.upper()
'''
ADD = {
    "task_id": 601,
    "text": "Write a function to add.",
    "code": "def add(a, b):\n    return a + b",
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
    "test_setup_code": "",
}
COPIED = "    return number + number if number else number - number or 0 and number\n"
TAKE = {**ADD, "task_id": 602, "code": "def take(a, b):\n    return a - b"}


class RunsHere:
    """Judges what this test wrote itself, without a sandbox."""

    facts: Mapping[str, object] = {}

    def check(self, problem: Problem, completion: str) -> str:
        names: dict[str, object] = {}
        exec(problem.program(completion) + problem.test, names)
        try:
            names["check"](names[problem.entry_point])  # type: ignore[operator]
        except AssertionError:
            return "failed: AssertionError"
        return "passed"


def write_lines(file: Path, records: list[dict[str, object]]) -> None:
    file.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus with one of the two problems, and the file of both."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in (*corpus.PARTS, corpus.REPORT):
        write_lines(folder / name, [])
    functions = [{"package": "lib", "text": text} for text in (DOUBLE, WRONG, SILENT)]
    write_lines(folder / corpus.FUNCTIONS, functions)
    write_lines(folder / corpus.PROBLEMS, [{"package": "mbpp", "text": corpus.as_function(ADD)}])
    kept_back = {**ADD, "task_id": 600, "code": f"def far(number):\n{COPIED}"}
    with gzip.open(tmp_path / "mbpp.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(task) + "\n" for task in (ADD, TAKE, kept_back))
    with gzip.open(tmp_path / "human_eval.jsonl.gz", "wt") as file:
        file.write(json.dumps({"prompt": "def f(x):\n", "canonical_solution": "    return x\n"}))
    return folder


def evaluations(folder: Path) -> corpus.Evaluations:
    return corpus.Evaluations(
        folder.parent / "human_eval.jsonl.gz", folder.parent / "mbpp.jsonl.gz"
    )


def test_tasks_are_those_of_the_corpus_that_their_own_solutions_pass(folder: Path) -> None:
    tasks = folder.parent / "tasks.jsonl"
    assert write_tasks(folder.parent / "mbpp.jsonl.gz", folder, RunsHere(), tasks) == 2
    add, double = read_human_eval(tasks).problems
    assert add.task_id == "MBPP/601" and add.entry_point == "add"
    assert add.prompt == 'def add(a, b):\n    """Write a function to add."""\n'
    assert add.canonical_solution == "    return a + b\n"
    assert add.test == (
        "def check(candidate):\n    add = candidate\n"
        "    assert add(1, 2) == 3\n    assert add(0, 0) == 0\n"
    )
    assert double.task_id == "doctest/0"
    assert double.prompt + double.canonical_solution == DOUBLE
    assert double.test == (
        "def check(candidate):\n    double = candidate\n    assert (double(2)) == (4)\n"
    )


def test_what_passed_is_trained_on_and_each_text_once(folder: Path) -> None:
    tasks, run = folder.parent / "tasks.jsonl", folder.parent / "run"
    write_tasks(folder.parent / "mbpp.jsonl.gz", folder, RunsHere(), tasks)
    run.mkdir()
    samples = [
        ("MBPP/601", "    return a + b\n", True),  # its own solution
        ("MBPP/601", "    return b + a\n\n\n", True),
        ("MBPP/601", "    return b + a\n", True),
        ("MBPP/601", "    return a\n", False),
        ("doctest/0", COPIED, True),  # shares a run of words with a task that is kept out
        *(("doctest/0", f"    return number + number  # {n}\n", True) for n in range(9)),
    ]
    records: list[dict[str, object]] = [
        {"task_id": task, "completion": text, "passed": passed, "result": "passed"}
        for task, text, passed in samples
    ]
    write_lines(run / "results.jsonl", records)
    made = folder.parent / "filtered"
    assert write_filtered(run, tasks, folder, evaluations(folder), made) == 5
    before, *added = corpus.read_texts(made / corpus.PROBLEMS)
    assert before == corpus.as_function(ADD)
    assert added[0] == before.replace("a + b", "b + a")
    assert [text.count("# ") for text in added[1:]] == [1] * 4
    assert added[1].startswith(DOUBLE[: task_end(DOUBLE) + 1])
    assert (made / corpus.FUNCTIONS).read_bytes() == (folder / corpus.FUNCTIONS).read_bytes()


def test_the_commands_judge_in_the_sandbox_and_keep_what_passed(folder: Path) -> None:
    try:
        open_confinement()
    except SandboxError as error:
        pytest.skip(f"{error} `scripts/install-test-tools` installs it where it can.")
    there, app = folder.parent, build_app()
    tasks, run, made = there / "tasks.jsonl", there / "run", there / "filtered"
    common = ["--mbpp", str(there / "mbpp.jsonl.gz"), "--corpus", str(folder)]
    result = CliRunner().invoke(app, ["tasks", str(tasks), *common])
    assert (result.exit_code, result.stdout) == (0, f"{tasks}: 2 tasks\n"), result.output
    assert [one.task_id for one in read_human_eval(tasks).problems] == ["MBPP/601", "doctest/0"]
    run.mkdir()
    sample = {"task_id": "MBPP/601", "completion": "    return b + a\n"}
    write_lines(run / "results.jsonl", [{**sample, "passed": True, "result": "passed"}])
    own = ["--tasks", str(tasks), "--out", str(made), "--human-eval"]
    result = CliRunner().invoke(
        app, ["keep", str(run), *common, *own, str(there / "human_eval.jsonl.gz")]
    )
    said = f"{made}: the corpus and 1 samples that passed\n"
    assert (result.exit_code, result.stdout) == (0, said), result.output
    assert len(corpus.read_texts(made / corpus.PROBLEMS)) == 2


def test_a_run_without_verdicts_is_refused(folder: Path) -> None:
    tasks = folder.parent / "tasks.jsonl"
    write_tasks(folder.parent / "mbpp.jsonl.gz", folder, RunsHere(), tasks)
    with pytest.raises(UsageError, match="results.jsonl"):
        write_filtered(folder, tasks, folder, evaluations(folder), folder.parent / "filtered")


def test_a_task_ends_with_its_docstring() -> None:
    text = "import os\n\x0c\ndef first(é):\n    '''Say \"\"\"é\"\"\".'''  # so\n    return é\n"
    assert text[: task_end(text)].endswith("é\"\"\".'''")
    assert task_end('"""All of it."""\nx = 1\n') == 16
    with pytest.raises(ValueError, match="no docstring"):
        task_end("x = 1\n")
