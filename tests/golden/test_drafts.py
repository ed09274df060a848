"""Drafts of golden cases: what the tool writes is a case, and holds as it stands."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from codex_lsp.context import ContextOptions
from codex_lsp.evals.quality.corpus import SourceFile
from codex_lsp.evals.quality.false_positives import context_at, spelled
from codex_lsp.evals.quality.holes import Hole
from codex_lsp.types import Context, FinishReason
from tests.golden import test_golden as golden
from tests.golden.case import read_case

ABOVE = "".join(f"import part_{number}\n" for number in range(30))
CODE = "def load(path):\n\twith open(path) as file:\n\t\treturn json.load(file)\n"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = Path(__file__).parents[2] / "scripts" / "golden_cases.py"
    spec = importlib.util.spec_from_file_location("golden_cases", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def hole(missing: str) -> Hole:
    text = ABOVE + CODE
    start = text.index(missing)
    file = SourceFile("smolagents", "smolagents/tools.py", "python", "python", text)
    return Hole("smolagents/tools.py", "span", file, start, start + len(missing))


def test_a_draft_is_a_case_of_few_lines_that_holds(tool: ModuleType, tmp_path: Path) -> None:
    cut = hole("path")  # the parameter: `):` stands right of it
    context = context_at(cut, ContextOptions())
    assert isinstance(context, Context)
    samples = [
        spelled("path):"),
        spelled("name, name, name, name, name, name, name, name, name", FinishReason.LENGTH),
        spelled("path"),
    ]
    found = tool._outcomes(samples, context)
    written = tool._case(cut, samples, found)
    path = tmp_path / "python_draft.txt"
    path.write_text(written, encoding="utf-8")
    case = read_case(path)
    assert case.source == "smolagents 1.22.0 (Apache-2.0), smolagents/tools.py"
    assert case.text.count("import part_") == 4
    assert [sample.shown for sample in case.samples] == ["path", None, "path"]
    assert [sample.filters for sample in case.samples] == [("same_line",), ("repetition",), ()]
    assert "⇥with open(path)" in written
    golden.test_golden(path)


def test_what_only_a_whole_file_decides_makes_no_draft(tool: ModuleType) -> None:
    cut = hole("path")
    samples = [spelled("path")]
    assert (
        tool._case(cut, samples, [("=== rejected by same_line: empty", "path", ("same_line",))])
        is None
    )


def test_drafts_are_named_after_language_file_line_and_kind(tool: ModuleType) -> None:
    assert tool._file_name(hole("json")) == "python_tools_33_span.txt"
