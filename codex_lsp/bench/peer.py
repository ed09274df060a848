"""llama.cpp as an engine: the same weights, the same pipeline, one row. Needs the extra ``peer``.

llama-cpp-python keeps the state of its last prompt and reads only what differs, so typing is as
cheap for it as it can be. It samples as it always does, by llama.cpp's own code.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from codex_lsp.engine.base import (
    Cancellation,
    FirstToken,
    Generation,
    NoScores,
    PendingScores,
    TokenSink,
)
from codex_lsp.errors import EngineError, GenerationCancelled, UsageError
from codex_lsp.sampling import SamplingParams
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Prompt, Timing


class LlamaCppEngine:
    """Samples one row from a GGUF file. Not thread-safe: one generation at a time.

    :param tokenizer: that of the same model; its ids are those of the GGUF's own vocabulary
    :param context: the longest prompt with what is decoded behind it, in tokens
    :param threads: for decoding and for reading prompts
    """

    def __init__(
        self, gguf: Path, tokenizer: Tokenizer, context: int, threads: int, seed: int
    ) -> None:
        """Load the weights.

        :raises UsageError: llama-cpp-python is not installed
        :raises EngineError: it cannot load the file
        """
        if importlib.util.find_spec("llama_cpp") is None:
            raise UsageError(
                "The comparison needs llama-cpp-python, which is compiled for minutes; "
                "`pip install 'codex-lsp[peer]'` gets it."
            )
        llama_cpp = importlib.import_module("llama_cpp")
        self._logits = llama_cpp.llama_get_logits_ith
        self.threads = threads
        self._tokenizer = tokenizer
        try:
            self._llama = llama_cpp.Llama(
                str(gguf),
                n_ctx=context,
                n_threads=threads,
                n_threads_batch=threads,
                seed=seed,
                verbose=False,
            )
        except ValueError as error:
            raise EngineError(f"llama.cpp cannot load {gguf}: {error}") from error

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's own tokenizer."""
        return self._tokenizer

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        """Sample one row; see :meth:`codex_lsp.engine.base.Engine.generate`.

        ``params.n`` is not looked at. A cancellation counts between two tokens.
        """
        if cancellation.cancelled:
            raise GenerationCancelled
        started = time.perf_counter()
        first = 0.0
        ids = list(prompt.ids)
        kept = _shared(ids, self._read_so_far())
        tokens = self._llama.generate(
            ids, top_k=params.top_k, top_p=params.top_p, min_p=0.0, temp=params.temperature
        )
        for count, token in enumerate(tokens, start=1):
            first = first or time.perf_counter()
            if cancellation.cancelled:
                raise GenerationCancelled
            if sink.feed(0, token, self._logprob(token)) or count == max_tokens:
                break
        ended = time.perf_counter()
        first = first or ended
        timing = Timing((first - started) * 1000, (ended - first) * 1000, (ended - started) * 1000)
        return Generation(timing, kept)

    def first_token(
        self, prompt: Prompt, allowed: Sequence[int], cancellation: Cancellation
    ) -> FirstToken:
        """Allow none: word healing is no part of what llama.cpp's own servers do."""
        return FirstToken(allowed[0], 0.0, 0.0, Generation(Timing()))

    def score(self, sequences: Sequence[tuple[int, ...]]) -> PendingScores:
        """Score nothing: there is one worker, and it samples."""
        return NoScores()

    def close(self) -> None:
        """Give the model's memory back."""
        self._llama.close()

    def _read_so_far(self) -> Sequence[int]:
        ids: Sequence[int] = self._llama.input_ids[: self._llama.n_tokens].tolist()
        return ids

    def _logprob(self, token: int) -> float:
        """Return the token's log-probability at temperature 1 over the full vocabulary."""
        context: Any = self._llama.ctx
        size = self._llama.n_vocab()
        logits = np.ctypeslib.as_array(self._logits(context, -1), shape=(size,))
        top = float(logits.max())
        return float(logits[token]) - top - float(np.log(np.exp(logits - top).sum()))


def _shared(left: Sequence[int], right: Sequence[int]) -> int:
    """Count the tokens that both begin with."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
