"""What may be chosen: how to complete, and how to run the engine. Plain values, nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from codex_lsp.context import ContextOptions
from codex_lsp.sampling import SamplingParams

Device = Literal["auto", "cpu", "cuda"]
RankerName = Literal["auto", "mean-logprob", "summed-logprob", "suffix-likelihood", "random"]
"""What orders the candidates; see :mod:`codex_lsp.ranking.registry`."""
Profile = Literal["confident", "balanced", "eager"]
"""How sure a candidate has to be; see :mod:`codex_lsp.ranking.profiles`."""
SafetyMode = Literal["off", "rank", "reject"]
"""What becomes of insecure candidates: nothing, they rank behind the others, or they go."""

MAX_THREADS = 256
"""More than any processor makes use of here, and few enough for a system to start them."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Where and how the model runs.

    :ivar compute_type: a CTranslate2 type; ``auto`` takes what suits the device
    :ivar threads: 0 takes the number of physical cores, at most four
    :ivar seed: makes the samples of an engine reproducible, from its first to its last; None is
        another seed each time. CTranslate2 reads it once a worker thread, so it belongs to the
        engine, not to a request.
    :ivar max_cache_mb: memory for the states of prompts that may be gone on from, in MB
    """

    device: Device = "auto"
    compute_type: str = "auto"
    threads: int = 0
    seed: int | None = None
    max_cache_mb: int = 128


@dataclass(frozen=True, slots=True)
class TokenBudget:
    """How many tokens a prompt may have.

    :ivar snippet_share: how much of ``prefix`` snippets of other files may take (0 to 1)
    """

    prefix: int = 256
    suffix: int = 128
    snippet_share: float = 0.25


@dataclass(frozen=True, slots=True)
class TermWeights:
    """What counts besides the ranker's score, in its units: nats, or nats a token for means.

    A weight that is 0 costs nothing: its term is not computed.

    :ivar agreement: for each doubling of the samples that came to the same text
    :ivar parse_errors: taken off for each syntax error that a candidate brings
    """

    agreement: float = 0.0
    parse_errors: float = 0.0


@dataclass(frozen=True, slots=True)
class CompleterOptions:
    """What the user may choose.

    :ivar min_mean_logprob: candidates that the model is less sure of are not shown, in nats a token
    :ivar max_latency_ms: from then on the first line that is whole is not kept waiting for better
        ones; None waits for as long as the sampling parameters say
    :ivar ranker: what orders the candidates
    :ivar terms: what counts besides
    :ivar profile: how sure the best candidate has to be, unless it is asked for by hand
    :ivar consensus: where samples go apart, show as much as most of them say
    :ivar safety: what becomes of candidates that make the code insecure
    """

    sampling: SamplingParams = field(default_factory=SamplingParams)
    context: ContextOptions = field(default_factory=ContextOptions)
    budget: TokenBudget = field(default_factory=TokenBudget)
    min_mean_logprob: float = float("-inf")
    max_latency_ms: float | None = 400.0
    ranker: RankerName = "auto"
    terms: TermWeights = field(default_factory=TermWeights)
    profile: Profile = "balanced"
    consensus: bool = False
    safety: SafetyMode = "rank"
