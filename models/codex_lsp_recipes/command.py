"""The command `train`: puts a run together from files, and shows how it goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from codex_lsp.errors import UsageError
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.store import terminated_as_exit
from codex_lsp_recipes import checkpoint as checkpoints
from codex_lsp_recipes import corpus as corpora
from codex_lsp_recipes import training
from codex_lsp_recipes.base import base_tokenizer, fetch_base, sentinels_of
from codex_lsp_recipes.checkpoint import Checkpoint
from codex_lsp_recipes.heldout import held_out_texts
from codex_lsp_recipes.measure import HeldOut
from codex_lsp_recipes.model import AdaptedLlama
from codex_lsp_recipes.sequences import Sequences
from codex_lsp_recipes.settings import Changes, Settings
from codex_lsp_recipes.training import Pace, Step, Trainer

HELD_OUT_TEXTS = 16


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for; see the command's options."""

    run: Path
    corpus: Path
    base: Path
    resume: Path | None
    decay_steps: int
    max_steps: int | None
    threads: int


def train(wish: Wish, changes: Changes) -> None:
    """Train as wished.

    A run that exists keeps its settings and its corpus, and a decay those of what it branches off.
    Another one takes the settings of the checkpoint that it begins with, if there is one, and makes
    ``changes`` to them; its corpus may be another.

    :raises UsageError: a decay has nothing to branch off or would overwrite a run, settings of a
        run that exists are to be changed, the adapter's rank is not the checkpoint's, or the corpus
        is not the run's
    :raises PullError: the base or the held-out code cannot be had
    """
    torch.set_num_threads(1)
    latest = wish.run / checkpoints.LATEST
    begun = latest.exists()
    source = wish.resume or (latest if begun else None)
    state = None if source is None else checkpoints.load(source)
    settings = _settings(wish.run if begun else None, state, changes)
    if wish.decay_steps:
        if state is None or begun:
            raise UsageError(
                "A decay goes into a folder of its own: name the checkpoint with --resume and a "
                "new folder with --run."
            )
        settings = training.branch(settings, state.step, wish.decay_steps)
    elif not begun:
        settings = replace(settings, corpus="")
    settings = _on_corpus(settings, wish.corpus)
    gguf = GgufFile(fetch_base(wish.base))
    tokenizer = base_tokenizer(gguf)
    sentinels = sentinels_of(tokenizer)
    torch.manual_seed(settings.mix.seed)
    row_ids = [sentinels.prefix, sentinels.suffix, sentinels.middle]
    model = AdaptedLlama(gguf, row_ids, settings.rank, settings.scale)
    sequences = Sequences(wish.corpus, tokenizer, sentinels, sentinels.end, settings.mix)
    trainer = Trainer(model, sequences, sentinels, settings, wish.threads)
    if state is not None:
        trainer.restore(state)
    texts = held_out_texts(HELD_OUT_TEXTS)
    held_out = HeldOut(texts, tokenizer, sentinels, sentinels.end, settings.mix.order)
    _show(trainer, held_out, wish)


def _settings(begun: Path | None, state: Checkpoint | None, changes: Changes) -> Settings:
    """Return the run's settings.

    :param begun: the run's folder, if it is there already
    """
    if begun is not None and changes:
        raise UsageError(
            f"The run in {begun} keeps the settings it was begun with; leave them out, or name a "
            "new folder with --run."
        )
    if state is None:
        return changes.applied(Settings())
    if changes.rank not in (None, state.settings.rank):
        raise UsageError(
            f"The checkpoint's adapter has rank {state.settings.rank}, which cannot be changed; "
            "leave --rank out."
        )
    return changes.applied(state.settings)


def _on_corpus(settings: Settings, folder: Path) -> Settings:
    """See that the corpus is the one that the run was begun with."""
    digest = corpora.digest(folder)
    if settings.corpus not in ("", digest):
        raise UsageError(
            f"{folder} is not the corpus that the run was begun with; give that one with --corpus, "
            "or begin another run with --run."
        )
    return replace(settings, corpus=digest)


def _show(trainer: Trainer, held_out: HeldOut, wish: Wish) -> None:
    """Train with a progress line on a terminal, and a line for every step elsewhere."""
    console = Console()
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        shown = Progress(*columns, console=console, disable=not console.is_terminal)
        with terminated_as_exit(), shown as progress:
            task = progress.add_task("Starting", total=None)
            steps = training.run(trainer, held_out, wish.run, Pace(max_steps=wish.max_steps))
            for step in steps:
                progress.update(task, description=_line(step))
                if not console.is_terminal:
                    console.print(_line(step))
    except KeyboardInterrupt:
        console.print(f"Stopped at step {trainer.step}; the same command goes on from there.")


def _line(step: Step) -> str:
    return (
        f"step {step.step}  {step.tokens:,} tokens  loss {step.loss:.3f}  "
        f"{step.tokens / step.seconds:.0f} tokens/s"
    )
