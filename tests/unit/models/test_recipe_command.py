"""The command `train` from files to files, with a base of two layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import typer

REASON = "needs the extra `train`: pip install 'codex-lsp[train]'"
torch = pytest.importorskip("torch", reason=REASON)
pytest.importorskip("datasketch", reason=REASON)

from recipe_run import write_corpus, write_tiny  # noqa: E402

from codex_lsp.errors import UsageError  # noqa: E402
from codex_lsp_recipes import checkpoint as checkpoints  # noqa: E402
from codex_lsp_recipes import command  # noqa: E402
from codex_lsp_recipes import corpus as corpora  # noqa: E402
from codex_lsp_recipes.cli import read_shares  # noqa: E402
from codex_lsp_recipes.command import Wish, train  # noqa: E402
from codex_lsp_recipes.settings import Changes, Settings  # noqa: E402

SMALL = Changes(rate=1e-2, rank=32, rows=3, length=96)
NONE = Changes()


@pytest.fixture
def wish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wish:
    gguf = write_tiny(tmp_path)
    monkeypatch.setattr(command, "fetch_base", lambda folder: folder)
    monkeypatch.setattr(command, "held_out_texts", lambda count: ["x = 1\n" * 20])
    # The command sets it for its process, which here is that of all tests.
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    return Wish(tmp_path / "run", write_corpus(tmp_path / "corpus"), gguf, None, 0, 2, 2)


def step_of(run: Path) -> int:
    return checkpoints.load(run / checkpoints.LATEST).step


def settings_of(run: Path) -> Settings:
    return checkpoints.load(run / checkpoints.LATEST).settings


def test_the_same_command_goes_on_and_a_decay_branches_off(
    wish: Wish, capsys: pytest.CaptureFixture[str]
) -> None:
    train(wish, SMALL)
    assert step_of(wish.run) == 2
    assert "step 2 " in capsys.readouterr().out
    begun_with = settings_of(wish.run)
    assert (begun_with.rows, begun_with.mix.length, begun_with.schedule.peak) == (3, 96, 1e-2)
    assert begun_with.middle_weight == Settings().middle_weight
    train(wish, NONE)
    assert step_of(wish.run) == 4
    assert settings_of(wish.run) == begun_with

    latest = wish.run / checkpoints.LATEST
    decay = replace(
        wish, run=wish.run.parent / "decay", resume=latest, decay_steps=3, max_steps=None
    )
    train(decay, NONE)
    assert step_of(decay.run) == 7 and step_of(wish.run) == 4


def test_a_run_begins_with_another_ones_checkpoint_and_other_settings(wish: Wish) -> None:
    train(wish, SMALL)
    latest = wish.run / checkpoints.LATEST
    phase = replace(wish, run=wish.run.parent / "phase", resume=latest)
    train(phase, Changes(middle_weight=6.0, fim_share=0.9, shares=(2, 1, 1, 1)))
    assert step_of(phase.run) == 4
    before, after = settings_of(wish.run), settings_of(phase.run)
    mix = replace(before.mix, fim_share=0.9, shares=(2, 1, 1, 1))
    assert after == replace(before, mix=mix, middle_weight=6.0)


def test_a_run_that_begins_with_a_checkpoint_may_have_another_corpus(wish: Wish) -> None:
    train(wish, SMALL)
    other = write_corpus(wish.run.parent / "other")
    (other / "problems.jsonl").write_text((other / "functions.jsonl").read_text() * 2)
    latest = wish.run / checkpoints.LATEST
    phase = replace(wish, run=wish.run.parent / "phase", resume=latest, corpus=other)
    train(phase, NONE)
    assert settings_of(wish.run).corpus == corpora.digest(wish.corpus)
    assert settings_of(phase.run).corpus == corpora.digest(other) != corpora.digest(wish.corpus)
    decay = replace(wish, run=wish.run.parent / "decay", resume=phase.run / checkpoints.LATEST)
    with pytest.raises(UsageError, match="is not the corpus that the run was begun with"):
        train(replace(decay, decay_steps=2), NONE)


@pytest.mark.parametrize(
    ("text", "shares"), [("", None), ("8,2,4,2", (8, 2, 4, 2)), ("1, 0, 0, 0", (1, 0, 0, 0))]
)
def test_shares_are_read(text: str, shares: tuple[int, ...] | None) -> None:
    assert read_shares(text) == shares


@pytest.mark.parametrize("text", ["1,2,3", "0,1,1,1", "a,b,c,d", "1,-1,1,1"])
def test_shares_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="needs four numbers"):
        read_shares(text)


def test_settings_that_cannot_change_are_refused(wish: Wish) -> None:
    train(wish, SMALL)
    with pytest.raises(UsageError, match="keeps the settings it was begun with"):
        train(wish, Changes(rows=4))
    phase = replace(wish, run=wish.run.parent / "phase", resume=wish.run / checkpoints.LATEST)
    with pytest.raises(UsageError, match="adapter has rank 32, which cannot be changed"):
        train(phase, Changes(rank=4))


def test_a_decay_needs_a_checkpoint_and_a_folder_of_its_own(wish: Wish) -> None:
    for _ in ("nothing to branch off from", "its own run's folder"):
        with pytest.raises(UsageError, match="A decay goes into a folder of its own"):
            train(replace(wish, decay_steps=3), NONE)
        train(wish, NONE if wish.run.exists() else SMALL)


def test_a_run_is_not_continued_on_another_corpus(wish: Wish) -> None:
    train(wish, SMALL)
    other = write_corpus(wish.run.parent / "other")
    (other / "files.jsonl").write_text('{"text": "x = 1\\n"}\n')
    with pytest.raises(UsageError, match="is not the corpus that the run was begun with"):
        train(replace(wish, corpus=other), NONE)
