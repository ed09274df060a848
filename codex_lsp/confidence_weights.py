"""The weights of a model's confidence, as its description and its manifest hold them.

:mod:`codex_lsp.ranking.confidence` says what they weigh.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import tomli_w


@dataclass(frozen=True, slots=True)
class SampledWeights:
    """Weighs what a sampled line's confidence is made of: the constants of a logistic regression.

    :ivar mean_logprob: per nat of the mean log-probability of its tokens
    :ivar ended_logprob: per nat of the log-probability of all of it and of its end
    """

    constant: float
    mean_logprob: float
    ended_logprob: float

    def __post_init__(self) -> None:
        """Refuse what would make a line surer for being less likely."""
        _check(dataclasses.astuple(self))


@dataclass(frozen=True, slots=True)
class RecalledWeights:
    """The same for a recalled line.

    :ivar prior_logit: per logit of the probability that it was found with
    :ivar mean_logprob: per nat of the mean log-probability of its tokens
    """

    constant: float
    prior_logit: float
    mean_logprob: float

    def __post_init__(self) -> None:
        """Refuse what would make a line surer for being less likely."""
        _check(dataclasses.astuple(self))


def _check(weights: tuple[float, ...]) -> None:
    _, *slopes = weights
    if not all(map(math.isfinite, weights)) or min(slopes) < 0:
        raise ValueError(f"the weights {weights} are not finite, or one but the first is negative")


@dataclass(frozen=True, slots=True)
class ConfidenceWeights:
    """What makes probabilities of a model's scores; fitted to the model, on real code."""

    sampled: SampledWeights
    recalled: RecalledWeights

    @classmethod
    def of_table(cls, table: Mapping[str, Mapping[str, float]]) -> ConfidenceWeights:
        """Read the table ``confidence`` of a description or a manifest.

        :raises KeyError, TypeError, ValueError: a weight is missing, unknown or no finite number
        """
        sampled, recalled = (
            {name: float(value) for name, value in table[part].items()}
            for part in ("sampled", "recalled")
        )
        return cls(SampledWeights(**sampled), RecalledWeights(**recalled))


def weights_table(parts: Mapping[str, SampledWeights | RecalledWeights]) -> str:
    """Return the TOML of ``confidence`` or of a part of it, to be put into a manifest."""
    rounded = {
        name: {key: round(value, 3) for key, value in dataclasses.asdict(weights).items()}
        for name, weights in parts.items()
    }
    return tomli_w.dumps({"confidence": rounded})
