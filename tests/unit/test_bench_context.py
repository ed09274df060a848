"""How the benchmark of snippets chooses lines, judges completions and counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from codex_lsp.bench import context
from codex_lsp.bench.context import FollowLine, Tried, spots
from codex_lsp.cli.bench_context_runs import Plan, show
from codex_lsp.cli.bench_output import write_lines
from codex_lsp.errors import UsageError
from codex_lsp.options import TokenBudget
from codex_lsp.types import Prompt, SnippetKind
from tests.unit.fake_engine import END, FakeEngine, byte_tokenizer, description

FILES = {
    "pkg/shapes.py": "class Circle:\n    radius: float\n",
    "pkg/main.py": "from pkg.shapes import Circle\n"
    + "".join(f"value_{number} = Circle()\n" for number in range(20)),
}


def feed(line: str, healed: str, text: str, end: bool = False) -> FollowLine:
    tokenizer = byte_tokenizer()
    stop = tokenizer.token_id(END)
    sink = FollowLine(tokenizer, Prompt((), tokenizer.encode("a"), healed), line, frozenset({stop}))
    for token in (*tokenizer.encode(text), *((stop,) if end else ())):
        if sink.feed(0, token, -1.0):
            break
    return sink


@pytest.mark.parametrize(
    ("text", "end", "right", "chars"),
    [
        (" x = 1\n", False, True, 5),
        (" x = 1  \ny", False, True, 5),
        (" x = 1", True, True, 5),
        (" x = 1", False, False, 5),
        (" x = 12\n", False, False, 5),
        (" x = 2\n", False, False, 4),
        ("x = 1\n", False, False, 0),
        (" x", True, False, 1),
    ],
)
def test_a_line_is_right_when_it_is_all_of_it(
    text: str, end: bool, right: bool, chars: int
) -> None:
    sink = feed("x = 1", " ", text, end)
    assert (sink.right, sink.right_chars) == (right, chars)


def test_a_line_knows_nothing_of_its_own_files_future() -> None:
    for spot, index in spots("p", FILES, 5, 0):
        assert spot.file == "pkg/main.py"
        assert FILES[spot.file] == spot.above + spot.line + spot.below
        assert "pkg/main.py" not in index
        assert "pkg/shapes.py" in index


def test_each_line_is_completed_once_for_each_prompt_that_differs() -> None:
    engine = FakeEngine(*[[("wrong", -1.0)]] * 10)
    budget = TokenBudget(200, 0, 0.5)
    tried = list(context.try_package(engine, description(), "p", FILES, 2, budget, 0))
    assert [item.variant for item in tried] == list(context.VARIANTS) * 2
    assert [item.snippets for item in tried] == [0, 1, 0, 1] * 2
    # The second and the fourth variant show the same, and so do the first and the third.
    assert len(engine.prompts) == 4
    texts = [engine.tokenizer.decode(prompt.ids) for prompt in engine.prompts]
    shown = ["# pkg/shapes.py\n# class Circle:\n#     radius: float\n" in text for text in texts]
    assert shown == [False, True, False, True]


def test_what_stands_below_is_shown_to_who_asks_for_it() -> None:
    ((spot, index),) = spots("p", FILES, 1, 0)
    suffixes = [
        context.context_of(spot, index, frozenset(), TokenBudget(200, tokens)).suffix
        for tokens in (0, 200)
    ]
    assert suffixes == ["", spot.below]


def outcomes(variant: str, right: Sequence[bool], snippets: int = 0) -> list[Tried]:
    return [Tried("p", "f", row, variant, ok, 4 * ok, snippets, 0) for row, ok in enumerate(right)]


def test_gains_are_paired_and_have_errors() -> None:
    none, imported, similar, both = context.VARIANTS
    tried = [
        *outcomes(none, [True, False, False, False]),
        *outcomes(imported, [True, True, False, False], 1),
        *outcomes(similar, [True, False, False, False]),
        *outcomes(both, [False, False, False, False], 2),
    ]
    table, packages = context.tables(tried)
    zero = "+0.00 ± 0.00"
    assert table.rows == (
        (none, "0.0", "25.0", zero, "–", "1.00", zero),
        (imported, "100.0", "50.0", "+25.00 ± 21.65", "+25.00 ± 21.65", "2.00", "+1.00 ± 0.87"),
        (similar, "0.0", "25.0", zero, "–", "1.00", zero),
        (both, "100.0", "0.0", "-25.00 ± 21.65", "-25.00 ± 21.65", "0.00", "-1.00 ± 0.87"),
    )
    assert packages.rows == (("p", "4", "25.0", "+25.00 ± 21.65", zero, "-25.00 ± 21.65"),)


def test_kinds_of_variants() -> None:
    assert set(context.VARIANTS["both"]) == {SnippetKind.IMPORTED, SnippetKind.SIMILAR}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan(["flask"], 1, 256, 0.25, 0), "There is no package flask in the corpus; it has pydan"),
        (Plan([], 0, 256, 0.25, 0), "--lines has to be 1 or more, --tokens 16 or more, and"),
        (Plan([], 1, 256, 1.5, 0), "--share is 1.5, but has to be between 0 and 1."),
    ],
)
def test_what_cannot_be_measured_is_refused(plan: Plan, said: str) -> None:
    with pytest.raises(UsageError) as error:
        plan.check()
    assert str(error.value).startswith(said)


def test_recordings_can_be_shown_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tried = [item for name in context.VARIANTS for item in outcomes(name, [True, False])]
    write_lines(tmp_path / "a.jsonl", {}, tried)
    (table, _) = show([tmp_path / "a.jsonl", tmp_path / "a.jsonl"], as_json=True)
    assert [row[2] for row in table.rows] == ["50.0"] * 4
    assert table.note.startswith("4 lines.")
    assert capsys.readouterr().out.startswith('{"tables": [')
    (tmp_path / "b.jsonl").write_text("{}\n")
    with pytest.raises(UsageError):
        show([tmp_path / "b.jsonl"], as_json=True)
