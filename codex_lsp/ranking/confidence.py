"""How likely a candidate is to be what the user wants: one scale for sampled and recalled lines.

The score of a sample cannot be compared with that of a recalled line. A winner of n samples was
selected for its score, and short, common text wins; so its mean log-probability is nearly always
the higher one, and says little. Both are therefore mapped to the probability that the line is
exactly right, by logistic regressions whose weights come with the model.

``codex-lsp eval calibrate`` fits those of sampled lines, to holes in code of five languages, and
says how good they are; ``codex-lsp bench recall --compete --fit`` fits those of recalled lines.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import astuple

from codex_lsp.confidence_weights import ConfidenceWeights, RecalledWeights, SampledWeights
from codex_lsp.types import Candidate

FALLBACK = ConfidenceWeights(
    SampledWeights(constant=1.521, mean_logprob=2.076, ended_logprob=0.883),
    RecalledWeights(constant=0.945, prior_logit=0.827, mean_logprob=0.384),
)
"""The weights for a model that brings none: those of ``smollm2-135m-instruct``. They were not
fitted to that model, but what they weigh most is the probability that the model itself gives to the
line, so a better model comes out surer where it has reason to be."""
_EDGE = 1e-6


def sampled_confidence(candidate: Candidate, weights: SampledWeights) -> float:
    """Return how likely a sampled line is to be right (0 to 1).

    How much is typed, and how many samples agree, say nothing more: fitted to the same holes with
    them, the probabilities are no better (`codex-lsp eval calibrate` shows both).
    """
    if not candidate.tokens:
        return 0.0
    return _probability((1.0, candidate.mean_logprob, candidate.ended_logprob), astuple(weights))


def recalled_confidence(prior: float, mean_logprob: float, weights: RecalledWeights) -> float:
    """Return how likely a recalled line is to be right (0 to 1).

    :param prior: how likely by where and how it was found
    :param mean_logprob: the model's, in nats a token; NaN when it was not asked
    """
    if math.isnan(mean_logprob):
        return prior
    return _probability(recalled_features(prior, mean_logprob), astuple(weights))


def recalled_features(prior: float, mean_logprob: float) -> tuple[float, ...]:
    """Return what is weighed of a recalled line, as :class:`RecalledWeights` has it."""
    bounded = min(max(prior, _EDGE), 1 - _EDGE)
    return 1.0, math.log(bounded / (1 - bounded)), mean_logprob


def _probability(features: Sequence[float], weights: Sequence[float]) -> float:
    value = math.fsum(map(operator.mul, features, weights))
    # For a large negative value exp(-value) would overflow.
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0
