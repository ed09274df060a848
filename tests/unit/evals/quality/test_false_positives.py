from __future__ import annotations

from codex_lsp.evals.quality.false_positives import (
    Effect,
    context_at,
    effect_at,
    false_positive_tables,
    spelled,
)
from codex_lsp.evals.quality.holes import Hole
from codex_lsp.types import FinishReason, Rejection, Shape
from tests.unit.evals.quality.places import hole, source

TWICE = "graph = Graph()\ngraph.add_edge(1, 2)\ngraph.add_edge(1, 2)\nprint(graph)\n"
STOPS = "wait()\nstop()\nstop()\n"


def last(expected: str, text: str) -> Hole:
    """Cut the last ``expected`` out of ``text``."""
    start = text.rindex(expected)
    return Hole("own/own.py:3:1:start", "start", source(text), start, start + len(expected))


def test_words_are_the_tokens_of_what_no_model_said() -> None:
    candidate = spelled("return a+b\n", FinishReason.LENGTH)
    assert [token.text for token in candidate.tokens] == ["return", " a", "+", "b", "\n"]
    assert candidate.finish_reason is FinishReason.LENGTH


def test_right_code_that_passes_is_not_harmed() -> None:
    assert effect_at(hole("a + b")) == Effect(hole("a + b"), (), "a + b")


def test_a_filter_that_refuses_right_code_is_named() -> None:
    found = effect_at(last("graph.add_edge(1, 2)", TWICE))
    assert found is not None
    assert (found.filters, found.shown) == (("lines_above",), None)


def test_a_line_is_asked_for_where_a_line_is_missing() -> None:
    line, block = context_at(hole("a + b")), context_at(hole("return a + b", "block"))
    assert not isinstance(line, Rejection) and line.shape is Shape.LINE
    assert not isinstance(block, Rejection) and block.shape is Shape.BLOCK


def test_where_nothing_is_completed_no_filter_can_do_harm() -> None:
    text = "total = address\n"
    in_word = Hole("own/own.py:1:11:word", "word", source(text), 11, 11)
    assert isinstance(context_at(in_word), Rejection)
    assert effect_at(in_word) is None


def test_the_tables_count_by_filter_and_leave_half_words_to_the_kinds() -> None:
    right = Effect(hole("a + b"), (), "a + b")
    cut = Effect(hole("1, 2"), ("same_line", "brackets"), "1")
    refused = Effect(last("stop()", STOPS), ("lines_above",), None)
    text = "total = add(first)\n"
    half = Effect(Hole("own/own.py:1:9:span", "span", source(text), 8, 14), ("same_line",), None)
    assert half.hole.expected + "|" + half.hole.after == "add(fi|rst)\n"
    languages, kinds, examples = false_positive_tables([right, cut, refused, half])
    rows = {row[0]: row[1:] for row in languages.rows}
    assert languages.header == ("filter", "python, %", "all, %", "refused")
    assert rows["same_line"] == ("33.33", "33.33", "0")
    assert rows["lines_above"] == ("33.33", "33.33", "1")
    assert rows["secret"] == ("0", "0", "0")
    assert rows["any"] == ("66.67", "66.67", "1")
    assert rows["holes"] == ("3", "3", "")
    assert kinds.header[1:4] == ("start, %", "operator, %", "span before half a word, %")
    assert {row[0]: row[1:] for row in kinds.rows}["same_line"] == (
        "0",
        "50.00",
        "100.00",
        "50.00",
        "1",
    )
    assert [row[0] for row in examples.rows] == ["lines_above", "same_line", "brackets"]
    assert examples.rows[0][2:] == ('`"stop()"`', "nothing")


def test_without_harm_the_examples_say_so() -> None:
    tables = false_positive_tables([Effect(hole("a + b"), (), "a + b")])
    assert tables[2].rows == (("none", "", "", ""),)
