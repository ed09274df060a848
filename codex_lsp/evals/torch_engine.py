"""The model in torch: for evaluations with hundreds of samples a problem.

The weights are those of the model directory, as they are stored. Products are computed in bfloat16
or float32, and not of int8 on both sides as CTranslate2 does on a processor.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from codex_lsp.engine.base import Cancellation, Generation, TokenSink
from codex_lsp.errors import EngineError, GenerationCancelled, InvalidModelError, UsageError
from codex_lsp.evals.torch_llama import Rows, TorchLlama
from codex_lsp.evals.weights import read_weights
from codex_lsp.model_dir import TOKENIZER_FILE, WEIGHTS_FILE, ModelDir
from codex_lsp.sampling import SamplingParams
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Prompt, Timing

_DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}

_ENDED_SHARE = 0.1
"""Of the rows, so many have to have ended before their states are dropped: that costs a copy."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What all engines of a run share."""

    tokenizer: Tokenizer
    llama: TorchLlama


def load(model: ModelDir, compute_type: str, threads: int) -> LoadedModel:
    """Read a model directory.

    :param threads: of all that torch computes in this process
    :raises UsageError: there is no such compute type
    :raises InvalidModelError: the model cannot be read, or is of a kind that is not known here
    :raises EngineError: memory does not suffice
    """
    if compute_type not in _DTYPES:
        raise UsageError(
            f"--compute-type is {compute_type!r}, but has to be auto, bfloat16 or float32 with "
            "--engine torch."
        )
    torch.set_num_threads(threads)
    try:
        weights = read_weights(model.path / WEIGHTS_FILE)
        config = json.loads((model.path / "config.json").read_text(encoding="utf-8"))
        epsilon = float(config["layer_norm_epsilon"])
        llama = TorchLlama(weights, epsilon, _DTYPES[compute_type])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidModelError(
            f"The model in {model.path} cannot be run with --engine torch ({error}); leave the "
            "option out."
        ) from error
    except (RuntimeError, MemoryError) as error:
        raise EngineError(
            f"The model in {model.path} cannot be loaded ({_reason(error)}); end other "
            "programs that take memory, or leave --engine out."
        ) from error
    return LoadedModel(Tokenizer.from_file(model.path / TOKENIZER_FILE), llama)


class TorchEngine:
    """A :class:`~codex_lsp.engine.base.Sampler` whose samples depend on its seed."""

    def __init__(self, model: LoadedModel, seed: int) -> None:
        """Begin the random numbers of ``seed``."""
        self.tokenizer = model.tokenizer
        self._llama = model.llama
        self._random = torch.Generator().manual_seed(seed)

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        """Sample ``params.rows`` rows; see :meth:`codex_lsp.engine.base.Engine.generate`."""
        started = time.perf_counter()
        logits, rows = self._begin(prompt, params.rows)
        # Which row each of the batch's is, and which of them go on.
        names = list(range(params.rows))
        going = [True] * params.rows
        first = 0.0
        for step in range(max_tokens):
            if cancellation.cancelled:
                raise GenerationCancelled
            tokens, logprobs = draw_tokens(logits, params, self._random)
            first = first or time.perf_counter()
            for at, (token, logprob) in enumerate(
                zip(tokens.tolist(), logprobs.tolist(), strict=True)
            ):
                if going[at]:
                    going[at] = not sink.feed(names[at], token, logprob)
            left = [at for at, goes in enumerate(going) if goes]
            if not left or step + 1 == max_tokens:
                break
            if len(going) - len(left) > _ENDED_SHARE * len(going):
                kept = torch.tensor(left)
                with _as_engine_error():
                    rows.keep(kept)
                tokens = tokens[kept]
                names = [names[at] for at in left]
                going = [True] * len(left)
            logits = self._step(tokens, rows)
        ended = time.perf_counter()
        return Generation(
            Timing((first - started) * 1000, (ended - first) * 1000, (ended - started) * 1000)
        )

    def _begin(self, prompt: Prompt, count: int) -> tuple[Tensor, Rows]:
        """Read the prompt; return the logits of its ``count`` rows, and their states."""
        if not prompt.ids:
            raise EngineError("The model failed while decoding: there is nothing to go on from.")
        with _as_engine_error():
            logits, states = self._llama.read(list(prompt.ids))
            return logits.expand(count, -1), Rows(states, count)

    def _step(self, tokens: Tensor, rows: Rows) -> Tensor:
        with _as_engine_error():
            return self._llama.step(tokens, rows)

    def close(self) -> None:
        """The weights stay for the run's next batch."""


@contextmanager
def _as_engine_error() -> Iterator[None]:
    """Give torch's errors, of which nearly all say that memory ran out, the pipeline's name."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        raise EngineError(
            f"The model failed while decoding ({_reason(error)}); take a smaller --batch."
        ) from error


def _reason(error: Exception) -> str:
    """Return the first line of what torch says; what is under it is a trace of its own."""
    return str(error).splitlines()[0] if str(error) else "out of memory"


def draw_tokens(
    logits: Tensor, params: SamplingParams, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return a token for each row, and its log-probability at temperature 1, each [rows].

    As CTranslate2 does it: the likeliest k, their probabilities at the temperature, and of those
    the likeliest until they make up ``top_p``.

    :param logits: [rows, vocabulary]
    """
    if params.temperature == 0:
        tokens = logits.argmax(dim=-1, keepdim=True)
    else:
        count = min(params.top_k or logits.shape[-1], logits.shape[-1])
        best, ids = logits.topk(count)
        shares = (best / params.temperature).softmax(dim=-1)
        shares[shares.cumsum(dim=-1) - shares >= params.top_p] = 0
        tokens = ids.gather(1, shares.multinomial(1, generator=random))
    logprobs = logits.gather(1, tokens) - logits.logsumexp(dim=-1, keepdim=True)
    return tokens[:, 0], logprobs[:, 0]
