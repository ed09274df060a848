"""How likely a candidate is to be what the user wants: one scale for sampled and recalled lines.

The score of a sample cannot be compared with that of a recalled line. A winner of n samples was
selected for its score, and short, common text wins; so its mean log-probability is nearly always
the higher one, and says little. Both are therefore mapped to the probability that the line is
exactly right, by logistic regressions over 150 places in eight Python packages (flask, httpx,
starlette, werkzeug, dulwich, rich, textual, networkx). Few samples are right there, so the
constants are rough. ``codex-lsp bench recall --compete --fit`` fits them to other places.
"""

from __future__ import annotations

import math

_SAMPLED = (-1.5, 3.35, 0.32)
"""Constant; per nat of the winner's mean log-probability; per log of the characters typed."""
_RECALLED = (1.13, 0.49, 0.69)
"""Constant; per logit of the prior probability; per nat of the line's mean log-probability."""
_EDGE = 1e-6


def sampled_confidence(mean_logprob: float, typed: int) -> float:
    """Return how likely a sampled line is to be right (0 to 1).

    :param typed: how many characters stand between the line's indentation and the cursor
    """
    constant, per_nat, per_log = _SAMPLED
    return _sigmoid(constant + per_nat * mean_logprob + per_log * math.log1p(typed))


def recalled_confidence(prior: float, mean_logprob: float) -> float:
    """Return how likely a recalled line is to be right (0 to 1).

    :param prior: how likely by where and how it was found
    :param mean_logprob: the model's, in nats a token; NaN when it was not asked
    """
    if math.isnan(mean_logprob):
        return prior
    constant, per_logit, per_nat = _RECALLED
    bounded = min(max(prior, _EDGE), 1 - _EDGE)
    logit = math.log(bounded / (1 - bounded))
    return _sigmoid(constant + per_logit * logit + per_nat * mean_logprob)


def _sigmoid(value: float) -> float:
    # For a large negative value exp(-value) would overflow.
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0
