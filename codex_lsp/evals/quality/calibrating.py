"""Whether the confidence that goes to the editor is a probability, and what would make it one.

What the editor shows at a hole is right or wrong. The files are split into two halves: weights that
are fitted to one are judged on the other, and the other way round, so that every hole is judged by
weights that have not seen its file.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codex_lsp.bench.recall import Array, logistic
from codex_lsp.confidence_weights import SampledWeights
from codex_lsp.evals.quality.attempts import Outcome

WANTED_RIGHT = 0.6
"""How many of the lines that the profile ``confident`` shows are to be right."""
WANTED_KEPT = 0.98
"""How many of the right lines the profile ``balanced`` is to show."""
_BINS = 10
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Winner:
    """What the editor shows at a hole.

    :ivar confidence: how likely it was said to be right
    :ivar right: it is the file's own line
    """

    file: str
    features: tuple[float, ...]
    confidence: float
    right: bool

    @property
    def half(self) -> int:
        """Which half its file belongs to, 0 or 1."""
        return hashlib.sha256(self.file.encode()).digest()[0] % 2


def winners(outcomes: Sequence[Outcome]) -> list[Winner]:
    """Return what is shown at each hole where something is."""
    return [
        Winner(
            item.hole.split(":", 1)[0], _features(item), item.editor.confidence, item.editor.exact
        )
        for item in outcomes
        if item.editor.text is not None
    ]


def _features(item: Outcome) -> tuple[float, ...]:
    """Return 1, what a confidence is made of, and what else could tell right from wrong.

    The share of the samples that agree is Laplace's rule of succession: of one sample alone it says
    neither that all agree nor that none does.
    """
    shown = item.editor
    share = (shown.agreement + 1) / (shown.samples + 2)
    return 1.0, shown.mean_logprob, shown.ended_logprob, math.log1p(item.typed), share


@dataclass(frozen=True, slots=True)
class Form:
    """A way to compute a confidence.

    :ivar columns: which of the features are weighed, the constant first
    """

    name: str
    columns: tuple[int, ...]

    def fit(self, items: Sequence[Winner]) -> Array:
        """Return the weights that fit best, of these columns."""
        return logistic(self._rows(items), np.array([item.right for item in items]))

    def predict(self, items: Sequence[Winner], weights: Array) -> list[float]:
        """Return the probability of each to be right."""
        return [float(value) for value in 1 / (1 + np.exp(-self._rows(items) @ weights))]

    def _rows(self, items: Sequence[Winner]) -> Array:
        return np.array([[item.features[column] for column in self.columns] for item in items])


IN_USE = Form("refitted", (0, 1, 2))
FORMS = (
    Form("refitted: the mean and what is typed", (0, 1, 3)),
    Form("refitted: all of these", (0, 1, 2, 3, 4)),
    IN_USE,
)


def fit_sampled(items: Sequence[Winner]) -> SampledWeights:
    """Return the weights fitted to all of ``items``.

    :raises ValueError: a line comes out the surer the less likely it is: there are too few
    """
    return SampledWeights(*map(float, IN_USE.fit(items)))


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
    """A confidence, and what came true.

    :ivar predicted: for each of the winners, in the order of ``right``
    """

    name: str
    predicted: tuple[float, ...]
    right: tuple[bool, ...]

    @property
    def fitness(self) -> Fitness:
        """How good it is."""
        return fitness(self.predicted, self.right)


def in_use(items: Sequence[Winner], name: str) -> Calibrated:
    """Return the confidence that went to the editor.

    :raises ValueError: there are none
    """
    if not items:
        raise ValueError("there is nothing to judge")
    return Calibrated(
        name, tuple(item.confidence for item in items), tuple(item.right for item in items)
    )


def calibrate(items: Sequence[Winner]) -> list[Calibrated]:
    """Fit every form to each half of the files and judge it on the other.

    The first is what nothing is fitted for: the share of right ones as everyone's probability.

    :raises ValueError: one of the halves is empty
    """
    halves = [[item for item in items if item.half == half] for half in (0, 1)]
    if not all(halves):
        raise ValueError("both halves of the files need holes; there are too few")
    pairs = [(halves[0], halves[1]), (halves[1], halves[0])]
    right = tuple(item.right for _, judged in pairs for item in judged)
    shares = tuple(
        sum(item.right for item in fitted) / len(fitted) for fitted, judged in pairs for _ in judged
    )
    found = [Calibrated("the same probability for all", shares, right)]
    for form in FORMS:
        predicted = [p for fitted, judged in pairs for p in form.predict(judged, form.fit(fitted))]
        found.append(Calibrated(form.name, tuple(predicted), right))
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
    :ivar kept: the share of the right ones that is shown
    """

    least: float
    shown: float
    right: float
    kept: float


def thresholds(probabilities: Sequence[float], right: Sequence[bool]) -> list[Threshold]:
    """Return what every confidence that occurs would show, the highest first."""
    pairs = sorted(zip(probabilities, right, strict=True), reverse=True)
    found, hits, all_hits = [], 0, max(1, sum(right))
    for count, (p, outcome) in enumerate(pairs, start=1):
        hits += outcome
        last_of_equals = count == len(pairs) or pairs[count][0] < p
        if last_of_equals:
            found.append(Threshold(p, count / len(pairs), hits / count, hits / all_hits))
    return found


def threshold_for_right(found: Sequence[Threshold], share: float) -> Threshold | None:
    """Return the lowest confidence from which on ``share`` of the shown are right, if any."""
    return next((item for item in reversed(found) if item.right >= share), None)


def threshold_for_kept(found: Sequence[Threshold], share: float) -> Threshold | None:
    """Return the highest confidence from which on ``share`` of the right ones are shown."""
    return next((item for item in found if item.kept >= share), None)
