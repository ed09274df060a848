"""Makes a model directory: weights, tokenizer, a check that it works, and its description."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from codex_lsp.confidence_weights import ConfidenceWeights
from codex_lsp.errors import ConversionError, UsageError
from codex_lsp.model_dir import (
    DESCRIPTION_FILE,
    TOKENIZER_FILE,
    ModelDescription,
    PromptFormat,
    SamplingDefaults,
    digest_file,
    dump,
)
from codex_lsp_models import gguf_llama
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.gguf_tokenizer import build_tokenizer
from codex_lsp_models.progress import Phase, Progress, ProgressEvent, byte_counter

QUANTIZATIONS = (
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
    "int16",
    "float16",
    "bfloat16",
    "float32",
)
"""The types that CTranslate2 can store weights in."""

_SNIPPET = '''\
def read_lines(path):
    """Return the lines of a text file, without their ends."""
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\\n") for line in file]
'''


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model directory says of a model that its weights do not say."""

    name: str
    licence: str
    description: str
    source: dict[str, str]
    prompt: PromptFormat
    sampling: SamplingDefaults = dataclasses.field(default_factory=SamplingDefaults)
    min_mean_logprob: float | None = None
    confidence: ConfidenceWeights | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model's architecture says of its use.

    :ivar context_length: in tokens
    :ivar state_bytes_per_token: see :class:`codex_lsp.model_dir.ModelDescription`
    """

    context_length: int
    state_bytes_per_token: int


def state_bytes_per_token(layers: int, hidden: int) -> int:
    """Return what a kept token takes: keys and values of each layer, float32, all heads."""
    return layers * 2 * hidden * 4


def check_quantization(quantization: str) -> None:
    """See that CTranslate2 knows ``quantization``.

    :raises UsageError: it does not
    """
    if quantization not in QUANTIZATIONS:
        raise UsageError(
            f"{quantization!r} is not a type of quantization; use {', '.join(QUANTIZATIONS)}."
        )


def bytes_per_weight(quantization: str) -> int:
    """Return the bytes that a stored weight takes."""
    if quantization.startswith("int8"):
        return 1
    return 4 if quantization == "float32" else 2


def write_gguf_model(
    gguf: GgufFile, facts: Facts, output: Path, quantization: str, progress: Progress
) -> None:
    """Convert ``gguf`` into the model directory ``output``, check it, describe it last.

    :raises ConversionError: the file cannot be converted faithfully, or the result does not work
    """
    message = f"Converting {gguf.path.name} to {quantization}"

    def converted(done: int, total: int) -> None:
        progress(ProgressEvent(Phase.CONVERT, message, done, total, "layers"))

    tokenizer = build_tokenizer(gguf)
    output.mkdir(exist_ok=True)
    gguf_llama.convert(gguf, output, quantization, converted)
    save_tokenizer(tokenizer, output)
    shape = gguf.shape()
    limits = Limits(shape.context_length, state_bytes_per_token(shape.layers, shape.hidden))
    finish(output, facts, limits, quantization, progress)


def save_tokenizer(tokenizer: Tokenizer, output: Path) -> None:
    """Write ``tokenizer.json`` into ``output``.

    Not with ``Tokenizer.save``, which raises a bare Exception when the disk is full.
    """
    text = tokenizer.to_str(pretty=True)
    (output / TOKENIZER_FILE).write_text(text, encoding="utf-8", newline="\n")


def finish(
    output: Path, facts: Facts, limits: Limits, quantization: str, progress: Progress
) -> None:
    """Check the model in ``output`` by running it, then write its description.

    :raises ConversionError: it does not work
    """
    progress(ProgressEvent(Phase.VERIFY, "Running the model once"))
    self_check(output, facts)
    files = sorted(file for file in output.iterdir() if file.name != DESCRIPTION_FILE)
    total = sum(file.stat().st_size for file in files)
    advance = byte_counter(progress, Phase.WRITE, "Writing the description", total)
    description = ModelDescription(
        name=facts.name,
        licence=facts.licence,
        context_length=limits.context_length,
        state_bytes_per_token=limits.state_bytes_per_token,
        quantization=quantization,
        source=facts.source,
        prompt=facts.prompt,
        sampling=facts.sampling,
        files={file.name: digest_file(file, advance) for file in files},
        description=facts.description,
        confidence=facts.confidence,
    )
    # newline: the file is the same on every system.
    (output / DESCRIPTION_FILE).write_text(dump(description), encoding="utf-8", newline="\n")


def self_check(model: Path, facts: Facts) -> float:
    """Run the model in ``model`` over a fixed snippet; return its mean log-probability.

    :raises ConversionError: it cannot be loaded, its vocabulary is not the tokenizer's, a prompt
        token is unknown, or what it computes cannot be right
    """
    tokenizer = Tokenizer.from_file(str(model / TOKENIZER_FILE))
    _check_prompt_tokens(tokenizer, facts)
    ids = tokenizer.encode(_SNIPPET, add_special_tokens=False).ids
    if len(ids) < 2:
        raise ConversionError(
            f"The tokenizer of {facts.name} makes {len(ids)} tokens of a program."
        )
    (logprobs,) = read_logprobs(model, [ids])
    # More outputs than tokens are padding, which many models have.
    if logprobs.shape[1] < tokenizer.get_vocab_size():
        raise ConversionError(
            f"The model has {logprobs.shape[1]} outputs but {tokenizer.get_vocab_size()} tokens; "
            "its weights and its tokenizer do not belong together."
        )
    mean = float(logprobs[np.arange(len(ids) - 1), ids[1:]].mean())
    worst = facts.min_mean_logprob
    if not np.isfinite(logprobs).all() or (worst is not None and mean < worst):
        raise ConversionError(
            f"{facts.name} reads a simple program at a mean log-probability of {mean:.2f} instead "
            f"of {worst or 'a number'} or more; the conversion or this processor is at fault."
        )
    return mean


def read_logprobs(
    model: Path, texts: Iterable[list[int]], compute_type: str = "default"
) -> Iterator[NDArray[np.float32]]:
    """Yield, for each list of token ids, the log-probabilities of every next token.

    :param compute_type: what CTranslate2 computes in; by default what the weights are stored as
    :returns: float32 [tokens, vocabulary] for each text; row i predicts token i + 1
    :raises ConversionError: CTranslate2 cannot run the model
    """
    try:
        generator = ctranslate2.Generator(str(model), device="cpu", compute_type=compute_type)
        try:
            for ids in texts:
                yield np.array(generator.forward_batch([ids], return_log_probs=True))[0]
        finally:
            del generator  # a process that exits with a live generator can abort
    except (RuntimeError, ValueError) as error:
        raise ConversionError(f"CTranslate2 cannot run the converted model: {error}.") from error


def _check_prompt_tokens(tokenizer: Tokenizer, facts: Facts) -> None:
    prompt = facts.prompt
    fim = prompt.fim
    sentinels = () if fim is None else (fim.prefix, fim.suffix, fim.middle)
    named = (prompt.bos, *prompt.stop, *sentinels, prompt.file_separator, prompt.repo_name)
    for token in filter(None, named):
        if tokenizer.token_to_id(token) is None:
            raise ConversionError(
                f"The prompt of {facts.name} uses the token {token!r}, which is not in its "
                "vocabulary."
            )
