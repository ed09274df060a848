from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from codex_lsp.cli.app import build_app
from codex_lsp.cli.eval_scores import compare
from codex_lsp.errors import UsageError
from codex_lsp.evals.quality.attempts import Attempt, Outcome
from codex_lsp.evals.quality.comparing import QualityRun, quality_comparison
from codex_lsp.evals.quality.suites import SHOWN, VARIANTS, Verdict
from codex_lsp.evals.run import FACTS
from codex_lsp.evals.samples import append_records
from tests.unit.evals.quality.places import outcome, shown

RIGHT = shown("b", -0.1, exact=True)
WRONG = shown("c", -0.2)


def at(hole: str, editor: Attempt, greedy: Attempt, group: str = "python") -> Outcome:
    return replace(outcome(greedy, editor=editor, greedy=greedy, name=hole), group=group)


def made(name: str, outcomes: list[Outcome], digest: str = "0", **facts: Any) -> QualityRun:
    known = {"benchmark": "quality", "problems_sha256": digest, "model": {"name": name}}
    return QualityRun(name, {**known, **facts}, outcomes)


BASE = made("base", [at("a", WRONG, WRONG), at("b", RIGHT, RIGHT), at("only", RIGHT, RIGHT)])
TUNED = made("tuned", [at("b", RIGHT, WRONG, "rust"), at("a", RIGHT, WRONG)])


def test_holes_are_paired_whatever_their_order() -> None:
    tables = {table.title: table for table in quality_comparison(BASE, TUNED)}
    shown_by = {row[0]: row[1:] for row in tables["Exact lines, by what is shown"].rows}
    assert shown_by["editor's default"] == (
        "2",
        "50.00 (0.00 to 100.00)",
        "100.00 (100.00 to 100.00)",
        "50.00 (0.00 to 100.00)",
    )
    assert shown_by["greedy, one row"] == (
        "2",
        "50.00 (0.00 to 100.00)",
        "0.00 (0.00 to 0.00)",
        "-50.00 (-100.00 to 0.00)",
    )
    parts = tables["Exact lines, by language and kind of hole"]
    assert [row[:2] for row in parts.rows] == [("python", "1"), ("rust", "1"), ("start", "2")]
    assert parts.rows[0][4] == "100.00 (100.00 to 100.00)"
    assert parts.rows[1][4] == "0.00 (0.00 to 0.00)"
    assert parts.header == ("", "holes", "base", "tuned", "difference")
    assert tables["What differs"].rows == (("model: name", "base", "tuned"),)


def test_other_holes_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="base and other have other holes"):
        quality_comparison(BASE, made("other", [at("a", RIGHT, RIGHT)], digest="1"))
    with pytest.raises(UsageError, match="base and far have no hole in common"):
        quality_comparison(BASE, made("far", [at("z", RIGHT, RIGHT)]))


def verdicts(**passed: str) -> list[Verdict]:
    """Make verdicts of holes: what is put in, in the order of the variants, passes (x) or not."""
    return [
        Verdict(hole, variant, sign == "x")
        for hole, signs in passed.items()
        for variant, sign in zip(VARIANTS, signs, strict=False)
    ]


def test_tests_are_compared_where_both_runs_holes_are_noticed() -> None:
    first = replace(BASE, verdicts=verdicts(a="x..xx.", b="x.....", c="xxxxxx", d="x.xxxx"))
    second = replace(TUNED, verdicts=verdicts(a="x.x...", b="x.x...", c="xxxxxx", e="x.xxxx"))
    found = quality_comparison(first, second)[0]
    assert found.title == "The packages' tests pass"
    assert [row[:2] for row in found.rows] == [(name, "2") for name in SHOWN]
    assert [row[4].split()[0] for row in found.rows] == ["100.00", "-50.00", "-50.00", "0.00"]
    assert quality_comparison(BASE, second)[0].title == "Exact lines, by what is shown"
    # Of a run that was made when less was compared, what both have.
    older = replace(TUNED, verdicts=verdicts(a="x.x.", b="x.x."))
    assert len(quality_comparison(first, older)[0].rows) == 2


def written(run: QualityRun, folder: Path) -> str:
    folder.mkdir(parents=True)
    (folder / FACTS).write_text(json.dumps(run.facts), encoding="utf-8")
    # Of two labels the one that a report is about.
    append_records(folder / "outcomes-before.jsonl", [at("a", WRONG, WRONG).as_record()])
    append_records(folder / "outcomes-now.jsonl", [one.as_record() for one in run.outcomes])
    return str(folder)


@pytest.mark.parametrize(
    ("folders", "names"),
    [(("base", "tuned"), "base | tuned"), (("base/all", "tuned/all"), "base/all | tuned/all")],
)
def test_the_command_knows_runs_of_holes(
    tmp_path: Path, folders: tuple[str, str], names: str
) -> None:
    paths = [
        written(run, tmp_path / folder) for run, folder in zip((BASE, TUNED), folders, strict=True)
    ]
    result = CliRunner().invoke(build_app(), ["eval", "compare", *paths])
    assert result.exit_code == 0
    assert f"| shown | holes | {names} | difference |" in result.stdout
    row = "| editor's default | 2 | 50.00 (0.00 to 100.00) | 100.00 (100.00 to 100.00) |"
    assert row in result.stdout


def test_holes_and_problems_cannot_be_compared(tmp_path: Path) -> None:
    for name, benchmark in (("holes", "quality"), ("problems", "humaneval")):
        (tmp_path / name).mkdir()
        (tmp_path / name / FACTS).write_text(json.dumps({"benchmark": benchmark}), encoding="utf-8")
    with pytest.raises(UsageError, match="measure different things; name two of a kind"):
        compare(tmp_path / "holes", tmp_path / "problems", None)
