"""Runs every golden case, and holds the set together."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from codex_lsp.context import ContextOptions, build_context
from codex_lsp.evals.quality.false_positives import spelled
from codex_lsp.postprocess import FILTERS, apply_filters
from codex_lsp.types import CompletionRequest, Context, Document, Rejection
from tests.golden.case import Case, CaseError, Sample, read_case

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.rglob("*.txt"))
LANGUAGES = {
    "bash": "shellscript",
    "c": "c",
    "cpp": "cpp",
    "css": "css",
    "go": "go",
    "html": "html",
    "java": "java",
    "js": "javascript",
    "jsx": "javascriptreact",
    "json": "json",
    "md": "markdown",
    "php": "php",
    "python": "python",
    "ruby": "ruby",
    "rust": "rust",
    "sql": "sql",
    "toml": "toml",
    "ts": "typescript",
    "yaml": "yaml",
}
_SOURCE = re.compile(r"(\S+) (\S+) \(([^)]+)\), \S+\.\w+")
_NOTICE = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")


def context_of(case: Case) -> Context:
    document = Document(case.text, case.language, f"file:///{case.path.name}")
    context = build_context(CompletionRequest(document, case.offset), ContextOptions())
    assert isinstance(context, Context), f"{case.path}: there is nothing to complete at the cursor"
    return context


def describe(result: object) -> str:
    """Write an outcome down as a case would."""
    if isinstance(result, Rejection):
        return f"=== rejected by {result.by}: {result.reason.value}\n"
    names = ", ".join(result.trimmed_by)  # type: ignore[attr-defined]
    replacing = f", replacing {result.replaces}" if result.replaces else ""  # type: ignore[attr-defined]
    return (f"=== trimmed by {names}{replacing}" if names else "=== kept") + f"\n{result.text}"  # type: ignore[attr-defined]


def expected(sample: Sample) -> str:
    if sample.reason is not None:
        return f"=== rejected by {sample.filters[0]}: {sample.reason.value}\n"
    names = ", ".join(sample.filters)
    replacing = f", replacing {sample.replaces}" if sample.replaces else ""
    return (f"=== trimmed by {names}{replacing}" if names else "=== kept") + f"\n{sample.shown}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CASES))[:-4])
def test_golden(path: Path) -> None:
    case = read_case(path)
    context = context_of(case)
    for sample in case.samples:
        got = describe(apply_filters(spelled(sample.text, sample.finish), context, FILTERS))
        assert got == expected(sample), f"{path}:{sample.line}: another outcome"


def test_there_are_enough_cases_in_every_language() -> None:
    assert len(FILES) >= 150
    counts = Counter(path.stem.partition("_")[0] for path in FILES)
    assert set(counts) == set(LANGUAGES)
    for path in FILES:
        assert read_case(path).language == LANGUAGES[path.stem.partition("_")[0]], path


def test_most_cases_are_real_and_the_notice_names_their_packages() -> None:
    sources = [case.source for case in map(read_case, FILES) if case.source]
    assert len(sources) >= 200
    packages = set()
    for source in sources:
        found = _SOURCE.fullmatch(source)
        assert found is not None, source
        packages.add("| " + " | ".join(found.groups()) + " |")
    listed = {line for line in _NOTICE.split("\n") if line.startswith("| ")}
    assert {" | ".join(line.split(" | ")[:3]) + " |" for line in listed} - packages == {
        "| package | version | licence |"
    }
    assert not [name for name in packages if name not in _NOTICE]


def test_every_filter_is_seen_at_work_and_leaving_alone() -> None:
    """A folder is named after the filter that its cases are about."""
    names = {step.name for step in FILTERS}
    assert {path.parent.name for path in FILES} == names
    at_work: Counter[str] = Counter()
    left_alone: Counter[str] = Counter()
    for path in FILES:
        for sample in read_case(path).samples:
            at_work.update(sample.filters)
            if not sample.filters:
                left_alone[path.parent.name] += 1
    for name in names:
        assert at_work[name] >= 2, name
        assert left_alone[name] >= 2, name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("=== input\n¦\n", "1: there is no line 'language: …' above the first section"),
        ("language: python\nlicense: MIT\n", "2: 'license: MIT' is none of the fields"),
        ("language: python\nline endings: dos\n=== input\n", "1: 'line endings' has to be one of"),
        ("language: python\n=== sample stop\n", "2: the first section has to be '=== input'"),
        ("language: python\n", "1: the first section has to be '=== input'"),
        ("language: python\n=== input\nx\n=== sample stop\n", "2: the input has to hold one ¦"),
        ("language: python\n=== input\n¦\n=== sample stop\nx\n", "4: each sample is followed by"),
        ("language: python\n=== input\n¦\n=== sample now\nx\n=== kept\n", "4: 'sample now' is no"),
        ("language: c\n=== input\n¦\n=== sample stop\nx\n=== gone\n", "6: 'gone' is no outcome"),
        ("language: c\n=== input\n¦\n=== sample stop\nx\n=== kept\ny\n", "6: 'kept' has no text"),
        (
            "language: c\n=== input\n¦\n=== sample stop\nx\n=== rejected by blanks: dull\n",
            "6: there is no reason 'dull'",
        ),
    ],
)
def test_what_is_no_case_names_file_and_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "case.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_case(path)
    assert str(caught.value).startswith(f"{path}:{message}")


def test_marks_stand_for_what_cannot_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "case.txt"
    path.write_text(
        "language: go\nline endings: crlf\n=== input\n⇥x¦\n=== sample stop\n\n⇥y␠␍\n"
        "=== rejected by blanks: empty\n",
        encoding="utf-8",
    )
    case = read_case(path)
    assert (case.text, case.offset, case.samples[0].text) == ("\tx\r\n", 2, "\n\ty \r")
