"""The CTranslate2 engine.

Facts it is built on: the callback of ``generate_batch`` is given every sampled token, end tokens
included, with its log-probability before temperature and truncation; what it returns stops one
row; an exception from it ends the whole batch and leaves the generator usable. Reading the prompt
cannot be interrupted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, get_args

import ctranslate2
import numpy as np
import psutil

from codex_lsp.engine.base import (
    Cancellation,
    FirstToken,
    Generation,
    PendingScores,
    TokenSink,
)
from codex_lsp.engine.memory import keep_freed_memory
from codex_lsp.engine.prefix_cache import PrefixCache
from codex_lsp.errors import EngineError, GenerationCancelled
from codex_lsp.model_dir import TOKENIZER_FILE, ModelDir
from codex_lsp.options import MAX_THREADS, Device, EngineOptions
from codex_lsp.sampling import SamplingParams
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Prompt, Timing

_UNLOAD_LIMIT_S = 1.0
_LIKELIEST_ONLY = 1e-6
"""A top-p that leaves one token."""
_SCORED_TOKENS = 1024
"""What is scored at once. Each token takes two rows as long as the vocabulary, in float32: 400 MB
for a vocabulary of 50,000."""


def default_threads() -> int:
    """Return how many threads to decode with."""
    return max(1, min(4, psutil.cpu_count(logical=False) or psutil.cpu_count() or 1))


def pick_device(wanted: Device) -> str:
    """Return ``cpu`` or ``cuda``; ``auto`` takes a GPU when CTranslate2 sees one.

    :raises EngineError: there is no such device, or a GPU is wanted and none can be used
    """
    if wanted not in get_args(Device):
        raise EngineError(f"The device {wanted!r} is not one of {', '.join(get_args(Device))}.")
    if wanted == "cpu":
        return wanted
    cause = "CTranslate2 sees none"
    try:
        if ctranslate2.get_cuda_device_count() > 0:
            return "cuda"
    except RuntimeError as error:
        cause = str(error)
    if wanted == "cuda":
        raise EngineError(
            f"There is no GPU to run the model on ({cause}); see to its driver, or take the device "
            "cpu or auto."
        )
    return "cpu"


def pick_compute_type(wanted: str, device: str) -> str:
    """Return the CTranslate2 type to compute with: int8 on CPU, int8 with float16 on GPU."""
    if wanted != "auto":
        return wanted
    supported = ctranslate2.get_supported_compute_types(device)
    order = ("int8_float16", "int8", "float16") if device == "cuda" else ("int8", "int8_float32")
    return next((name for name in order if name in supported), "default")


def computes(compute_type: str, device: str) -> bool:
    """Say whether CTranslate2 can compute with a type on ``cpu`` or ``cuda``."""
    return compute_type in ctranslate2.get_supported_compute_types(device)


class CTranslate2Engine:
    """Samples from the model of one directory. Not thread-safe: one generation at a time."""

    def __init__(self, model: ModelDir, options: EngineOptions | None = None) -> None:
        """Load the weights and the tokenizer.

        :raises InvalidModelError: the tokenizer is not readable
        :raises EngineError: CTranslate2 cannot load or run the model so
        """
        options = options or EngineOptions()
        if not 0 <= options.threads <= MAX_THREADS:
            # CTranslate2 would end the process when the system gives it no more.
            raise EngineError(
                f"threads is {options.threads}, but has to be between 0 and {MAX_THREADS}."
            )
        keep_freed_memory()
        self._tokenizer = Tokenizer.from_file(model.path / TOKENIZER_FILE)
        self.device = pick_device(options.device)
        self.compute_type = pick_compute_type(options.compute_type, self.device)
        self.threads = options.threads or default_threads()
        # Workers share the weights and the kept states. The second scores while the first samples;
        # but each has a random state of its own, so what has to be reproducible takes one.
        self.workers = 2 if options.seed is None and self.device == "cpu" else 1
        ctranslate2.set_random_seed(_seed(options.seed))
        try:
            self._generator = ctranslate2.Generator(
                str(model.path),
                device=self.device,
                compute_type=self.compute_type,
                inter_threads=self.workers,
                intra_threads=self.threads,
            )
        except (RuntimeError, ValueError, MemoryError) as error:
            raise EngineError(
                f"CTranslate2 cannot load {model.path} on {self.device} as {self.compute_type} "
                f"({error}); take another compute type, or have `codex-lsp doctor` look for damage."
            ) from error

        kept_tokens = options.max_cache_mb * 1_000_000 // model.description.state_bytes_per_token
        self.prefix_cache = PrefixCache(self._drop_states, kept_tokens)

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
        """Sample ``params.rows`` rows; see :meth:`codex_lsp.engine.base.Engine.generate`."""
        first = 0.0

        def on_token(step: Any) -> bool:
            nonlocal first
            if cancellation.cancelled:
                raise GenerationCancelled
            first = first or time.perf_counter()
            try:
                return sink.feed(step.hypothesis_id, step.token_id, step.log_prob)
            except Exception as error:
                raise _SinkError(error) from error

        greedy = params.temperature == 0
        # CTranslate2 refuses several rows of the likeliest token alone: it is drawn from two.
        alone = params.top_k == 1
        try:
            _, kept, started = self._run(
                prompt,
                cancellation,
                num_hypotheses=params.rows,
                max_length=max_tokens,
                sampling_topk=1 if greedy else 2 if alone else params.top_k,
                sampling_topp=1.0 if greedy else _LIKELIEST_ONLY if alone else params.top_p,
                sampling_temperature=1.0 if greedy else params.temperature,
                callback=on_token,
            )
        except _SinkError as failed:
            raise failed.error from None
        ended = time.perf_counter()
        first = first or ended
        return Generation(
            Timing((first - started) * 1000, (ended - first) * 1000, (ended - started) * 1000), kept
        )

    def first_token(
        self, prompt: Prompt, allowed: Sequence[int], cancellation: Cancellation
    ) -> FirstToken:
        """Return the best allowed token; see :meth:`codex_lsp.engine.base.Engine.first_token`."""
        results, kept, started = self._run(
            prompt, cancellation, max_length=1, sampling_topk=1, return_logits_vocab=True
        )
        logits = np.asarray(results[0].logits[0], dtype=np.float64).reshape(-1)
        logprobs = logits - np.logaddexp.reduce(logits)
        of_allowed = logprobs[list(allowed)]
        best = int(np.argmax(of_allowed))
        total = float(np.logaddexp.reduce(of_allowed))
        took = (time.perf_counter() - started) * 1000
        return FirstToken(
            allowed[best],
            float(of_allowed[best]) - total,
            math.exp(total),
            Generation(Timing(prefill=took, total=took), kept),
        )

    def _run(
        self, prompt: Prompt, cancellation: Cancellation, **options: Any
    ) -> tuple[Any, int, float]:
        """Decode behind ``prompt``; say how many of its tokens were kept, and when it began."""
        if cancellation.cancelled:
            raise GenerationCancelled
        if self._generator is None:
            raise EngineError("The engine has been closed.")
        started = time.perf_counter()
        try:
            if not self._generator.model_is_loaded:
                # Its files could not be read when kept states were dropped.
                self._generator.load_model()
                self.prefix_cache.clear()
            anchor, tail, kept = self.prefix_cache.split(prompt)
            results = self._generator.generate_batch(
                [self._tokenizer.tokens(tail)],
                static_prompt=self._tokenizer.tokens(anchor) or None,
                cache_static_prompt=True,
                beam_size=1,
                include_prompt_in_result=False,
                # Log-probabilities are only computed when scores are asked for.
                return_scores=True,
                **options,
            )
        except (RuntimeError, ValueError, MemoryError) as error:
            raise EngineError(f"The model failed while decoding: {error}") from error
        return results, kept, started

    def score(self, sequences: Sequence[tuple[int, ...]]) -> PendingScores:
        """Begin to score sequences; see :meth:`codex_lsp.engine.base.Engine.score`."""
        if self._generator is None:
            raise EngineError("The engine has been closed.")
        batch = [self._tokenizer.tokens(ids) for ids in sequences]
        results = self._generator.score_batch(
            batch, max_batch_size=_SCORED_TOKENS, batch_type="tokens", asynchronous=True
        )
        return _Scores(results)

    def _drop_states(self) -> bool:
        """Unload the model and load it again: the only way to drop what CTranslate2 keeps.

        Unloading does nothing while a batch is active, and the batch before this one may not have
        been taken off the books yet.
        """
        deadline = time.monotonic() + _UNLOAD_LIMIT_S
        self._generator.unload_model()
        while self._generator.model_is_loaded and time.monotonic() < deadline:
            time.sleep(0.001)
            self._generator.unload_model()
        dropped = not self._generator.model_is_loaded
        self._generator.load_model()
        return dropped

    def close(self) -> None:
        """Give the model's memory back.

        A process that ends with a live generator can be aborted by CTranslate2's worker thread.
        """
        self._generator = None


class _SinkError(Exception):
    """What the sink raised: no failure of the model's, and its text may quote source."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class _Scores:
    """Scores that CTranslate2 is computing."""

    def __init__(self, results: Sequence[Any]) -> None:
        self._results = results

    def get(self) -> Sequence[Sequence[float]] | None:
        """Return the log-probabilities when all are there."""
        if not all(result.done() for result in self._results):
            return None
        try:
            return [result.result().log_probs for result in self._results]
        except (RuntimeError, ValueError, MemoryError):
            return None


def _seed(seed: int | None) -> int:
    """Return a seed that CTranslate2 takes: 32 bits."""
    return (time.time_ns() if seed is None else seed) & 0xFFFFFFFF
