"""What a calibration measures. Plain values; all times are in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

LINE_TOKENS = 10
"""A typical first line, in tokens, its end included.

The median of whole lines of Python's standard library with the default model's tokenizer. What is
left of a line at a random place in it is shorter (5), but best-of-n waits for its longest row.
"""

BUSY = 0.35
"""When others use more than this share of all cores, what is measured says little."""


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """How much one request asks of the engine.

    :ivar samples: rows decoded at once
    :ivar prefix_tokens: tokens of the prompt that are kept from the request before
    """

    samples: int
    prefix_tokens: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the engine is at one size.

    :ivar first_ms: from the request to the first token, with the prompt's beginning kept
    :ivar step_ms: each further token of all rows
    """

    first_ms: float
    step_ms: float

    @property
    def line_ms(self) -> float:
        """The expected time to a first line: :data:`LINE_TOKENS` tokens."""
        return self.first_ms + (LINE_TOKENS - 1) * self.step_ms


@dataclass(frozen=True, slots=True)
class SizePace:
    """A pace, and the size it was measured at."""

    size: Size
    pace: Pace


@dataclass(frozen=True, slots=True)
class ThreadsPace:
    """A pace at one size for all, and the threads it was measured with."""

    threads: int
    pace: Pace


@dataclass(frozen=True, slots=True)
class Measured:
    """One calibration.

    :ivar by_threads: the paces that the number of threads is chosen by
    :ivar by_size: the paces with those threads, small sizes first; sizes out of reach are missing
    :ivar cold_ms_per_token: reading a prompt of which nothing is kept
    :ivar device: what it was measured on, ``cpu`` or ``cuda``
    :ivar compute_type: the CTranslate2 type that was computed with
    :ivar busy: how much of all cores others used at the beginning, 0 to 1
    :ivar seconds: how long the calibration took
    """

    by_threads: tuple[ThreadsPace, ...]
    by_size: tuple[SizePace, ...]
    cold_ms_per_token: float
    device: str
    compute_type: str
    busy: float = 0.0
    seconds: float = 0.0
