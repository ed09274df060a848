from pathlib import Path

import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.problems import (
    Hole,
    read_human_eval,
    read_infilling,
    read_mbpp,
    shard,
)
from tests.unit.evals.problem_files import ADD, BASIC, HOLE, add_problem, write


@pytest.mark.parametrize("name", ["problems.jsonl", "problems.jsonl.gz"])
def test_human_eval_is_read_to_the_character(tmp_path: Path, name: str) -> None:
    assert read_human_eval(write(tmp_path / name, ADD)).problems == (add_problem(),)


def test_a_packed_and_a_plain_copy_are_one_set(tmp_path: Path) -> None:
    plain = read_human_eval(write(tmp_path / "a.jsonl", ADD))
    packed = read_human_eval(write(tmp_path / "b.jsonl.gz", ADD))
    assert plain == packed


def test_the_program_is_prompt_and_completion() -> None:
    assert add_problem().program("    return 1\n") == ADD["prompt"] + "    return 1\n"


def test_the_preamble_of_a_problem_is_what_stands_before_its_function(tmp_path: Path) -> None:
    helped = {**ADD, "prompt": "def help(x):\n    return x\n\n\n" + ADD["prompt"]}
    problem = read_human_eval(write(tmp_path / "a.jsonl", helped)).problems[0]
    assert problem.preamble == "def help(x):\n    return x\n\n\nimport math\n\n\n"


def test_a_hole_has_text_on_both_sides(tmp_path: Path) -> None:
    problem = read_infilling(write(tmp_path / "a.jsonl", HOLE)).problems[0]
    assert problem.hole is Hole.LINE
    assert problem.program("    total += b\n") == (
        ADD["prompt"] + "    total = a\n    total += b\n    return total\n"
    )


def test_a_hole_of_another_kind_is_a_span(tmp_path: Path) -> None:
    raw = {**HOLE, "task_id": "RandomSpanInfilling/Own/0/1"}
    assert read_infilling(write(tmp_path / "a.jsonl", raw)).problems[0].hole is Hole.SPAN


def test_mbpp_is_prompted_by_its_description_and_tests(tmp_path: Path) -> None:
    problem = read_mbpp(write(tmp_path / "a.jsonl", BASIC)).problems[0]
    assert problem.task_id == "MBPP/11"
    assert problem.prompt == (
        '"""\nWrite a function to make a pair.\nassert first(Pair(3)) == 3\n'
        'assert first(root) == math.floor(4.5)\n"""\n'
    )
    assert "\r" not in problem.canonical_solution
    assert problem.names == ("Pair", "first", "root")
    assert problem.preamble == "import math"
    assert problem.program("x = 1").splitlines() == ["x = 1", "root = Pair(4)"]


def test_a_solution_that_is_no_python_is_one_sentence(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", {**BASIC, "code": "def f(:\n"})
    with pytest.raises(UsageError, match=r"Line 1 of .* is no mbpp problem: SyntaxError"):
        read_mbpp(file)


def test_of_mbpp_only_the_test_problems_are_read(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", BASIC, {**BASIC, "task_id": 601}, {**BASIC, "task_id": 10})
    assert [item.task_id for item in read_mbpp(file).problems] == ["MBPP/11"]
    assert [item.task_id for item in read_mbpp(file, range(601, 975)).problems] == ["MBPP/601"]
    with pytest.raises(UsageError, match="no problem numbered 511 to 600"):
        read_mbpp(file, range(511, 601))


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^There is no file .*none\.jsonl\.$"):
        read_human_eval(tmp_path / "none.jsonl")


@pytest.mark.parametrize("line", ["{", "[]", '{"task_id": "Own/0"}'])
def test_a_line_that_is_no_problem_is_named(tmp_path: Path, line: str) -> None:
    file = write(tmp_path / "a.jsonl", ADD)
    file.write_text(file.read_text() + "\n" + line + "\n")
    with pytest.raises(UsageError, match=r"^Line 3 of .* is no humaneval problem"):
        read_human_eval(file)


def test_a_file_that_is_not_gzip_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(b"plain")
    with pytest.raises(UsageError, match="cannot be read"):
        read_human_eval(file)


def test_a_problem_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Own/0 more than once"):
        read_human_eval(write(tmp_path / "a.jsonl", ADD, ADD))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no problems"):
        read_human_eval(write(tmp_path / "a.jsonl"))


def test_shards_are_all_of_the_problems_once() -> None:
    problems = tuple(add_problem(f"Own/{number}") for number in range(7))
    parts = [shard(problems, index, 3) for index in (1, 2, 3)]
    assert [len(part) for part in parts] == [3, 2, 2]
    assert sorted(item.task_id for part in parts for item in part) == [
        item.task_id for item in problems
    ]


@pytest.mark.parametrize(("index", "count"), [(0, 2), (3, 2), (1, 0)])
def test_a_shard_that_is_not_there_is_refused(index: int, count: int) -> None:
    with pytest.raises(UsageError, match="no shard"):
        shard((), index, count)
