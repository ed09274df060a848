"""How sure a candidate has to be to be shown without being asked for."""

from __future__ import annotations

import types
from collections.abc import Mapping

from codex_lsp.options import Profile
from codex_lsp.types import Rejection, RejectionReason

THRESHOLDS: Mapping[Profile, float] = types.MappingProxyType(
    {"confident": 0.3, "balanced": 0.05, "eager": 0.0}
)
"""The least confidence by profile: how likely the line is to be exactly right (0 to 1), on the
scale of :mod:`codex_lsp.ranking.confidence`. With the default model (`codex-lsp eval quality`):
from the first on, six in ten are right; from the second on, 98 of 100 right ones are shown."""


def too_unsure(confidence: float, profile: Profile) -> Rejection | None:
    """Return why a candidate is not shown; None where it is sure enough."""
    threshold = THRESHOLDS[profile]
    if confidence >= threshold:
        return None
    return Rejection(
        RejectionReason.LOW_CONFIDENCE,
        f"The best candidate is {100 * confidence:.1f} % likely to be right; "
        f"the profile {profile!r} shows candidates from {100 * threshold:g} % on.",
    )
