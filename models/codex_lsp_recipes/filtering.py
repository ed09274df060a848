"""The paper's filter on the model's own samples: tasks with tests, and the samples that pass them.

Chen et al. 2021, section 4, sample each problem and leave out those that nothing solves. Here the
samples that pass are trained on. Tasks are the problems of MBPP that are in the corpus, and the
functions whose docstring has examples that can be run, each if its own solution passes.
"""

from __future__ import annotations

import ast
import doctest
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from codex_lsp.evals.checking import PASSED, Judge
from codex_lsp.evals.problems import read_human_eval
from codex_lsp.evals.run import RESULTS
from codex_lsp.evals.samples import read_checked
from codex_lsp_recipes import corpus
from codex_lsp_recipes.decontaminate import Decontaminator
from codex_lsp_recipes.functions import task_end

KEPT_OF_A_TASK = 4
"""More samples of one task are much alike, and would make it count more than others."""


def write_tasks(mbpp: Path, folder: Path, judge: Judge, output: Path) -> int:
    """Write the tasks of the corpus in ``folder``, as HumanEval has its problems.

    :param mbpp: mbpp.jsonl.gz, for the tests
    :return: how many there are
    :raises UsageError: a file cannot be read
    :raises SandboxError: programs cannot be run here
    """
    problems = frozenset(corpus.read_texts(folder / corpus.PROBLEMS))
    functions = corpus.read_texts(folder / corpus.FUNCTIONS)
    tasks = list(chain(_of_mbpp(mbpp, problems), _of_doctests(functions)))
    _write(tasks, output)
    right = {
        problem.task_id
        for problem in read_human_eval(output).problems
        if judge.check(problem, problem.canonical_solution) == PASSED
    }
    _write((task for task in tasks if task["task_id"] in right), output)
    return len(right)


def write_filtered(
    run: Path, tasks: Path, folder: Path, evaluations: corpus.Evaluations, output: Path
) -> int:
    """Write the corpus in ``folder`` once more, with what passed in ``run`` among its problems.

    Of a task at most :data:`KEPT_OF_A_TASK` different samples are taken, and neither its own
    solution nor what shares a run of words with one of ``evaluations``.

    :return: how many samples were added
    :raises UsageError: a file cannot be read, the run has no verdicts, or there is no corpus
    """
    texts = _passing(run, tasks, Decontaminator(evaluations.solutions()))
    corpus.digest(folder)  # says so if a part is missing
    output.mkdir(parents=True, exist_ok=True)
    for name in (*corpus.PARTS, corpus.REPORT):
        shutil.copyfile(folder / name, output / name)
    with (output / corpus.PROBLEMS).open("a", encoding="utf-8", newline="\n") as problems:
        for text in texts:
            problems.write(json.dumps({"package": "samples", "text": text}) + "\n")
    return len(texts)


def _passing(run: Path, tasks: Path, measured: Decontaminator) -> list[str]:
    problems = {problem.task_id: problem for problem in read_human_eval(tasks).problems}
    kept: dict[str, list[str]] = {name: [] for name in problems}
    for checked in read_checked(run / RESULTS):
        problem = problems.get(checked.sample.task_id)
        if problem is None or not checked.passed:
            continue
        mine, completion = kept[problem.task_id], checked.sample.completion.rstrip() + "\n"
        text = problem.prompt + completion
        new = text not in mine and completion != problem.canonical_solution
        if new and len(mine) < KEPT_OF_A_TASK and not measured.overlaps(text):
            mine.append(text)
    return [text for texts in kept.values() for text in texts]


def _of_mbpp(mbpp: Path, wanted: frozenset[str]) -> Iterator[Mapping[str, str]]:
    for task in corpus.read_problems(mbpp, (*corpus.MBPP_FIELDS, "test_list")):
        text = corpus.as_function(task)
        if text in wanted and not task["test_setup_code"]:
            yield from _task(f"MBPP/{task['task_id']}", text, task["test_list"])


def _of_doctests(functions: Iterable[str]) -> Iterator[Mapping[str, str]]:
    for number, text in enumerate(functions):
        function = ast.parse(text).body[-1]
        assert isinstance(function, ast.FunctionDef)
        checks = _checks(ast.get_docstring(function) or "", function.name)
        if checks:
            yield from _task(f"doctest/{number}", text, checks)


def _checks(docstring: str, function: str) -> list[str]:
    """Return an assertion for each example that calls ``function`` and gives a plain value."""
    try:
        examples = doctest.DocTestParser().get_examples(docstring)
    except ValueError:
        return []
    found = []
    for example in examples:
        source, value = example.source.strip(), example.want.strip()
        try:
            call = ast.parse(source, mode="eval")
            ast.literal_eval(value)
        except (SyntaxError, ValueError, TypeError, MemoryError):
            continue
        names = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
        # What is printed is no value to compare.
        if function in names and "print" not in names:
            found.append(f"assert ({source}) == ({value})")
    return found


def _task(task_id: str, text: str, checks: Iterable[str]) -> Iterator[Mapping[str, str]]:
    """Yield the task to write ``text`` from the end of its docstring on, if it is a function."""
    function = ast.parse(text).body[-1]
    if isinstance(function, ast.FunctionDef):
        end = task_end(text) + 1
        lines = [f"{function.name} = candidate", *checks]
        yield {
            "task_id": task_id,
            "prompt": text[:end],
            "canonical_solution": text[end:],
            "entry_point": function.name,
            "test": "def check(candidate):\n" + "".join(f"    {line}\n" for line in lines),
        }


def _write(tasks: Iterable[Mapping[str, str]], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")
