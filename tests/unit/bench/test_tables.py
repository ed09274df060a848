"""Figures become tables, and tables find their places in a page."""

from __future__ import annotations

import math

from codex_lsp.bench import tables
from codex_lsp.bench.metrics import Summary, Work
from codex_lsp.bench.page import fill, places
from codex_lsp.bench.tables import Table, markdown, ms, ratio


def summary(variant: str, **more: object) -> Summary:
    values: dict[str, object] = {
        "variant": variant,
        "keys": 100,
        "chars": 120,
        "accepted": 2,
        "accepted_chars": 30,
        "saved_keys": 25,
        "within": {50: 0.1, 100: 0.2, 200: 0.4, 400: 0.5},
        "shown_ms": (10.0, 30.0),
        "answer_ms": (10.0, 30.0, 50.0),
        "late": 20,
        "origins": {"model": 3, "cache": 1},
    }
    return Summary(**{**values, **more})  # type: ignore[arg-type]


def row(table: Table, label: str) -> tuple[str, ...]:
    (found,) = [cells[1:] for cells in table.rows if cells[0] == label]
    return found


def test_a_variant_is_divided_by_the_first() -> None:
    other = summary("b", within={50: 0.1, 100: 0.2, 200: 0.6, 400: 0.5})
    table = tables.replay_table([summary("a"), other])
    assert table.header == ("figure", "a", "b", "b / a")
    assert row(table, "suggestion on screen within 200 ms, % of keys") == ("40.0", "60.0", "1.50")
    text = "or saved by accepting one, 200 ms, % of the text's keys"
    assert row(table, text) == ("52.0", "68.0", "1.31")
    assert row(table, "time to a suggestion, ms: median") == ("20", "20", "1.00")
    assert row(table, "keys saved, %") == ("20.0", "20.0", "1.00")
    assert row(table, "requests outdated before their answer, %") == ("20.0", "20.0", "1.00")
    assert row(table, "suggestions without the model, %") == ("25.0", "25.0", "1.00")


def test_what_the_service_does_not_say_is_unknown() -> None:
    work = Work(prompt_tokens=900, read_tokens=300, decoded_tokens=400, shown_tokens=100)
    table = tables.replay_table([summary("a"), summary("b", work=work)])
    assert row(table, "tokens read a key") == ("unknown", "3.0", "–")
    assert row(table, "of these, never shown, %") == ("unknown", "75.0", "–")
    assert row(table, "server beyond the engine, ms: 95 %") == ("unknown", "unknown", "–")


def test_origins_are_shares_of_the_suggestions_in_time() -> None:
    nothing = summary("b", origins={})
    table = tables.origins_table([summary("a"), nothing])
    assert table.header == ("variant", "cache", "model")
    assert table.rows == (("a", "25.0", "75.0"),)


def test_small_times_have_a_digit_more() -> None:
    assert [ms(value) for value in (0.25, 19.94, 20.4, math.nan)] == ["0.2", "19.9", "20", "–"]
    assert ratio(3, 2) == "1.50"
    assert ratio(3, 0) == "–"


def test_markdown_aligns_figures_to_the_right() -> None:
    table = Table("t", "Title", ("what", "ms"), (("a", "1"),), "A note.")
    assert markdown(table) == "| what | ms |\n| --- | ---: |\n| a | 1 |\n\nA note.\n"


def test_a_page_is_filled_where_it_says_so() -> None:
    page = "# T\n<!-- bench one -->\nold\n<!-- end -->\nx\n<!-- bench two -->\n<!-- end -->\n"
    filled = fill(page, {"one": "| new |\n", "three": "no place"})
    assert filled == page.replace("old\n", "| new |\n")
    assert fill(filled, {}) == filled
    assert places(page) == {"one", "two"}
