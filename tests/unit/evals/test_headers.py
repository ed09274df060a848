from __future__ import annotations

from pathlib import Path

import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.bindings import bindings
from codex_lsp.evals.chains import chains
from codex_lsp.evals.crypto import crypto
from codex_lsp.evals.headers import read_header, with_header
from codex_lsp.evals.problems import ProblemSet, read_human_eval, read_mbpp
from codex_lsp.evals.recipes import problems_of, problems_of_run
from tests.unit.evals.problem_files import ADD, BASIC, add_problem, write

HEADER = "# All functions below are correct."


def test_a_header_is_text_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "header.py"
    file.write_text(HEADER + "\n\n")
    assert read_header(HEADER) == HEADER + "\n"
    assert read_header(str(file)) == HEADER + "\n"


@pytest.mark.parametrize(
    ("text", "sentence"), [(" \n", "is empty"), ("Write correct code.", "begin each line with #")]
)
def test_what_would_not_run_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_header(text)


def test_a_file_that_is_not_there_is_no_header(tmp_path: Path) -> None:
    for missing in ("missing.py", str(tmp_path)):
        with pytest.raises(UsageError, match="There is no file .* that holds a header"):
            read_header(missing)


def test_it_stands_in_front_of_each_prompt_and_makes_another_set() -> None:
    whole = ProblemSet("own", "0", (add_problem(),))
    changed = with_header(whole, HEADER + "\n")
    assert changed.problems[0].prompt == f"{HEADER}\n\n{ADD['prompt']}"
    assert changed.problems[0].task_id == "Own/0"
    assert changed.sha256 != whole.sha256
    assert changed.sha256 != with_header(whole, "# x\n").sha256


def test_a_whole_program_begins_with_it_as_well(tmp_path: Path) -> None:
    whole = read_mbpp(write(tmp_path / "mbpp.jsonl", BASIC))
    (problem,) = with_header(whole, "import math\n").problems
    assert problem.program("x = math.pi\n") == "import math\nx = math.pi\n\nroot = Pair(4)"
    assert whole.problems[0].program("x = 1") == "x = 1\nroot = Pair(4)"


def test_a_run_is_judged_by_the_problems_that_it_was_drawn_for(tmp_path: Path) -> None:
    file = write(tmp_path / "mine.jsonl", ADD)
    facts = {"benchmark": "humaneval", "problems_sha256": read_human_eval(file).sha256}
    assert problems_of_run(facts, file) == read_human_eval(file)
    other = write(tmp_path / "other.jsonl", {**ADD, "test": "def check(candidate):\n    pass\n"})
    with pytest.raises(UsageError, match="other humaneval problems than these; name the file"):
        problems_of_run(facts, other)
    made = {"benchmark": "crypto", "crypto": {}, "problems_sha256": "0"}
    with pytest.raises(UsageError, match="other crypto problems than these; draw it anew"):
        problems_of_run(made)


def test_the_problems_of_a_run_are_made_again_from_its_facts(tmp_path: Path) -> None:
    recipe = {"lengths": [1, 2], "count": 2, "seed": 5}
    assert problems_of({"benchmark": "chains", "chains": recipe}) == chains((1, 2), 2, 5)
    bound = {"benchmark": "bindings", "bindings": {"operations": [1], "count": 2, "seed": 5}}
    assert problems_of(bound) == bindings((1,), 2, 5)
    assert problems_of({"benchmark": "crypto", "crypto": {}}) == crypto()
    file = write(tmp_path / "p.jsonl", ADD)
    (problem,) = problems_of({"benchmark": "humaneval", "header": "# x\n"}, file).problems
    assert problem.prompt == f"# x\n\n{ADD['prompt']}"


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"benchmark": "quality"}, "no problems called 'quality'"),
        ({"benchmark": "mbpp"}, "Name the file of the mbpp problems"),
        (
            {"benchmark": "contexts", "contexts": {"examples": [0], "targets": "x", "seed": 0}},
            "--targets is 'x'; take exercises or humaneval",
        ),
    ],
)
def test_unknown_problems_are_one_sentence(facts: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        problems_of(facts)
