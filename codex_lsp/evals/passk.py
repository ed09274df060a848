"""The unbiased estimate of pass@k (Chen et al. 2021, section 2.1 and figure 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """How many samples of one problem were drawn, and how many of them passed."""

    samples: int
    passed: int


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Return the chance that one of ``k`` samples passes, drawn without putting back.

    This is ``1 - C(samples - passed, k) / C(samples, k)``, as a product whose factors all lie
    between 0 and 1: the binomials of n = 200 do not fit a float, and ``1 - (1 - passed /
    samples)**k`` is biased.

    :raises ValueError: there are fewer samples than ``k``, or more passed than were drawn
    """
    if not 0 <= passed <= samples:
        raise ValueError(f"{passed} of {samples} samples cannot have passed")
    if not 1 <= k <= samples:
        raise ValueError(f"pass@{k} cannot be estimated from {samples} samples")
    failed = samples - passed
    if failed < k:
        return 1.0
    all_fail = 1.0
    for drawn in range(failed + 1, samples + 1):
        all_fail *= 1.0 - k / drawn
    return 1.0 - all_fail


def per_problem(counts: Iterable[Count], k: int) -> list[float]:
    """Return pass@k of each problem.

    :raises ValueError: a problem has fewer than ``k`` samples
    """
    return [pass_at_k(count.samples, count.passed, k) for count in counts]


def estimable(counts: Sequence[Count], ks: Iterable[int]) -> list[int]:
    """Return those of ``ks`` for which every problem has enough samples."""
    fewest = min((count.samples for count in counts), default=0)
    return sorted({k for k in ks if 1 <= k <= fewest})
