from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.errors import UsageError
from codex_lsp.evals.checked_runs import find_runs
from codex_lsp.evals.report import fill_page, write_report
from codex_lsp.evals.samples import Checked, append_checked, append_samples
from codex_lsp.evals.table import Table
from codex_lsp.evals.tables import tables
from tests.unit.evals.runs import FACTS, checked

pytest.importorskip("matplotlib", reason="matplotlib (extra `eval`) is not installed")


def write_run(folder: Path, temperature: float, samples: list[Checked]) -> None:
    folder.mkdir()
    facts: dict[str, Any] = {**FACTS, "settings": {"temperature": temperature, "seed": 7}}
    (folder / "run.json").write_text(json.dumps(facts))
    append_checked(folder / "results.jsonl", samples)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two runs of two problems: the cold one is better at k = 1, the hot one at k = 2."""
    cold = [
        checked(passed, task_id=name) for name, passed in zip("aabb", (1, 1, 0, 0), strict=True)
    ]
    hot = [checked(passed, task_id=name) for name, passed in zip("aabb", (1, 0, 1, 0), strict=True)]
    write_run(tmp_path / "t0.2", 0.2, [*cold[:2], *cold[2:]])
    write_run(tmp_path / "t0.8", 0.8, hot)
    return tmp_path


def table(folder: Path, title: str) -> Table:
    return next(item for item in tables(find_runs(folder)) if item.title == title)


def test_pass_rates_stand_by_run(folder: Path) -> None:
    found = table(folder, "Functional correctness")
    assert found.header == ("run", "temperature", "problems", "samples each", "pass@1", "pass@2")
    assert found.rows == (
        ("t0.2", "0.2", "2", "2", "50.00 (0.00 to 100.00)", "50.00 (0.00 to 100.00)"),
        ("t0.8", "0.8", "2", "2", "50.00 (50.00 to 50.00)", "100.00 (100.00 to 100.00)"),
    )


def test_a_run_that_is_not_checked_to_its_end_is_told_of(folder: Path) -> None:
    assert "no verdict" not in table(folder, "Functional correctness").note
    some = [checked(True, task_id=name).sample for name in "aab"]
    samples = [replace(sample, index=index) for index, sample in enumerate(some)]
    append_samples(folder / "t0.2" / "samples.jsonl", samples)
    assert table(folder, "Functional correctness").note == (
        "In percent, with 95 % bootstrap intervals over problems. Of t0.2, 2 samples have no "
        "verdict yet and do not count; `codex-lsp eval check` goes on."
    )


def test_the_folder_one_is_in_has_a_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "t0.8")
    assert [run.name for run in find_runs(Path())] == ["t0.8"]


def test_runs_of_a_sweep_are_found_below_their_folder(folder: Path) -> None:
    (folder / "sweep").mkdir()
    (folder / "t0.8").rename(folder / "sweep" / "t0.8")
    (folder / "parts").mkdir()
    write_run(folder / "parts" / "1", 0.2, [checked(True)])
    assert [run.name for run in find_runs(folder)] == ["sweep/t0.8", "t0.2"]
    write_report(folder)
    assert (folder / "choice-sweep-t0.8.svg").exists()


def test_each_k_has_its_best_temperature(folder: Path) -> None:
    found = table(folder, "Best temperature: m on humaneval")
    assert found.rows == (("1", "0.2", "50.00"), ("2", "0.8", "100.00"))


def test_a_run_says_what_it_was_made_with(folder: Path) -> None:
    rows = dict(table(folder, "Made with: t0.8").rows)
    assert rows["settings: seed"] == "7"
    assert rows["model: name"] == "m"


def test_chains_are_told_by_their_length(tmp_path: Path) -> None:
    samples = [checked(name != "Chain/2/0", task_id=name) for name in ("Chain/2/0", "Chain/1/0")]
    write_run(tmp_path / "run", 0.0, samples)
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps({**facts, "benchmark": "chains"}))
    assert table(tmp_path / "run", "Chained steps: run").rows == (
        ("1", "1", "100.00 (100.00 to 100.00)"),
        ("2", "1", "0.00 (0.00 to 0.00)"),
    )


def test_greedy_runs_have_nothing_to_choose_from(tmp_path: Path) -> None:
    write_run(tmp_path / "greedy", 0.0, [checked(True), checked(False, task_id="b")])
    titles = [item.title for item in tables(find_runs(tmp_path / "greedy"))]
    assert titles == ["Functional correctness", "Ends and verdicts: greedy", "Made with: greedy"]


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [
            value or "" for name, value in attrs if name in ("src", "href", "xlink:href")
        ]


def test_the_page_needs_nothing_else(folder: Path) -> None:
    page, _ = write_report(folder)
    text = page.read_text()
    parser = _References()
    parser.feed(text)
    assert {"svg", "table"} <= set(parser.tags)
    assert not {"script", "link", "img"} & set(parser.tags)
    assert [item for item in parser.found if not item.startswith("#")] == []
    assert "@import" not in text and "url(http" not in text


def test_the_markdown_names_the_plots_beside_it(folder: Path) -> None:
    _, text = write_report(folder)
    names = re.findall(r"\]\((.+?\.svg)\)", text.read_text())
    assert names == [
        "pass-at-k.svg",
        "temperature-0.svg",
        "choice-t0.2.svg",
        "calibration-t0.2.svg",
        "choice-t0.8.svg",
        "calibration-t0.8.svg",
    ]
    assert all((folder / name).read_text().startswith("<svg") for name in names)
    assert "| t0.8 | 0.8 | 2 | 2 |" in text.read_text()


def test_the_same_run_gives_the_same_report(folder: Path) -> None:
    first = [file.read_bytes() for file in write_report(folder)]
    assert [file.read_bytes() for file in write_report(folder)] == first


def test_what_a_program_says_is_no_markup(tmp_path: Path) -> None:
    write_run(tmp_path / "run", 0.0, [checked(False, result="failed: <b>|</b>")])
    page, text = write_report(tmp_path / "run")
    assert "<b>" not in page.read_text()
    assert "failed: <b>\\|</b>" in text.read_text()


def test_a_folder_without_runs_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run"):
        write_report(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({**FACTS, "settings": {}}))
    (tmp_path / "results.jsonl").write_text("")
    with pytest.raises(UsageError, match="has no verdicts yet"):
        write_report(tmp_path)


def test_a_page_is_filled_where_it_names_a_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- bench one-two -->\nold\n<!-- end -->\nb\n")
    fill_page(page, [Table("One, two: three", ("x", "y"), (("1", "2"),)), Table("Z", (), ())])
    assert page.read_text() == (
        "a\n<!-- bench one-two -->\n| x | y |\n| --- | --- |\n| 1 | 2 |\n<!-- end -->\nb\n"
    )
    with pytest.raises(UsageError, match="has no place for the tables z"):
        fill_page(page, [Table("Z", (), ())])
    with pytest.raises(UsageError, match="cannot be read"):
        fill_page(tmp_path / "none.md", [])
