from __future__ import annotations

from collections import Counter

import pytest

from codex_lsp.evals.quality.corpus import source_file
from codex_lsp.evals.quality.grammars import Prose, syntax_errors
from codex_lsp.evals.quality.holes import KINDS, choose
from tests.unit.evals.quality.places import hole, source

LICENCE = "# Licence: do what you like.\n" * 12
BODY = '''

def area(width, height):
    """Return the area.

    It is the product = of both.
    """
    # A comment that is = left alone
    result = width * height
    if result < 0:
        message = "neither may be negative"
        raise ValueError(message)
    return result
'''


def test_every_kind_is_cut_as_it_says_and_nothing_else() -> None:
    files = [source(LICENCE + BODY * 40)]
    holes = choose(files, 6, seed=1)
    assert Counter(item.kind for item in holes) == dict.fromkeys(KINDS, 6)
    for item in holes:
        assert item.before + item.expected + item.after == item.file.text
        line = item.before[item.before.rfind("\n") + 1 :]
        if item.kind == "start":
            assert not line.strip() and item.after.startswith("\n")
        if item.kind == "operator":
            assert line[-2] in "=+-*/%<>&|?:," and line[-1] == " "
        if item.kind == "bracket":
            assert line[-1] in "([{"
        if item.kind == "word":
            assert line[-1].isalnum() or line[-1] == "_"
        if item.kind == "block":
            assert item.before.rstrip().endswith(":") and item.expected.count("\n") in range(1, 12)
        if item.kind == "span":
            assert item.after.partition("\n")[0].strip()


def test_licence_comments_and_documentation_are_left_alone() -> None:
    for item in choose([source(LICENCE + BODY * 40)], 6, seed=2):
        line = item.file.text[: item.start].rpartition("\n")[2] + item.expected
        assert "Licence" not in line and "product" not in line and "left alone" not in line


def test_the_same_seed_gives_the_same_holes_and_they_take_turns() -> None:
    files = [source(LICENCE + BODY * 40), source("/* */\n" * 12 + "int a = b(c, d);\n" * 40, "c")]
    first = choose(files, 3, seed=5)
    assert [item.id for item in first] == [item.id for item in choose(files, 3, seed=5)]
    assert [item.id for item in first] != [item.id for item in choose(files, 3, seed=6)]
    assert len({(item.file.group, item.kind) for item in first[: len(KINDS) + 5]}) == 11


@pytest.mark.parametrize(
    ("name", "text", "used"),
    [
        ("src/a.rs", "fn a() {}\n" * 40, True),
        ("src/a.rs", "fn a() {}\n" * 20, False),
        ("src/a.rs", "// @generated\n" + "fn a() {}\n" * 40, False),
        ("src/min.js", "a=1;" * 4000 + "\n" * 40, False),
        ("tests/a.rs", "fn a() {}\n" * 40, False),
        ("a.toml", "a = 1\n" * 40, False),
    ],
)
def test_only_written_code_is_used(name: str, text: str, used: bool) -> None:
    assert (source_file("own", name, text.encode()) is not None) is used


def test_what_is_no_text_is_not_used() -> None:
    assert source_file("own", "a.rs", b"\xff" * 4000) is None


@pytest.mark.parametrize(
    ("language", "text", "errors"),
    [
        ("python", "x = (1\n", 1),
        ("python", "x = 1\n", 0),
        ("typescript", "const x: number = 1;\n", 0),
        ("typescriptreact", "const x = <a>b</a>;\n", 0),
        ("javascript", "let = = 1;\n", 1),
        ("rust", "fn a() {}\n", 0),
        ("c", "int a(void) { return 1; }\n", 0),
        ("cpp", "int a() { return 1;\n", 1),
        ("java", "class A { int a; }\n", 0),
    ],
)
def test_syntax_errors_are_counted(language: str, text: str, errors: int) -> None:
    assert syntax_errors(text, language) == errors


def test_prose_is_comments_and_documentation() -> None:
    prose = Prose('"""A page."""\nx = "short"  # why\n', "python")
    assert [prose.holds(0, 5), prose.holds(1, 5), prose.holds(1, 14)] == [True, False, True]


def test_a_hole_says_how_much_was_typed() -> None:
    assert hole("a + b").typed == len("return")
    assert hole("return a + b").typed == 0
