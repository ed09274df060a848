"""Packages with tests of their own: a small one, made here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codex_lsp.errors import BenchError, SandboxError
from codex_lsp.evals.quality import suites
from codex_lsp.evals.quality.attempts import Outcome
from codex_lsp.evals.quality.holes import Hole
from codex_lsp.evals.quality.suites import (
    SHOWN,
    VARIANTS,
    Package,
    Tree,
    Verdict,
    check,
    passed_by_hole,
    read_verdicts,
    verdicts_on,
)
from codex_lsp.evals.quality.tables import suites_table
from codex_lsp.evals.sandbox import Confinement, open_confinement
from codex_lsp.evals.sandbox.suites import OwnTests, SuiteVerdict, run_suite
from codex_lsp.packages import Archive
from tests.unit.evals.quality.places import hole, outcome, shown

CODE = "def double(x):\n    return 2 * x\n"
TESTS = """import unittest
from own import double


class TestDouble(unittest.TestCase):
    def test_two(self):
        self.assertEqual(double(2), 4)
"""
OWN = OwnTests(("src", ""), ("tests.test_own",))
TREE = Tree(
    Package(Archive("sdist", "own", "1", "MIT", "0"), "src/", OWN),
    {"src/own.py": CODE.encode(), "tests/__init__.py": b"", "tests/test_own.py": TESTS.encode()},
)


@pytest.fixture(scope="module")
def confinement() -> Confinement:
    try:
        return open_confinement("bubblewrap")
    except SandboxError as error:
        pytest.skip(f"{error} `scripts/install-test-tools` installs it where it can.")


def place() -> Hole:
    made = hole("2 * x", text=CODE)
    object.__setattr__(made.file, "name", "src/own.py")
    return made


def filled(greedy: str, best: str) -> Outcome:
    made = outcome(shown(best, -0.1), greedy=shown(greedy, -0.1))
    object.__setattr__(made, "hole", place().id)
    return made


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (CODE, SuiteVerdict(1, 0)),
        (CODE.replace("2", "3"), SuiteVerdict(1, 1)),
        ("import os\nos._exit(0)\n", SuiteVerdict(0, 0)),
        ("def double(x:\n", SuiteVerdict(0, 0)),
        (CODE + "open(__file__, 'w')\n", SuiteVerdict(0, 0)),
    ],
)
def test_a_suite_runs_shut_in(confinement: Confinement, code: str, verdict: SuiteVerdict) -> None:
    with suites.unpacked(Tree(TREE.package, {**TREE.files, "src/own.py": code.encode()})) as root:
        assert run_suite(confinement, root, OWN) == verdict
        assert (root / "src" / "own.py").read_text() == code


def test_each_variant_has_a_verdict_and_is_not_run_again(
    confinement: Confinement, tmp_path: Path
) -> None:
    file = tmp_path / "verdicts.jsonl"
    pair = (place(), filled("3 * x", "x + x"))
    steps = list(check(file, {"own": TREE}, [pair], confinement))
    assert [step.done for step in steps] == [0, 1]
    found = read_verdicts(file)
    assert [item.variant for item in found] == list(VARIANTS)
    assert [item.passed for item in found] == [True, False, False, True, True, False]
    assert [step.done for step in check(file, {"own": TREE}, [pair], confinement)] == [1]
    assert read_verdicts(file) == found
    # A verdict is missing, of what was not compared when the others were made.
    file.write_text("".join(file.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    assert [step.done for step in check(file, {"own": TREE}, [pair], confinement)] == [0, 1]
    assert read_verdicts(file) == found[:-1] + found


def test_a_verdict_on_another_text_is_none(confinement: Confinement, tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    list(check(file, {"own": TREE}, [(place(), filled("3 * x", "x + x"))], confinement))
    other = (place(), filled("x * 2", "x + x"))
    assert [step.done for step in check(file, {"own": TREE}, [other], confinement)] == [0, 1]
    passed = passed_by_hole(read_verdicts(file))[place().id]
    assert [passed[name] for name in SHOWN] == [True, True, True, False]
    # Older files do not say what was put in.
    records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    bare = [{name: item[name] for name in ("hole", "variant", "passed")} for item in records]
    file.write_text("".join(json.dumps(item) + "\n" for item in bare), "utf-8")
    assert [step.done for step in check(file, {"own": TREE}, [other], confinement)] == [1]


def test_a_package_that_fails_as_it_is_measures_nothing(
    confinement: Confinement, tmp_path: Path
) -> None:
    broken = Tree(TREE.package, {**TREE.files, "src/own.py": b"def double(x):\n    return x\n"})
    with pytest.raises(BenchError, match="The tests of own fail on this machine as they are"):
        list(check(tmp_path / "v", {"own": broken}, [(place(), filled("a", "b"))], confinement))


def test_a_name_that_leads_out_of_the_package_is_not_written(tmp_path: Path) -> None:
    with suites.unpacked(Tree(TREE.package, {"../out.py": b"x", "in.py": b"y"})) as root:
        assert [path.name for path in root.iterdir()] == ["in.py"]
        assert not (root.parent / "out.py").exists()


def test_only_holes_that_the_tests_notice_are_compared() -> None:
    passed = {"noticed": (True, False, False, True, True, True), "unnoticed": (True,) * 6}
    found = suites_table(
        [
            Verdict(name, variant, value)
            for name, values in passed.items()
            for variant, value in zip(VARIANTS, values, strict=True)
        ]
    )
    assert found.rows[3] == (
        VARIANTS[3],
        "100.00",
        "100.00 (100.00 to 100.00)",
        "100.00 (100.00 to 100.00)",
    )
    assert found.note.startswith("2 holes; the tests notice 1:")


def test_what_was_not_compared_is_left_out() -> None:
    found = suites_table([Verdict("hole", name, name != VARIANTS[1]) for name in VARIANTS[:4]])
    assert [row[0] for row in found.rows] == list(VARIANTS[:4])


def test_verdicts_count_for_what_is_shown_now(confinement: Confinement, tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    old, now = filled("3 * x", "x + x"), filled("x * 2", "x + x")
    list(check(file, {"own": TREE}, [(place(), old)], confinement))
    found = read_verdicts(file)
    assert verdicts_on(found, [old]) == found
    assert verdicts_on(found, [now]) == []
    assert verdicts_on(found, []) == []
    list(check(file, {"own": TREE}, [(place(), now)], confinement))
    assert verdicts_on(read_verdicts(file), [now]) == read_verdicts(file)[len(found) :]
