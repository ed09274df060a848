"""Which lines are recalled for a cursor, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codex_lsp.recall.find import MAX_ELSEWHERE, Cursor, gather, recall
from codex_lsp.recall.index import LineIndex
from codex_lsp.recall.lines import MAX_LINE_CHARS, source_lines
from codex_lsp.recall.prior import FEATURES, WEIGHTS, Evidence, Field, probability


def found(marked: str, *files: str, floor: float = 0.0, limit: int = 5) -> list[str]:
    """Return what is recalled at the ``|``, the likeliest first."""
    text = marked.replace("|", "", 1)
    cursor = Cursor.at(text, marked.index("|"))
    return [item.text for item in recall(cursor, index_of(*files), limit, floor)]


def index_of(*files: str) -> LineIndex:
    index = LineIndex()
    for number, file in enumerate(files):
        index.extend(number, source_lines(file.splitlines(), lambda text: False))
    return index


def test_the_end_of_a_line_of_the_document_is_recalled() -> None:
    assert found("    value = compute(1)\n\n\n\n\n    val|") == ["ue = compute(1)"]


def test_lines_below_the_cursor_are_recalled_as_well() -> None:
    assert found("val|\n\n\n\nx = 1\nvalue = compute(1)\n") == ["ue = compute(1)"]


def test_a_line_of_another_file_is_recalled() -> None:
    assert found("import os\nfrom coll|", "from collections import Counter\n") == [
        "ections import Counter"
    ]


def test_a_text_is_recalled_once_however_often_it_occurs() -> None:
    text = "a = first()\n\n\n\n" * 3
    assert found(f"{text}a = |", text, text) == ["first()"]


def test_the_line_that_followed_the_same_line_comes_first() -> None:
    document = "if a is None:\n    return 0\n\n\nreturn 1\n\n\n\nif a is None:\n    ret|"
    other = "return 2\nreturn 2\nreturn 2\n"
    assert found(document, other)[0] == "urn 0"
    assert set(found(document, other)) == {"urn 0", "urn 1", "urn 2"}


def test_before_anything_is_typed_only_what_followed_the_same_line_is_recalled() -> None:
    other = "if x:\n    go_on(x)\nelse:\n    stop(x)\n"
    assert found("if x:\n    |", other) == ["go_on(x)"]
    # Not where it would stand at another depth.
    assert found("if x:\n|", other) == []


def test_nothing_is_recalled_that_stands_right_of_the_cursor_or_below() -> None:
    assert found("compute(a, b)\n\n\n\n\ncompute(|a, b)") == []
    assert found("total = 1\n\n\ntot|\ntotal = 1\n") == []
    # An auto-closed bracket is the end of what is recalled.
    assert found("compute(a, b)\n\n\n\n\ncompute(|)") == ["a, b)"]
    assert found("compute(a, b)\n\n\n\n\ncompute(|, c)") == []


@pytest.mark.parametrize("line", ["foo(", "foo():", "foo(a", "foo(" + "a" * MAX_LINE_CHARS])
def test_trivial_and_endless_lines_are_not_recalled(line: str) -> None:
    assert found(f"{line}\n\n\n\n\n\nfoo|", f"{line}\n") == []


def test_the_line_being_typed_is_no_evidence() -> None:
    assert found("x = 1\nvalue| = compute(1)") == []


def test_too_many_lines_of_other_files_are_none() -> None:
    many = "\n".join(f"name_{number} = value" for number in range(MAX_ELSEWHERE + 1))
    assert found("import os\nname|", many) == []
    assert len(found("import os\nname_6|", many, limit=99)) == 6


def test_carriage_returns_are_not_part_of_a_line() -> None:
    assert found("value = compute(1)\r\n\r\n\r\n\r\nval|\r\nx = 1\r\n") == ["ue = compute(1)"]


def test_unlikely_lines_are_left_out() -> None:
    document = "import os\nname|"
    other = "\n".join(f"name_{number} = value" for number in range(40))
    assert found(document, other, floor=0.1) == []
    assert found(document, "name_1 = value", floor=0.1) == ["_1 = value"]


def test_a_short_rest_is_likelier_than_a_long_one() -> None:
    here, field = Evidence(here=1, distance=20), Field(3, 0, 4)
    assert len(FEATURES) == len(WEIGHTS)
    assert probability(here, field, "a" * 5) > probability(here, field, "a" * 50)


def test_what_followed_the_same_two_lines_is_likelier_still() -> None:
    field = Field(3, 2, 4)
    once = Evidence(here=1, distance=20, follows=1)
    twice = Evidence(here=1, distance=20, follows=1, follows_two=1)
    assert probability(twice, field, "rest") > probability(once, field, "rest")


LINE = st.sampled_from(["a", "ab", "ab(c)", "  ab(c)", "b = ab", "", "  ", "abc d", "x" * 200])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(LINE, max_size=12),
    st.sampled_from(["", "  ", "a", "  ab", "b ="]),
    st.lists(LINE, max_size=12),
    st.lists(LINE, max_size=12),
)
def test_what_is_found_is_what_a_plain_search_finds(
    above: list[str], before: str, below: list[str], other: list[str]
) -> None:
    cursor = Cursor(above, before, "", below)
    results, field = gather(cursor, index_of("\n".join(other)))
    typed = before.lstrip()
    lines = [*above, *below, *other]
    long = {line.strip() for line in other if len(line.strip()) > MAX_LINE_CHARS}
    plain = {line.strip() for line in lines if line.strip().startswith(typed)} - {typed, ""}
    rests = [rest for rest, _ in results]
    assert len(set(rests)) == len(rests)
    assert {typed + rest for rest in rests} <= plain - long
    for rest, evidence in results:
        text = typed + rest
        here = sum(line.strip() == text for line in [*above, *below])
        assert evidence.here == here if typed else evidence.here <= here
        assert evidence.elsewhere == sum(line.strip() == text for line in other)
    next_line = next((line.strip() for line in below if line.strip()), "")
    if typed:
        worth = {text for text in plain if sum(map(str.isalnum, text[len(typed) :])) >= 2}
        short = {text for text in worth if len(text) <= MAX_LINE_CHARS}
        assert {typed + rest for rest in rests} == short - {next_line}
    assert field.typed == len(typed)
