"""Confidence intervals by the percentile bootstrap (Efron 1979) over problems."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the interval it lies in at the confidence level that was asked for."""

    mean: float
    low: float
    high: float


def mean_interval(
    values: Sequence[float], seed: int = 0, resamples: int = 2000, level: float = 0.95
) -> Interval:
    """Return the mean of ``values`` and its percentile bootstrap interval.

    The problems are what is drawn anew: the interval says how far the figure would move with other
    problems of the same kind. It does not hold the variance between two runs on these problems.

    :raises ValueError: there are no values, or the level is not between 0 and 1
    """
    if not values:
        raise ValueError("there is nothing to take the mean of")
    if not 0.0 < level < 1.0:
        raise ValueError(f"a confidence level of {level} is not between 0 and 1")
    count = len(values)
    mean = sum(values) / count
    random_source = random.Random(seed)
    means = sorted(sum(random_source.choices(values, k=count)) / count for _ in range(resamples))
    tail = (1.0 - level) / 2.0
    return Interval(mean, _quantile(means, tail), _quantile(means, 1.0 - tail))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return the quantile between the two nearest values, weighted by how near they are."""
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
