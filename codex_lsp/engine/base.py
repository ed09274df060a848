"""The seam between the pipeline and whatever runs the model."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Prompt, Timing

if TYPE_CHECKING:
    from codex_lsp.tokenizer import Tokenizer


class Cancellation:
    """A flag that any thread may raise; the engine looks at it before every decoding step."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Call the work off."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the work has been called off."""
        return self._event.is_set()


class TokenSink(Protocol):
    """Who takes the sampled tokens, on the engine's thread."""

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        """Take one token of a row (0 ≤ row < n); True stops that row.

        :param logprob: natural, at temperature 1, over the full vocabulary
        """
        ...


@dataclass(frozen=True, slots=True)
class Generation:
    """What a generation took.

    :ivar kept: prompt tokens whose state was kept from an earlier one, and not read again
    """

    timing: Timing
    kept: int = 0


@dataclass(frozen=True, slots=True)
class FirstToken:
    """The likeliest of the tokens that may come first.

    :ivar logprob: among those tokens only: what they have to spell is given
    :ivar mass: the probability that the model gives to all of them together
    """

    id: int
    logprob: float
    mass: float
    generation: Generation


class PendingScores(Protocol):
    """Log-probabilities that are being computed beside whatever else the engine does."""

    def get(self) -> Sequence[Sequence[float]] | None:
        """Return the log-probability of every token but the first, for each sequence.

        None while they are not there yet, or when they cannot be had. Never waits.
        """
        ...


class NoScores:
    """The scores of an engine that cannot give any while it samples."""

    def get(self) -> None:
        """There are none."""
        return None


class Sampler(Protocol):
    """A model that can be sampled from. One generation at a time."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's own tokenizer."""
        ...

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        """Sample ``params.rows`` rows, feeding ``sink`` until it has stopped all of them.

        :param max_tokens: the longest row
        :raises GenerationCancelled: ``cancellation`` was raised; no more tokens are fed
        :raises EngineError: the model cannot be run
        """
        ...

    def close(self) -> None:
        """Give the model's memory back. No generation may be under way."""
        ...


class Engine(Sampler, Protocol):
    """A model that can be asked for more than samples."""

    def first_token(
        self, prompt: Prompt, allowed: Sequence[int], cancellation: Cancellation
    ) -> FirstToken:
        """Return the likeliest of the ``allowed`` tokens (at least one) behind ``prompt``.

        :raises GenerationCancelled: ``cancellation`` was raised
        :raises EngineError: the model cannot be run
        """
        ...

    def score(self, sequences: Sequence[tuple[int, ...]]) -> PendingScores:
        """Begin to compute how likely token sequences are, each in one pass.

        A generation may be started meanwhile. What cannot be scored is never an error: nothing
        depends on a score.
        """
        ...
