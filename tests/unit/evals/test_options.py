"""Commands that draw samples share their options, which reach them as one value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from typer.testing import CliRunner

from codex_lsp.cli.eval_options import Drawing, draws
from codex_lsp.cli.eval_runs import _as_begun
from codex_lsp.evals.run import Settings
from tests.unit.evals.runs import FACTS


def app(into: list[tuple[Drawing, int]]) -> typer.Typer:
    made = typer.Typer()

    @made.command()
    @draws(n=7, temperature=0.4, max_tokens=150)
    def command(
        drawing: Drawing, count: Annotated[int, typer.Option(help="How many.")] = 3
    ) -> None:
        """Do something."""
        into.append((drawing, count))

    return made


def test_defaults_are_the_commands_own_and_the_shared_ones() -> None:
    found: list[tuple[Drawing, int]] = []
    done = CliRunner().invoke(app(found), ["--out", "runs/x"])
    assert done.exit_code == 0, done.output
    assert found == [(Drawing(Path("runs/x"), 7, [0.4], 150), 3)]


def test_options_of_both_kinds_are_taken() -> None:
    found: list[tuple[Drawing, int]] = []
    arguments = ["--out", "o", "-n", "2", "--temperature", "0.2", "--temperature", "0.8"]
    arguments += ["--count", "5", "--no-check", "--compute-type", "float32"]
    done = CliRunner().invoke(app(found), arguments)
    assert done.exit_code == 0, done.output
    ((drawing, count),) = found
    assert count == 5
    assert (drawing.n, drawing.temperature, drawing.check) == (2, [0.2, 0.8], False)
    assert (drawing.compute_type, drawing.max_tokens, drawing.batch) == ("float32", 150, 20)


def test_two_commands_do_not_share_a_default() -> None:
    first: list[tuple[Drawing, int]] = []
    CliRunner().invoke(app(first), ["--out", "a"])
    first[0][0].temperature.append(1.0)
    second: list[tuple[Drawing, int]] = []
    CliRunner().invoke(app(second), ["--out", "b"])
    assert second[0][0].temperature == [0.4]


def test_a_folder_has_to_be_named() -> None:
    done = CliRunner().invoke(app([]), [])
    assert done.exit_code == 2
    assert "Missing option '--out'" in done.output


def test_a_run_that_began_with_fewer_samples_is_added_to_in_its_batches(tmp_path: Path) -> None:
    begun = {**FACTS, "settings": {"n": 10, "batch": 10}}
    (tmp_path / "run.json").write_text(json.dumps(begun))
    assert _as_begun(tmp_path, Settings(n=40, batch=20), 20).batch == 10
    # Not where batches were asked for that it does not have, or its own are not full.
    assert _as_begun(tmp_path, Settings(n=40, batch=5), 5).batch == 5
    assert _as_begun(tmp_path / "new", Settings(n=40, batch=20), 20).batch == 20
    (tmp_path / "run.json").write_text(json.dumps({**FACTS, "settings": {"n": 25, "batch": 20}}))
    assert _as_begun(tmp_path, Settings(n=40, batch=20), 20).batch == 20
