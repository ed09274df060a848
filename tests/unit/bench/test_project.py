"""The project that the benchmark makes, and what it says of the times."""

from __future__ import annotations

from pathlib import Path

from codex_lsp.bench.corpus import Text
from codex_lsp.bench.project import READ, READING, ProjectCost, project_table, write_files


def test_files_are_pieces_of_real_ones(tmp_path: Path) -> None:
    content = "\n".join(f"line_{number}" for number in range(50))
    write_files(tmp_path, [Text("a.py", "python", content)], 120)
    files = sorted(tmp_path.rglob("*.py"))
    assert len(files) == 120
    assert {file.parent.name for file in files} == {"part_0", "part_1"}
    lines = (tmp_path / "part_1/file_101.py").read_text().split("\n")
    assert lines[:2] == ["own_101 = 101", "line_20"]
    assert len(lines) == 21


def test_medians_are_compared_with_those_without_a_project() -> None:
    costs = [
        *(ProjectCost(READING, False, "reused", value) for value in (1.0, 2.0, 3.0)),
        *(ProjectCost(READING, True, "reused", value) for value in (3.0, 3.0, 3.0)),
        *(ProjectCost(READ, False, "reused", value) for value in (4.0, 4.0, 4.0)),
        *(ProjectCost(READ, True, "reused", value) for value in (4.0, 2.0, 5.0)),
        ProjectCost(READ, True, "refused", 1.0),
    ]
    table = project_table(costs, 9)
    assert table.title == "A project of 9 files"
    assert [row[:5] for row in table.rows] == [
        ("reused, being read", "3", "2.0", "3.0", "1.50"),
        ("reused, read", "3", "4.0", "4.0", "1.00"),
    ]
