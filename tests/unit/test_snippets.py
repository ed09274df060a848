"""Pieces of other files: found by name and by words, chosen within budgets, written as comments."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_lsp.context.snippets import Budget, Place, as_comment, choose
from codex_lsp.context.snippets import index as index_module
from codex_lsp.context.snippets.choose import Recent
from codex_lsp.context.snippets.imports import Imported, imported_names
from codex_lsp.context.snippets.index import SnippetIndex
from codex_lsp.context.snippets.outline import CHUNK_LINES, around, outline_of, words_of
from codex_lsp.types import Snippet, SnippetKind

SHAPES = '''\
"""Shapes."""

from dataclasses import dataclass

LIMIT: int = 3


@dataclass
class Circle(Shape):
    """Round.

    It has no corner.
    """

    radius: float

    # its size
    def area(self) -> float:
        inner = 1
        return inner * self.radius

    @property
    def edge(
        self,
    ) -> float:
        return 2


async def draw(
    shape: Shape,
    *, scale: float = 1.0,
) -> None:
    print(shape)
'''
CIRCLE = """\
class Circle(Shape):
    radius: float
    def area(self) -> float:
    def edge("""
DRAW = """\
async def draw(
    shape: Shape,
    *, scale: float = 1.0,
) -> None:"""


def indexed(files: dict[str, str], max_chunks: int = 1000) -> SnippetIndex:
    index = SnippetIndex(max_chunks)
    for key, text in files.items():
        put(index, key, text)
    return index


def put(index: SnippetIndex, key: str, text: str, language: str = "python") -> None:
    exhaust(index.put(key, outline_of(text.split("\n"), language), recent=True))


def exhaust(slices: Iterator[None]) -> int:
    return sum(1 for _ in slices)


def place(text: str, key: str = "main.py", language: str = "python") -> Place:
    return Place(key, language, text, text)


# ---- Outlines


def test_definitions_are_headers_and_members() -> None:
    found = {item.name: item.text for item in outline_of(SHAPES.split("\n"), "python").definitions}
    assert found == {"LIMIT": "LIMIT: int = 3", "Circle": CIRCLE, "draw": DRAW}


@pytest.mark.parametrize(
    ("language", "line", "name"),
    [
        ("typescript", "export interface Options {", "Options"),
        ("typescript", "export default async function load(path: string) {", "load"),
        ("javascript", "export const limit = 3;", "limit"),
        ("go", "func (s *Server) Listen(port int) error {", "Listen"),
        ("go", "type Server struct {", "Server"),
        ("rust", "pub(crate) fn parse(text: &str) -> Tree {", "parse"),
        ("rust", "pub enum Token {", "Token"),
        ("java", "public final class Reader {", "Reader"),
        ("c", "static int read_all(FILE *file, char *to)", "read_all"),
        ("ruby", "def self.build(name)", "build"),
        ("php", "abstract class Model", "Model"),
        ("lua", "local function split(text)", "split"),
        ("sql", "CREATE TABLE IF NOT EXISTS users (", "users"),
        ("kotlin", "data class Point(val x: Int)", "Point"),
    ],
)
def test_definitions_are_found_in_many_languages(language: str, line: str, name: str) -> None:
    assert [item.name for item in outline_of([line], language).definitions] == [name]


@pytest.mark.parametrize(
    "line", ["    def inner(self):", "return draw(shape)", "# def draw():", "x == 1", "int a;"]
)
def test_what_defines_nothing_to_import_is_no_definition(line: str) -> None:
    assert outline_of([line], "python").definitions == ()


def test_chunks_hold_every_line_once_without_blank_ones() -> None:
    lines = [f"    value_{number} = call_{number}()" for number in range(20)]
    spaced = "\n\n".join(lines).split("\n")
    chunks = outline_of(spaced, "python").chunks
    assert "\n".join(chunk.text for chunk in chunks).split("\n") == [item[4:] for item in lines]
    assert [chunk.text.count("\n") + 1 for chunk in chunks] == [8, 8, 4]
    assert [chunk.row for chunk in chunks] == [0, 15, 31]
    assert chunks[0].words[:2] == ("value_0", "call_0")


@given(st.lists(st.sampled_from(["", "def f():", "    x = y", "@a", "class B:"]), max_size=40))
def test_no_chunk_is_too_long_and_none_loses_a_line(lines: list[str]) -> None:
    chunks = outline_of(lines, "python").chunks
    shown = [line.strip() for chunk in chunks for line in chunk.text.split("\n")]
    assert shown == [line.strip() for line in lines if line]
    assert all(chunk.text.count("\n") < CHUNK_LINES for chunk in chunks)


def test_nothing_of_a_secret_gets_into_an_outline() -> None:
    key = "ghp_" + "a1B2" * 9
    lines = [f'TOKEN = "{key}"', f'def connect(token="{key}"):', "    " + "x" * 200, "    return 1"]
    outline = outline_of(lines, "python")
    assert [chunk.text for chunk in outline.chunks] == [
        'TOKEN = "<redacted>"\ndef connect(token="<redacted>"):\n    return 1'
    ]
    assert [item.text for item in outline.definitions] == [
        'TOKEN = "<redacted>"',
        'def connect(token="<redacted>"):',
    ]
    assert around(lines, 1) == (0, outline.chunks[0].text)


def test_the_lines_around_a_row() -> None:
    lines = [f"line_{number}" for number in range(30)]
    assert around(lines, 10) == (6, "\n".join(lines[6:14]))
    assert around(lines, 29) == (25, "\n".join(lines[25:]))


# ---- Imports


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "from a.b import C, d as e", [("a.b", "C", "C"), ("a.b", "d", "e")]),
        (
            "python",
            "from .x import (\n    A,  # note\n    B,\n)",
            [("x", "A", "A"), ("x", "B", "B")],
        ),
        ("python", "from . import x", [("", "x", "x")]),
        ("python", "from a import *", [("a", "", "")]),
        ("python", "import os", []),
        (
            "typescript",
            "import D, { A, type B as C } from '../m/x.js';",
            [("m.x", "D", "D"), ("m.x", "A", "A"), ("m.x", "B", "C")],
        ),
        ("javascript", "const { a, b: c } = require('./y')", [("y", "a", "a"), ("y", "b", "c")]),
        ("java", "import static a.b.C.run;", [("a.b.C", "run", "run")]),
        ("rust", "use crate::x::{A, B as C};", [("x", "A", "A"), ("x", "B", "C")]),
        ("rust", "pub use self::y::Z;", [("y", "Z", "Z")]),
        ("php", "use App\\Models\\User as Person;", [("App.Models", "User", "Person")]),
        ("c", '#include "net/url.h"\n#include <stdio.h>', [("net.url", "", "")]),
        ("go", 'import (\n\t"fmt"\n\tx "a/b"\n)', [("fmt", "", ""), ("a.b", "", "")]),
        ("ruby", "require_relative 'lib/tree'", [("lib.tree", "", "")]),
        ("markdown", "from a import b", []),
    ],
)
def test_imported_names(language: str, text: str, expected: list[tuple[str, str, str]]) -> None:
    assert imported_names(text, language) == tuple(
        Imported(tuple(filter(None, module.split("."))), name, alias)
        for module, name, alias in expected
    )


# ---- The index


def test_a_definition_is_found_in_the_module_that_is_meant() -> None:
    index = indexed({"p/a.py": "def run(x): pass", "p/b.py": "def run(y): pass"})
    assert [key for key, _ in index.definitions("run", ("p", "b"), "python")] == ["p/b.py"]
    assert [key for key, _ in index.definitions("run", ("p",), "python")] == ["p/a.py", "p/b.py"]
    assert [key for key, _ in index.definitions("run", (), "python")] == ["p/a.py", "p/b.py"]
    assert index.definitions("run", ("elsewhere",), "python") == []


def test_chunks_that_share_rare_words_come_first() -> None:
    index = indexed(
        {
            "a.py": "open_socket(address)\nreturn result",
            "b.py": "return result",
            "c.py": "open_socket(address)\nbind_socket(address)\nreturn result",
        }
    )
    found = index.similar(["bind_socket", "open_socket", "result"], "python", 2)
    assert [item.key for item in found] == ["c.py", "a.py"]
    assert found[0].score > found[1].score > 0


def test_a_search_does_bounded_work_however_large_the_index_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index_module, "MAX_POSTINGS", 50)
    index = indexed({f"{number}.py": f"common_word = rare_{number}" for number in range(1000)})
    assert [item.key for item in index.similar(["common_word", "rare_7"], "python", 3)] == ["7.py"]
    assert index.looked_at == 1
    assert index.similar(["common_word"], "python", 3) == []
    assert index.looked_at == 0


def test_ten_thousand_files_cost_a_search_no_more_than_its_bound() -> None:
    index = SnippetIndex()
    slices = 0
    for number in range(10_000):
        lines = [f"own_{number} = shared_{number % 7}(settings, {number})", "return settings"]
        slices += exhaust(index.put(f"{number}.py", outline_of(lines, "python"), recent=False))
    assert (index.chunks, slices) == (10_000, 10_000)
    words = ["settings", "return", *(f"shared_{number}" for number in range(7)), "own_4711"]
    assert index.similar(words, "python", 3)[0].key == "4711.py"
    assert 2800 < index.looked_at <= index_module.MAX_POSTINGS


def test_work_is_cut_into_slices() -> None:
    text = "\n".join(f"a_{number} = b_{number}" for number in range(8 * 100))
    index = SnippetIndex()
    assert exhaust(index.put("a.py", outline_of(text.split("\n"), "python"), recent=True)) == 3
    assert exhaust(index.drop("a.py")) == 3
    assert exhaust(index.drop("a.py")) == 0


def test_a_file_that_is_being_forgotten_is_not_found() -> None:
    text = "\n".join(f"word_{number} = 1" for number in range(8 * 60))
    index = indexed({"a.py": "word_0 = 2", "b.py": text, "c.py": "word_470 = 2"})
    slices = index.drop("b.py")
    next(slices)
    assert [item.key for item in index.similar(["word_0", "word_470"], "python", 5)] == [
        "a.py",
        "c.py",
    ]


def test_the_file_put_in_longest_ago_goes_first() -> None:
    index = indexed({"a.py": "def a_1(): pass", "b.py": "def b_1(): pass"}, max_chunks=2)
    exhaust(index.put("old.py", outline_of(["x_1 = 1"], "python"), recent=False))
    assert ("a.py" in index, "b.py" in index, "old.py" in index) == (True, True, False)
    put(index, "c.py", "def c_1(): pass")
    assert ("a.py" in index, "b.py" in index, "c.py" in index) == (False, True, True)
    assert index.definitions("a_1", (), "python") == []
    assert index.chunks == 2


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.lists(st.sampled_from(["def one(): two", "two = 2", "three(one)", ""]), max_size=20),
        ),
        max_size=12,
    )
)
def test_an_index_is_what_its_files_are_whatever_was_in_it(
    puts: list[tuple[str, list[str]]],
) -> None:
    index = SnippetIndex()
    for key, lines in puts:
        exhaust(index.put(key, outline_of(lines, "python"), recent=True))
    fresh = SnippetIndex()
    for key, lines in dict(puts).items():
        exhaust(fresh.put(key, outline_of(lines, "python"), recent=True))
    for one in (index, fresh):
        assert one.chunks == sum(len(outline_of(x, "python").chunks) for x in dict(puts).values())
    words = ["one", "two", "three"]
    assert index.similar(words, "python", 50) == fresh.similar(words, "python", 50)
    assert index.definitions("one", (), "python") == fresh.definitions("one", (), "python")
    for key in "abc":
        exhaust(index.drop(key))
    assert (index.chunks, index._words, index._definers, list(index._starts)) == (0, 0, {}, [])
    assert not any(index._postings.values())


# ---- Choosing

ROOMY = Budget(2000, math.inf)
FILES = {
    "pkg/shapes.py": SHAPES,
    "pkg/other.py": "colour = pick_colour(palette)\nblend_colours(colour, palette)\nshow(palette)",
    "pkg/filler.py": "\n".join(
        f"from filler import Circle, dataclass_{number}" for number in range(8 * 40)
    ),
}
TEXT = "from pkg.shapes import Circle, draw\npalette = 1\nblend_colours\nCircle\n"


def test_imported_definitions_come_first_then_where_one_was_then_what_is_alike() -> None:
    recent = [Recent("pkg/third.py", 4, "visited = True"), Recent("main.py", 1, "own = True")]
    found = choose(place(TEXT), indexed(FILES), ROOMY, recent)
    assert found == (
        Snippet("pkg/shapes.py", CIRCLE, SnippetKind.IMPORTED),
        Snippet("pkg/shapes.py", DRAW, SnippetKind.IMPORTED),
        Snippet("pkg/third.py", "visited = True", SnippetKind.RECENT),
        Snippet("pkg/other.py", FILES["pkg/other.py"], SnippetKind.SIMILAR),
    )


def test_kinds_can_be_left_out() -> None:
    kinds = frozenset({SnippetKind.SIMILAR})
    found = choose(place(TEXT), indexed(FILES), Budget(2000, math.inf, kinds))
    assert [item.path for item in found][:1] == ["pkg/other.py"]
    assert {item.kind for item in found} == kinds


def test_what_the_prompt_holds_anyway_is_no_snippet() -> None:
    text = TEXT + FILES["pkg/other.py"]
    assert all(item.path != "pkg/other.py" for item in choose(place(text), indexed(FILES), ROOMY))


def test_a_document_is_no_snippet_of_itself() -> None:
    found = choose(place(TEXT, "pkg/shapes.py"), indexed(FILES), ROOMY)
    assert [item.path for item in found] == ["pkg/other.py"]


def test_snippets_keep_to_the_budget_in_whole_lines() -> None:
    index = indexed(FILES)
    for chars in range(0, 400, 7):
        found = choose(place(TEXT), index, Budget(chars, math.inf))
        size = sum(len(as_comment(item, "python")) for item in found)
        assert size <= chars
        for item in found:
            assert f"{item.text}\n" in f"{CIRCLE}\n{DRAW}\n{FILES['pkg/other.py']}\n"


def test_what_is_not_found_in_time_is_left_out() -> None:
    ticks = iter([0.0, 0.0, 0.01, 0.021, 0.03])
    found = choose(place(TEXT), indexed(FILES), Budget(2000, 20.0), clock=lambda: next(ticks))
    assert [item.text for item in found] == [CIRCLE, DRAW]


def test_the_order_does_not_depend_on_how_files_came() -> None:
    names = list(FILES)
    expected = choose(place(TEXT), indexed(FILES), ROOMY)
    for seed in range(5):
        random.Random(seed).shuffle(names)
        mixed = indexed({name: FILES[name] for name in names})
        assert choose(place(TEXT), mixed, ROOMY) == expected


def test_a_language_without_comments_has_no_snippets() -> None:
    assert choose(place(TEXT, language="json"), indexed(FILES), ROOMY) == ()
    assert as_comment(Snippet("a.py", "x", SnippetKind.SIMILAR), "json") == ""


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("python", "# a/b\n# x {\n#\n#   y */\n"),
        ("go", "// a/b\n// x {\n//\n//   y */\n"),
        ("css", "/* a/b */\n/* x { */\n/* */\n"),
        ("html", "<!-- a/b -->\n<!-- x { -->\n<!-- -->\n<!--   y */ -->\n"),
    ],
)
def test_each_line_is_a_comment_that_nothing_ends_early(language: str, expected: str) -> None:
    assert as_comment(Snippet("a/b", "x {\n\n  y */", SnippetKind.SIMILAR), language) == expected


def test_words() -> None:
    assert words_of("for x in xs: über_1 = f(ab, abc) + abc") == ("for", "über_1", "abc")
