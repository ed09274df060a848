"""Confidence intervals by the percentile bootstrap (Efron 1979) over problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


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
    array = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(array), (resamples, len(array)))
    means = array[drawn].mean(axis=1)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(float(array.mean()), float(low), float(high))
