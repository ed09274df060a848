"""Training in torch: the model, its loss, and runs that are stopped and go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

REASON = "needs the extra `train`: pip install 'codex-lsp[train]'"
torch = pytest.importorskip("torch", reason=REASON)

from recipe_run import (  # noqa: E402
    ROW_IDS,
    SENTINELS,
    SETTINGS,
    make_held_out,
    make_model,
    make_trainer,
    write_corpus,
    write_tiny,
)
from tiny_model import sha256  # noqa: E402

from codex_lsp.errors import DamagedFileError, UsageError  # noqa: E402
from codex_lsp.model_dir import PromptFormat  # noqa: E402
from codex_lsp_models.adapter import AdaptedGguf, AdapterFacts  # noqa: E402
from codex_lsp_models.build import Facts, read_logprobs, write_gguf_model  # noqa: E402
from codex_lsp_models.gguf_llama import GgufFile  # noqa: E402
from codex_lsp_models.progress import silent  # noqa: E402
from codex_lsp_recipes import checkpoint as checkpoints  # noqa: E402
from codex_lsp_recipes import training  # noqa: E402
from codex_lsp_recipes.attention import causal_attention  # noqa: E402
from codex_lsp_recipes.base import base_tokenizer  # noqa: E402
from codex_lsp_recipes.curve import draw  # noqa: E402
from codex_lsp_recipes.exporting import export  # noqa: E402
from codex_lsp_recipes.head import head_logprobs, head_loss  # noqa: E402
from codex_lsp_recipes.sequences import Mix, Sequences, TrainingSequence  # noqa: E402
from codex_lsp_recipes.training import Pace, weighted  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipe")
    write_tiny(folder)
    write_corpus(folder / "corpus")
    return folder


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """As the command has it: a product that is divided otherwise is rounded otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def losses(folder: Path, run: Path, steps: int, threads: int = 1) -> list[float]:
    trainer = make_trainer(folder / "tiny.gguf", folder / "corpus", threads=threads)
    if (run / checkpoints.LATEST).exists():
        trainer.restore(checkpoints.load(run / checkpoints.LATEST))
    pace = Pace(max_steps=steps, measure_steps=2)
    held_out = make_held_out(folder / "tiny.gguf")
    return [step.loss for step in training.run(trainer, held_out, run, pace)]


def test_a_run_that_stopped_goes_on_with_the_very_same_losses(folder: Path, tmp_path: Path) -> None:
    unbroken = losses(folder, tmp_path / "one", 6)
    assert unbroken[-1] < unbroken[0]
    in_parts = losses(folder, tmp_path / "two", 4) + losses(folder, tmp_path / "two", 2)
    assert in_parts == unbroken

    curves = [checkpoints.read_curve(tmp_path / run) for run in ("one", "two")]
    for curve in curves:
        for record in curve:
            record.pop("seconds", None)
    assert curves[0] == curves[1]
    # Step 0 is measured, and every other one; six steps have a loss.
    assert [record["step"] for record in curves[0] if "held_out" in record] == [0, 2, 4, 6]
    assert [record["step"] for record in curves[0] if "loss" in record] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("length", [1, 128, 300])
def test_attention_is_that_of_torch(length: int) -> None:
    torch.manual_seed(length)
    queries = torch.randn(2, 6, length, 8, requires_grad=True)
    keys, values = (torch.randn(2, 3, length, 8, requires_grad=True) for _ in range(2))
    inputs = (queries, keys, values)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        queries, *(x.repeat_interleave(2, dim=1) for x in (keys, values)), is_causal=True
    )
    ours = causal_attention(*inputs)
    torch.testing.assert_close(ours, theirs)
    weights = torch.randn_like(ours)
    gradients = [torch.autograd.grad((x * weights).sum(), inputs) for x in (ours, theirs)]
    torch.testing.assert_close(*gradients)


def test_the_number_of_threads_changes_nothing(folder: Path, tmp_path: Path) -> None:
    assert losses(folder, tmp_path / "a", 2) == losses(folder, tmp_path / "b", 2, threads=3)


@pytest.mark.timeout(300)
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_run_that_is_killed_goes_on_with_the_very_same_losses(
    folder: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    script = Path(__file__).with_name("recipe_process.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder), str(run)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if line == "3\n":
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    done = checkpoints.load(run / checkpoints.LATEST).step
    assert done >= 2
    unbroken = losses(folder, tmp_path / "unbroken", done + 2)
    assert losses(folder, run, 2) == unbroken[done:]


def test_a_decay_branches_off_and_ends_by_itself(folder: Path, tmp_path: Path) -> None:
    losses(folder, tmp_path / "run", 4)
    state = checkpoints.load(tmp_path / "run" / checkpoints.LATEST)
    settings = training.branch(state.settings, state.step, 3)
    trainer = make_trainer(folder / "tiny.gguf", folder / "corpus", settings)
    trainer.restore(state)
    held_out = make_held_out(folder / "tiny.gguf")

    steps = list(training.run(trainer, held_out, tmp_path / "decay", Pace()))

    assert [step.step for step in steps] == [5, 6, 7]
    np.testing.assert_allclose([step.rate for step in steps], [7.5e-3, 5e-3, 2.5e-3])
    assert checkpoints.load(tmp_path / "decay" / checkpoints.LATEST).settings == settings


def test_a_missing_or_damaged_checkpoint_is_said_to_be_one(tmp_path: Path) -> None:
    file = tmp_path / checkpoints.LATEST
    with pytest.raises(UsageError, match="There is no checkpoint"):
        checkpoints.load(file)
    file.write_bytes(b"nonsense")
    with pytest.raises(DamagedFileError, match="is not a checkpoint"):
        checkpoints.load(file)


def test_the_loss_in_pieces_is_that_of_the_whole_and_so_are_its_gradients() -> None:
    torch.manual_seed(2)
    count, vocabulary, hidden = 300, 50, 8
    weight = torch.randn(vocabulary, hidden)
    row_ids = torch.tensor([7, 3])
    targets = torch.randint(0, vocabulary, (count,))
    wanted = torch.rand(count) * (torch.rand(count) < 0.7)
    x = torch.randn(count, hidden, requires_grad=True)
    rows = torch.randn(2, hidden, requires_grad=True)

    full = weight.index_copy(0, row_ids, rows)
    every = torch.nn.functional.cross_entropy(x @ full.T, targets, reduction="none")
    whole = (every * wanted).sum()
    pieces = head_loss(x, weight, rows, row_ids, targets, wanted)

    torch.testing.assert_close(pieces, whole)
    expected = torch.autograd.grad(whole * 3, [x, rows])
    torch.testing.assert_close(torch.autograd.grad(pieces * 3, [x, rows]), expected)
    with torch.no_grad():
        found = head_logprobs(x, weight, rows, row_ids, targets)
    torch.testing.assert_close(found, -every.detach())


@pytest.mark.parametrize(("share", "holes"), [(0.0, 0), (1.0, 4)])
def test_functions_have_holes_one_at_a_time(folder: Path, share: float, holes: int) -> None:
    tokenizer = base_tokenizer(GgufFile(folder / "tiny.gguf"))
    mix = Mix(shares=(1, 0, 1, 0), length=256, fim_share=0.0, function_fim_share=share)
    sequences = Sequences(folder / "corpus", tokenizer, SENTINELS, SENTINELS.end, mix)
    made = [sequences.sequence(index) for index in range(8)]
    holed = [sequence for sequence in made if sequence.middle is not None]
    assert len(holed) == holes
    assert [tokenizer.decode(tuple(one.ids)).count("class File") for one in holed] == [1] * holes
    assert all(begin == end for one in holed for begin, end in one.given)


def test_what_the_server_gives_is_no_target_and_a_middle_can_weigh_more() -> None:
    sequence = [0, SENTINELS.prefix, SENTINELS.suffix, 8, SENTINELS.middle, 6, 5, 9, 7, 0]
    ids, weights = weighted(TrainingSequence(sequence, 8, given=((5, 7),)), SENTINELS, 2.0)
    assert ids.tolist() == sequence
    assert weights.tolist() == [1, 0, 0, 1, 0, 0, 0, 1, 2, 2]
    _, weights = weighted(TrainingSequence([0, 9, 7]), SENTINELS, 2.0)
    assert weights.tolist() == [1, 1, 1]


def test_the_adapter_merged_with_numpy_computes_what_torch_does(
    folder: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    losses(folder, run, 4)
    state = checkpoints.load(run / checkpoints.LATEST)
    gguf = folder / "tiny.gguf"
    model = make_model(gguf)
    ids = [0, 2, 40, 41, 3, 42, 4, 43, 44]
    before = model.logprobs(torch.tensor([ids]))
    model.load_state_dict(dict(state.parameters))
    trained = model.logprobs(torch.tensor([ids]))
    assert (trained - before).abs().max() > 0.01

    facts = AdapterFacts("tiny-code", "Apache-2.0", sha256(gguf), ROW_IDS)
    export(state, GgufFile(gguf), facts, tmp_path / "adapter.gguf", "f32")
    adapted = AdaptedGguf(gguf, tmp_path / "adapter.gguf", sha256(gguf))
    write_gguf_model(
        adapted,
        Facts("tiny-code", "Apache-2.0", "", {}, PromptFormat()),
        tmp_path / "model",
        "float32",
        silent,
    )

    (logprobs,) = read_logprobs(tmp_path / "model", [ids])
    merged = logprobs[np.arange(len(ids) - 1), ids[1:]]
    np.testing.assert_allclose(merged, trained[0].numpy(), atol=1e-4)


def test_a_curve_survives_a_kill_and_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=REASON)
    held_out = {"plain": 0.5, "middle": 0.6, "middle_prefix_only": 0.4}
    (tmp_path / "next").mkdir()
    for record in (
        {"step": 0, "tokens": 0, "held_out": held_out},
        {"step": 1, "tokens": 9, "loss": 3.0},
        {"step": 2, "tokens": 18, "loss": 2.5},
        {"step": 2, "tokens": 18, "loss": 2.0},
    ):
        checkpoints.note(tmp_path, record)
    with (tmp_path / checkpoints.CURVE).open("a") as curve:
        curve.write('{"step": 3, "tok')

    records = checkpoints.read_curve(tmp_path)

    # A step that was done again counts as it was the last time.
    assert [(record["step"], record.get("loss")) for record in records] == [
        (0, None),
        (1, 3.0),
        (2, 2.0),
    ]
    checkpoints.note(tmp_path / "next", {"step": 2, "tokens": 18, "loss": 1.5})
    checkpoints.note(tmp_path / "next", {"step": 3, "tokens": 27, "loss": 1.0})
    joined = checkpoints.read_curve(tmp_path, tmp_path / "next")
    assert [(record["step"], record.get("loss")) for record in joined] == [
        (0, None),
        (1, 3.0),
        (2, 1.5),
        (3, 1.0),
    ]
    draw(records, tmp_path / "curve.svg")
    assert "held-out loss, nats a byte" in (tmp_path / "curve.svg").read_text()
    with pytest.raises(UsageError, match=r"cannot be written to .*curve\.doc: Format 'doc'"):
        draw(records, tmp_path / "curve.doc")


def test_settings_are_read_back_as_they_were() -> None:
    settings = replace(SETTINGS, middle_weight=2.0)
    assert settings.of(settings.record()) == settings
