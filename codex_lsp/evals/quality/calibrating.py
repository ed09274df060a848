"""Whether the confidence that goes to the editor is a probability, and what would make it one.

The sample with the best mean log-probability stands for its hole, right or wrong. The files are
split into two halves: constants are fitted on one and judged on the other.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from codex_lsp.bench.recall import Array, logistic
from codex_lsp.evals.quality.attempts import Outcome
from codex_lsp.evals.quality.policies import POLICIES, agreement, passing
from codex_lsp.ranking.confidence import sampled_confidence

TARGETS = {"confident": 0.6, "balanced": 0.4}
"""How many of the lines that a profile shows are to be right; ``eager`` shows all."""
_BINS = 10
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Winner:
    """A hole's best sample.

    :ivar mean_logprob: of its first line, in nats a token
    :ivar typed: characters between the line's indentation and the cursor
    :ivar agreement: the share of the samples that say the same line
    :ivar right: it is the file's own line
    """

    file: str
    mean_logprob: float
    typed: int
    agreement: float
    right: bool

    @property
    def fits(self) -> bool:
        """Whether its file is of the half that constants are fitted on."""
        return hashlib.sha256(self.file.encode()).digest()[0] % 2 == 0


def winners(outcomes: Sequence[Outcome]) -> list[Winner]:
    """Return the best sample of each hole that has one."""
    choose = POLICIES["best of 4: mean log-probability"]
    found = []
    for item in outcomes:
        ((_, row),) = choose(item)
        if row.text is None:
            continue
        share = agreement(row, passing(item)) / len(item.rows)
        file = item.hole.split(":", 1)[0]
        found.append(Winner(file, row.mean_logprob, item.typed, share, row.exact))
    return found


@dataclass(frozen=True, slots=True)
class Form:
    """A way to compute a confidence.

    :ivar features: what is weighed, the constant first
    """

    name: str
    features: Callable[[Winner], list[float]]

    def fit(self, items: Sequence[Winner]) -> Array:
        """Return the weights that fit best."""
        rows = np.array([self.features(item) for item in items])
        return logistic(rows, np.array([item.right for item in items]))

    def predict(self, items: Sequence[Winner], weights: Array) -> list[float]:
        """Return the probability of each to be right."""
        rows = np.array([self.features(item) for item in items])
        return [float(value) for value in 1 / (1 + np.exp(-rows @ weights))]


def _usual(item: Winner) -> list[float]:
    return [1.0, item.mean_logprob, math.log1p(item.typed)]


def _agreeing(item: Winner) -> list[float]:
    return [*_usual(item), item.agreement]


# The weights are of the constant, the mean log-probability, the log of 1 + typed, and the share of
# the samples that agree.
FORMS = (
    Form("refitted", _usual),
    Form("refitted with agreement", _agreeing),
)


@dataclass(frozen=True, slots=True)
class Fitness:
    """How good probabilities are: both smaller is better.

    :ivar brier: the mean squared difference to what came true
    :ivar log_loss: the mean negative log of the probability of what came true, in nats
    """

    brier: float
    log_loss: float


def fitness(probabilities: Sequence[float], right: Sequence[bool]) -> Fitness:
    """Judge probabilities by what came true.

    :raises ValueError: there are none
    """
    if not right:
        raise ValueError("there is nothing to judge")
    p = np.clip(np.asarray(probabilities, dtype=np.float64), _LEAST, 1 - _LEAST)
    y = np.asarray(right, dtype=np.float64)
    losses = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return Fitness(float(np.mean((p - y) ** 2)), float(np.mean(losses)))


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A confidence, judged on the half that it was not fitted on.

    :ivar weights: fitted on the other half; empty for what was not fitted
    :ivar predicted: for each of the judged winners
    """

    name: str
    weights: tuple[float, ...]
    predicted: tuple[float, ...]
    right: tuple[bool, ...]

    @property
    def fitness(self) -> Fitness:
        """How good it is."""
        return fitness(self.predicted, self.right)


def calibrate(items: Sequence[Winner]) -> list[Calibrated]:
    """Fit every form on one half of the files and judge it on the other.

    The first two are what nothing is fitted for: the share of right ones as everyone's probability,
    and the constants in use.

    :raises ValueError: one of the halves is empty
    """
    fitted = [item for item in items if item.fits]
    judged = [item for item in items if not item.fits]
    if not fitted or not judged:
        raise ValueError("both halves of the files need holes; there are too few")
    right = tuple(item.right for item in judged)
    share = sum(item.right for item in fitted) / len(fitted)
    used = [sampled_confidence(item.mean_logprob, item.typed) for item in judged]
    found = [
        Calibrated("the same probability for all", (share,), (share,) * len(judged), right),
        Calibrated("constants in use", (), tuple(used), right),
    ]
    for form in FORMS:
        weights = form.fit(fitted)
        predicted = tuple(form.predict(judged, weights))
        found.append(Calibrated(form.name, tuple(map(float, weights)), predicted, right))
    return found


@dataclass(frozen=True, slots=True)
class Reliability:
    """The winners whose probability lies in one bin.

    :ivar expected: their mean probability
    :ivar observed: the share of them that is right
    """

    low: float
    high: float
    count: int
    expected: float
    observed: float


def reliability(probabilities: Sequence[float], right: Sequence[bool]) -> list[Reliability]:
    """Return the reliability diagram in ten bins of equal width, empty ones left out."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for p, outcome in zip(probabilities, right, strict=True):
        bins.setdefault(min(_BINS - 1, int(p * _BINS)), []).append((p, outcome))
    return [
        Reliability(
            number / _BINS,
            (number + 1) / _BINS,
            len(found),
            sum(p for p, _ in found) / len(found),
            sum(outcome for _, outcome in found) / len(found),
        )
        for number, found in sorted(bins.items())
    ]


@dataclass(frozen=True, slots=True)
class Threshold:
    """What is shown from a confidence on.

    :ivar shown: the share of winners that is
    :ivar right: the share of those that is right
    """

    least: float
    shown: float
    right: float


def threshold(
    probabilities: Sequence[float], right: Sequence[bool], target: float
) -> Threshold | None:
    """Return the lowest confidence from which on ``target`` of the shown are right, if any."""
    pairs = sorted(zip(probabilities, right, strict=True), reverse=True)
    best, hits = None, 0
    for count, (p, outcome) in enumerate(pairs, start=1):
        hits += outcome
        last_of_equals = count == len(pairs) or pairs[count][0] < p
        if last_of_equals and hits / count >= target:
            best = Threshold(p, count / len(pairs), hits / count)
    return best
