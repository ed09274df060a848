"""The editor's pipeline on samples that are drawn once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.cli.eval_quality_runs import Variant
from codex_lsp.engine.base import Cancellation, Engine, FirstToken, Generation, TokenSink
from codex_lsp.errors import UsageError
from codex_lsp.evals.quality.attempts import Pipeline
from codex_lsp.evals.quality.draws import Draw, DrawnRow
from codex_lsp.evals.quality.holes import Hole
from codex_lsp.evals.quality.run import (
    complete_holes,
    merge_draws,
    outcomes_file,
    read_draws,
    read_outcomes,
)
from codex_lsp.evals.quality.tables import versions_table
from codex_lsp.evals.report import write_report
from codex_lsp.evals.run import batch_seed
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Prompt
from tests.unit.evals.quality.places import hole
from tests.unit.fake_engine import FakeEngine, byte_tokenizer, description

SAMPLES = (" add(1, 2)\nx", " add(a)\n", " 1<end>", " sum((1, 2))\n")
GREEDY = " add(1)\nprint"
PIPELINE = Pipeline.default(description(), byte_tokenizer())
FACTS: dict[str, Any] = {
    "benchmark": "quality",
    "problems_sha256": "0",
    "model": {"name": "m"},
    "settings": {"seed": 7},
}


class Model:
    """Says the same at every place, likelier the later; counts how often it is asked."""

    def __init__(self) -> None:
        self.tokenizer = byte_tokenizer()
        self.asked: list[int] = []
        self.seeds: list[int] = []

    def open(self, seed: int) -> Engine:
        self.seeds.append(seed)
        return self

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        self.asked.append(params.rows)
        rows = [(text, -1.0 + index / 10) for index, text in enumerate(SAMPLES)]
        engine = FakeEngine(rows if params.rows == 4 else [(GREEDY, -0.5)])
        return engine.generate(prompt, params, sink, cancellation, max_tokens)

    def first_token(
        self, prompt: Prompt, allowed: Sequence[int], cancellation: Cancellation
    ) -> FirstToken:
        raise AssertionError("no word has been begun")

    def score(self, sequences: Sequence[tuple[int, ...]]) -> Any:
        raise AssertionError("nothing is to be scored")

    def close(self) -> None:
        """Nothing to give back."""


PLACE = hole("add(1, 2)")


def run(folder: Path, model: Model, *holes: Hole, label: str = "now", **facts: Any) -> list[int]:
    steps = complete_holes(folder, label, {**FACTS, **facts}, holes, PIPELINE, model.open)
    return [step.done for step in steps]


def test_a_hole_is_completed_in_every_way_on_two_draws(tmp_path: Path) -> None:
    model = Model()
    assert run(tmp_path, model, PLACE) == [1]
    assert model.asked == [4, 1]
    assert model.seeds == [batch_seed(7, PLACE.id, 0)]
    (found,) = read_outcomes(tmp_path)["now"]
    assert [row.text for row in found.rows] == ["add(1, 2)", "add(a)", "1", "sum((1, 2))"]
    assert [row.exact for row in found.rows] == [True, False, False, False]
    assert found.rows[1].mean_logprob == pytest.approx(-0.9)
    assert found.greedy.text == "add(1)"
    assert found.greedy.similarity == pytest.approx(1 - 3 / 9)
    # The first whole lines are ranked soon after the first; a long one is not waited for.
    assert found.editor.text == "1"


class Scoring(Model):
    """Gives the last token of a sequence the log-probability of its text's length."""

    def score(self, sequences: Sequence[tuple[int, ...]]) -> Pending:
        self.asked.append(len(sequences))
        return Pending([[0.0] * (len(ids) - 2) + [-float(len(ids))] for ids in sequences])


class Pending:
    """Scores that are there when they are asked for the second time."""

    def __init__(self, values: list[list[float]]) -> None:
        self._values = values
        self._waited = False

    def get(self) -> list[list[float]] | None:
        waited, self._waited = self._waited, True
        return self._values if waited else None


def test_what_follows_candidates_is_scored_once(tmp_path: Path) -> None:
    change = Variant(ranker="suffix-likelihood", patience=-1)
    pipeline = Pipeline.default(description(), byte_tokenizer(), change)
    model = Scoring()
    for label in ("now", "again"):
        list(complete_holes(tmp_path, label, FACTS, [PLACE], pipeline, model.open))
    assert model.asked == [4, 4, 1]
    found = read_outcomes(tmp_path)
    assert found["now"] == found["again"]
    (outcome,) = found["now"]
    # Twelve tokens before, the candidate, eight behind; and what is the shortest so is shown.
    assert outcome.editor.text == "1"
    assert outcome.editor.scored == sum(12 + len(row.text or "") + 8 for row in outcome.rows)
    assert outcome.greedy.scored == 0


def test_steps_are_counted_for_all_rows_at_once(tmp_path: Path) -> None:
    run(tmp_path, Model(), PLACE)
    (found,) = read_outcomes(tmp_path)["now"]
    # The blank that is healed, the text, and the token that ends it.
    assert [row.steps for row in found.rows] == [11, 8, 3, 13]
    assert found.rows[0].end_logprob == -1.0
    # The third ends first; a step later the others have become too unlikely to wait for.
    assert found.editor.steps == 4


def test_what_was_drawn_is_not_drawn_again(tmp_path: Path) -> None:
    model = Model()
    run(tmp_path, model, PLACE)
    drawn = (tmp_path / "draws.jsonl").read_bytes()
    first = read_outcomes(tmp_path)["now"]
    run(tmp_path, model, PLACE, label="again")
    assert model.asked == [4, 1]
    assert (tmp_path / "draws.jsonl").read_bytes() == drawn
    assert read_outcomes(tmp_path)["again"] == first


def test_outcomes_of_other_holes_are_not_lost(tmp_path: Path) -> None:
    other = hole("add(1, 2)", "span")
    run(tmp_path, Model(), PLACE, other)
    before = outcomes_file(tmp_path, "now").read_bytes()
    model = Model()
    with pytest.raises(UsageError, match="of 2 holes, and 1 of them are not among these 1; take"):
        run(tmp_path, model, PLACE)
    assert model.asked == []
    assert outcomes_file(tmp_path, "now").read_bytes() == before
    run(tmp_path, model, PLACE, label="some")
    assert [outcome.hole for outcome in read_outcomes(tmp_path)["some"]] == [PLACE.id]


def test_labels_of_other_holes_are_not_compared(tmp_path: Path) -> None:
    run(tmp_path, Model(), PLACE, label="before")
    run(tmp_path, Model(), hole("add(1, 2)", "span"), label="now")
    labelled = read_outcomes(tmp_path)
    assert [row[0] for row in versions_table(labelled).rows] == ["before"]


def test_a_torn_line_is_drawn_anew(tmp_path: Path) -> None:
    run(tmp_path, Model(), PLACE)
    file = tmp_path / "draws.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    again = Model()
    run(tmp_path, again, PLACE)
    assert again.asked == [1]
    assert file.read_bytes() == whole


def test_a_row_that_is_too_short_for_a_new_pipeline_is_drawn_to_its_end(tmp_path: Path) -> None:
    run(tmp_path, Model(), PLACE)
    file = tmp_path / "draws.jsonl"
    draws = [draw for items in read_draws(file).values() for draw in items]
    cut = [
        replace(draw, rows=tuple(replace(row, ids=row.ids[:2], logprobs=row.logprobs[:2],
                                         whole=False) for row in draw.rows))
        for draw in draws
    ]  # fmt: skip
    file.write_text("".join(json.dumps(draw.as_record()) + "\n" for draw in cut))
    model = Model()
    run(tmp_path, model, PLACE)
    assert model.asked == [4, 1]
    (found,) = read_outcomes(tmp_path)["now"]
    assert found.rows[0].text == "add(1, 2)"
    # The longer draws take the place of the shorter ones.
    (kept,) = read_draws(file).values()
    assert [len(draw.rows[0].ids) for draw in kept] == [len(SAMPLES[0]), len(GREEDY)]


def test_draws_are_read_as_they_were_written() -> None:
    rows = (DrawnRow((1, 2), (-0.5, -0.25), True), DrawnRow((3,), (-1.5,), False))
    for draw in (Draw("h", "p", False, rows), Draw("h", "p", first=(5, -0.5, 0.25))):
        assert Draw.of_record(json.loads(json.dumps(draw.as_record()))) == draw


def test_shards_are_merged_and_other_runs_refused(tmp_path: Path) -> None:
    other = hole("add(1, 2)", "span")
    run(tmp_path / "a", Model(), PLACE)
    run(tmp_path / "b", Model(), other)
    assert merge_draws(tmp_path / "all", [tmp_path / "a", tmp_path / "b"]) == 2
    model = Model()
    assert run(tmp_path / "all", model, PLACE, other) == [1, 2]
    assert model.asked == []
    with pytest.raises(UsageError, match="holds something already"):
        merge_draws(tmp_path / "all", [tmp_path / "a"])
    run(tmp_path / "c", Model(), PLACE, settings={"seed": 8})
    with pytest.raises(UsageError, match="another settings"):
        merge_draws(tmp_path / "new", [tmp_path / "a", tmp_path / "c"])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda folder: outcomes_file(folder, "a/b"), "--label is 'a/b'"),
        (read_outcomes, "has no outcomes yet"),
        (lambda folder: run(folder, Model(), PLACE, settings={"seed": 8}), "another settings"),
    ],
)
def test_wrong_use_is_one_sentence(
    tmp_path: Path, call: Callable[[Path], object], sentence: str
) -> None:
    (tmp_path / "run.json").write_text(json.dumps(FACTS))
    with pytest.raises(UsageError, match=sentence):
        call(tmp_path)


def test_a_report_compares_versions_and_fills_a_page(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib (extra `eval`) is not installed")
    folder = tmp_path / "run"
    run(folder, Model(), PLACE, label="before")
    run(folder, Model(), PLACE, label="now")
    page = tmp_path / "page.md"
    page.write_text("<!-- bench versions-on-the-same-samples -->\n<!-- end -->\n")
    write_report(folder, page)
    (row,) = (line for line in page.read_text().splitlines() if line.startswith("| now |"))
    assert row.split(" | ")[1:3] == ["1", "0.00 (0.00 to 0.00)"]
    assert "best of 4: oracle" in (folder / "report.html").read_text()


def test_other_choices_change_the_editors_attempt_only() -> None:
    default = Pipeline.default(description(), byte_tokenizer()).options
    changed = Variant(patience=-1, ranker="summed-logprob", agreement=0.5, parse_errors=1.0)(
        default
    )
    assert (changed.sampling.patience, changed.sampling.sure_logprob) == (None, None)
    assert changed.ranker == "summed-logprob"
    assert (changed.terms.agreement, changed.terms.parse_errors) == (0.5, 1.0)
    assert Variant()(default) == default
    assert Variant(patience=6)(default).sampling.patience == 6
    with pytest.raises(UsageError, match="--ranker is 'best'"):
        Variant(ranker="best")(default)
