"""How likely a recalled line is the one that is being typed, by where it stands alone.

A logistic regression. Its weights are what ``codex-lsp bench recall --fit --seed 1 --lines 250``
prints for the unpacked wheels of dulwich 0.22.8, flask 3.1.0, httpx 0.28.1, networkx 3.4.2, rich
14.0.0, starlette 0.46.2, textual 3.2.0 and werkzeug 3.1.3. ``codex-lsp bench recall`` says how well
they tell right from wrong in other packages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Evidence:
    """What speaks for a text.

    :ivar here: how often it occurs in the document itself
    :ivar elsewhere: how often it occurs in the project's other files
    :ivar distance: how many lines away it is in the document; 0 when it is not in it
    :ivar follows: how often it was seen below the line that stands above the cursor
    :ivar follows_two: how often the line above that one was the same as well
    :ivar same_indent: it was seen indented like the cursor's line
    """

    here: int = 0
    elsewhere: int = 0
    distance: int = 0
    follows: int = 0
    follows_two: int = 0
    same_indent: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """What a text competes with.

    :ivar texts: how many different texts begin with what was typed
    :ivar following: how many lines were seen below the line that stands above the cursor, and
        begin with what was typed
    :ivar typed: how many characters were typed
    """

    texts: int
    following: int
    typed: int


MAX_TEXTS = 400
"""More texts than these are not told apart: they are as good as none."""

FEATURES = (
    "one",
    "follows two",
    "share of what follows",
    "here",
    "log occurrences",
    "same indent",
    "next to the cursor",
    "log texts",
    "typed",
    "log typed",
    "log rest",
)
NEXT_LINES = 3


def features(evidence: Evidence, field: Field, rest: str) -> tuple[float, ...]:
    """Return the numbers that the regression weighs, in the order of :data:`FEATURES`.

    :param rest: what would be inserted
    """
    return (
        1.0,
        float(evidence.follows_two > 0),
        evidence.follows / max(field.following, 1),
        float(evidence.here > 0),
        math.log(max(evidence.here + evidence.elsewhere, 1)),
        float(evidence.same_indent),
        float(evidence.here > 0 and evidence.distance <= NEXT_LINES),
        math.log(max(1, min(field.texts, MAX_TEXTS))),
        min(field.typed, 40) / 10,
        math.log(1 + field.typed),
        math.log(max(len(rest), 1)),
    )


WEIGHTS = (-2.77, 1.94, 3.39, 0.94, 0.58, 0.92, -1.07, -0.61, -0.66, 0.96, -0.62)


def probability(evidence: Evidence, field: Field, rest: str) -> float:
    """Return how likely ``rest`` is all that will be typed on this line, between 0 and 1."""
    weighed = sum(
        weight * value
        for weight, value in zip(WEIGHTS, features(evidence, field, rest), strict=True)
    )
    return 1.0 / (1.0 + math.exp(-weighed))
