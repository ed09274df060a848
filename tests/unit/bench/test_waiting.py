"""Rules for whom to wait for, on samples that are written down."""

from __future__ import annotations

import pytest

from codex_lsp.bench.recall import TypedLine
from codex_lsp.bench.waiting import Drawn, Rule, Seen, play, table
from codex_lsp.recall.index import LineIndex
from codex_lsp.types import Context, Shape
from tests.unit.fake_engine import byte_tokenizer, description

TOKENIZER = byte_tokenizer()


def drawn(*rows: tuple[str, float], rest: str = "(abc)") -> Drawn:
    context = Context("x = f", "", "python", Shape.LINE)
    line = TypedLine("x = f", 5, rest, LineIndex())
    return Drawn(
        line,
        context,
        tuple(tuple((token, score) for token in TOKENIZER.encode(text)) for text, score in rows),
    )


SHORT_AND_LONG = drawn(("(a)\n", -0.8), ("(abc)\n", -0.4))


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        (Rule("one", 1, None), Seen(False, False, 4, 4)),
        (Rule("all", 2, None), Seen(True, True, 6, 4 + 6)),
        (Rule("the first", 2, 0), Seen(False, False, 4, 4 + 4)),
        (Rule("two more", 2, 2), Seen(True, True, 6, 4 + 6)),
        # The rows agree on their first token, but the model is not sure of it.
        (Rule("adaptive", 2, 2, -0.1), Seen(True, True, 6, 4 + 6)),
    ],
)
def test_a_rule_decides_what_is_shown_and_when(rule: Rule, seen: Seen) -> None:
    assert play(SHORT_AND_LONG, rule, TOKENIZER, description()) == seen


def test_one_row_goes_on_alone_where_the_first_token_is_sure() -> None:
    rule = Rule("adaptive", 2, 2, -0.1)
    sure = drawn(("(a)\n", -0.05), ("(abc)\n", -0.05))
    assert play(sure, rule, TOKENIZER, description()) == Seen(False, False, 4, 4 + 1)


def test_the_table_has_means_the_ninth_tenth_and_gains_with_their_errors() -> None:
    one, two = Rule("one", 1, None), Rule("two", 2, 2)
    items = [Seen(True, True, step, 2 * step) for step in range(1, 11)]
    fewer = [Seen(index < 6, True, 1, 2) for index in range(10)]
    found = table({one: fewer, two: items})
    assert found.rows == (
        ("one", "60.0", "+0.0 ± 0.0", "100.0", "1.0", "1", "2.0"),
        # Four of ten differ: the variance is 0.4 - 0.4², over ten positions.
        ("two", "100.0", "+40.0 ± 15.5", "100.0", "5.5", "9", "11.0"),
    )
    assert found.note.startswith("10 positions.")
