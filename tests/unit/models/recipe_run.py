"""A training run of a model of two layers, with a corpus of a few functions."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from tiny_model import TinySpec, write_gguf

from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_recipes import corpus
from codex_lsp_recipes.base import base_tokenizer
from codex_lsp_recipes.corpus import SourceFile
from codex_lsp_recipes.fim import Sentinels
from codex_lsp_recipes.measure import HeldOut
from codex_lsp_recipes.model import AdaptedLlama
from codex_lsp_recipes.schedule import Schedule
from codex_lsp_recipes.sequences import Mix, Sequences
from codex_lsp_recipes.settings import FIM_TOKENS, START_TOKEN, Settings
from codex_lsp_recipes.training import Trainer

SPECIAL = (START_TOKEN, "<|im_end|>", *FIM_TOKENS)
SENTINELS = Sentinels(prefix=2, suffix=3, middle=4, end=0)
ROW_IDS = (2, 3, 4)
SETTINGS = Settings(
    mix=Mix(length=96), schedule=Schedule(peak=1e-2, warmup_steps=3), rows=3, rank=32
)


def write_tiny(folder: Path) -> Path:
    return write_gguf(folder / "tiny.gguf", TinySpec(special=SPECIAL))


def write_corpus(folder: Path) -> Path:
    folder.mkdir()
    for name in corpus.PARTS:
        with (folder / name).open("w") as file:
            for number in range(7):
                text = f'def read_{number}(path):\n    """Read it."""\n' + (
                    "    with open(path) as file:\n"
                    f"        return file.read({number})\n\n\nclass File{number}:\n    pass\n"
                )
                origin = SourceFile("shelf", "1.0", "MIT", f"shelf/file{number}.py", text)
                file.write(json.dumps(asdict(origin)) + "\n")
    return folder


def make_model(gguf: Path, dtype: torch.dtype = torch.float32) -> AdaptedLlama:
    torch.manual_seed(1)
    return AdaptedLlama(GgufFile(gguf), ROW_IDS, SETTINGS.rank, SETTINGS.scale, dtype)


def make_trainer(
    gguf: Path, corpus_folder: Path, settings: Settings = SETTINGS, threads: int = 1
) -> Trainer:
    tokenizer = base_tokenizer(GgufFile(gguf))
    sequences = Sequences(corpus_folder, tokenizer, SENTINELS, SENTINELS.end, settings.mix)
    return Trainer(make_model(gguf), sequences, SENTINELS, settings, threads)


def make_held_out(gguf: Path) -> HeldOut:
    texts = ["def read(path):\n    return open(path).read()\n" * 3] * 2
    order = SETTINGS.mix.order
    return HeldOut(texts, base_tokenizer(GgufFile(gguf)), SENTINELS, SENTINELS.end, order)
