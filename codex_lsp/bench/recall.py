"""How often recalled lines are right: lines of real packages, typed again from left to right.

At each of some lines, the file is known up to it and the package's other files are known whole. The
line is typed up to a number of characters, and what is recalled is compared with the rest of it.
Nothing of this runs a model.
"""

from __future__ import annotations

import ast
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codex_lsp.bench.tables import Table, ms, percent
from codex_lsp.context.secrets import looks_secret
from codex_lsp.recall.find import Cursor, gather
from codex_lsp.recall.index import LineIndex
from codex_lsp.recall.lines import source_lines
from codex_lsp.recall.prior import FEATURES, WEIGHTS, features

TYPED = (0, 1, 2, 3, 5, 8, 12, 16)
"""How many characters of a line are typed, its indentation not counted."""
FLOORS = (0.05, 0.1, 0.3, 0.5, 0.7)
BEGINNING_CHARS = 10
"""A candidate that begins with this many right characters saves keys as well."""
_LINES_A_FILE = 30
_LINES_ABOVE = 10
_RIDGE = 1.0
_NEWTON_STEPS = 40

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """One line, typed so far.

    :ivar typed: how many characters
    :ivar features: of each candidate; shape (candidates, ``len(FEATURES)``)
    :ivar right: which candidates are all of the rest
    :ivar begins_right: which are, or begin with the right characters
    """

    package: str
    typed: int
    features: Array
    right: npt.NDArray[np.bool_]
    begins_right: npt.NDArray[np.bool_]
    lookup_ms: float


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A line, typed so far.

    :ivar text: the file up to the cursor
    :ivar typed: how many of the line's characters that is, its indentation not counted
    :ivar rest: what is still to be typed of the line
    :ivar index: the lines of the package's other files, as long as this is being looked at
    """

    text: str
    typed: int
    rest: str
    index: LineIndex

    def is_right(self, candidate: str) -> bool:
        """Say whether a candidate is all of the rest."""
        return candidate == self.rest

    def begins_right(self, candidate: str) -> bool:
        """Say whether it is all of the rest, or enough right characters in front of wrong ones."""
        long = min(len(candidate), len(self.rest)) >= BEGINNING_CHARS
        begins = candidate[:BEGINNING_CHARS] == self.rest[:BEGINNING_CHARS]
        return candidate == self.rest or (long and begins)


def type_lines(files: Mapping[str, str], lines: int, seed: int) -> Iterator[TypedLine]:
    """Type random lines of code of a package's Python files.

    :param files: the text of each file by its name
    """
    index = LineIndex()
    rows = choose_rows(files, lines, random.Random(seed))
    for number, text in enumerate(files.values()):
        index.extend(number, source_lines(text.split("\n"), looks_secret))
    for number, (name, text) in enumerate(files.items()):
        if name not in rows:
            continue
        # What is typed must not find itself in the index.
        while index.shrink(number, len(text)):
            pass
        all_lines = text.split("\n")
        for row in rows[name]:
            yield from _type(all_lines, row, index)
        index.extend(number, source_lines(all_lines, looks_secret))


def sample(package: str, files: Mapping[str, str], lines: int, seed: int) -> Iterator[Sample]:
    """Look lines up while they are typed; see :func:`type_lines`."""
    for line in type_lines(files, lines, seed):
        started = time.perf_counter()
        found, field = gather(Cursor.at(line.text, len(line.text)), line.index)
        took = (time.perf_counter() - started) * 1000
        weighed = [features(evidence, field, candidate) for candidate, evidence in found]
        yield Sample(
            package,
            line.typed,
            np.array(weighed).reshape(-1, len(FEATURES)),
            np.array([line.is_right(candidate) for candidate, _ in found], dtype=bool),
            np.array([line.begins_right(candidate) for candidate, _ in found], dtype=bool),
            took,
        )


def choose_rows(files: Mapping[str, str], lines: int, rng: random.Random) -> dict[str, list[int]]:
    """Return random rows of code to type, in order, by file."""
    places = [
        (name, row)
        for name in sorted(files)
        for row in sorted(_code_rows(files[name]))
        if row >= _LINES_ABOVE
    ]
    rng.shuffle(places)
    chosen: dict[str, list[int]] = defaultdict(list)
    for name, row in places:
        if sum(map(len, chosen.values())) == lines:
            break
        if len(chosen[name]) < _LINES_A_FILE:
            chosen[name].append(row)
    return {name: rows for name, rows in chosen.items() if rows}


def _code_rows(text: str) -> set[int]:
    """Return the rows on which an expression or a statement begins, docstrings left out."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    rows = {
        node.lineno - 1
        for node in ast.walk(tree)
        if isinstance(node, (ast.expr, ast.stmt)) and not _is_text(node)
    }
    all_lines = text.split("\n")
    return {row for row in rows if row < len(all_lines) and all_lines[row].strip()}


def _is_text(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Expr) else node
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _type(lines: Sequence[str], row: int, index: LineIndex) -> Iterator[TypedLine]:
    line = lines[row].strip()
    indent = lines[row][: len(lines[row]) - len(lines[row].lstrip())]
    above = "".join(text + "\n" for text in lines[:row]) + indent
    for typed in TYPED:
        if typed < len(line):
            yield TypedLine(above + line[:typed], typed, line[typed:], index)


def logistic(x: Array, y: npt.NDArray[np.bool_]) -> Array:
    """Fit a logistic regression by Newton's method; return the weights of the columns of ``x``."""
    weights = np.zeros(x.shape[1])
    ridge = _RIDGE * np.eye(x.shape[1])
    for _ in range(_NEWTON_STEPS):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (y - p) - _RIDGE * weights
        weights = weights + np.linalg.solve((x.T * (p * (1 - p))) @ x + ridge, gradient)
    return weights


def fit(samples: Sequence[Sample]) -> Array:
    """Fit the weights of :mod:`codex_lsp.recall.prior`."""
    return logistic(
        np.concatenate([item.features for item in samples]),
        np.concatenate([item.right for item in samples]),
    )


@dataclass(frozen=True, slots=True)
class _Best:
    typed: int
    probability: float
    right: bool
    begins_right: bool


def tables(samples: Sequence[Sample]) -> list[Table]:
    """Return how often the likeliest recalled line is right, and how well that is foreseen."""
    weights = np.array(WEIGHTS)
    best = [_best(item, weights) for item in samples]
    return [_by_typed(best), _reliability(best), _lookups(samples)]


def _best(item: Sample, weights: Array) -> _Best:
    if not len(item.right):
        return _Best(item.typed, 0.0, False, False)
    p = 1 / (1 + np.exp(-item.features @ weights))
    first = int(np.argmax(p))
    return _Best(
        item.typed, float(p[first]), bool(item.right[first]), bool(item.begins_right[first])
    )


def _share(items: Sequence[_Best], holds: Callable[[_Best], bool]) -> float:
    return sum(map(holds, items)) / len(items) if items else float("nan")


def _by_typed(best: Sequence[_Best]) -> Table:
    rows = []
    for typed in TYPED:
        here = [item for item in best if item.typed == typed]
        cells = [str(typed), str(len(here))]
        for floor in FLOORS:
            shown = [item for item in here if item.probability >= floor]
            right = _share(shown, lambda item: item.right)
            begins = _share(shown, lambda item: item.begins_right)
            share = len(shown) / len(here) if here else float("nan")
            cells.append(" / ".join(f"{100 * value:.0f}" for value in (share, right, begins)))
        rows.append(tuple(cells))
    return Table(
        "recall",
        "Recalled lines",
        ("typed", "lines", *(f"≥ {floor:g}" for floor in FLOORS)),
        tuple(rows),
        "By how many characters are typed and the lowest probability that is shown, in percent: "
        "lines that have a suggestion / suggestions that are all of the line / that are, or are "
        f"right for {BEGINNING_CHARS} characters.",
    )


def _reliability(best: Sequence[_Best]) -> Table:
    rows = []
    for tenth in range(10):
        low = tenth / 10
        here = [item for item in best if item.probability and int(item.probability * 10) == tenth]
        right = percent(_share(here, lambda item: item.right)) if here else "–"
        rows.append((f"{low:.1f} to {low + 0.1:.1f}", str(len(here)), right))
    return Table(
        "recall-reliability",
        "Is the probability one?",
        ("probability", "suggestions", "right, %"),
        tuple(rows),
    )


def _lookups(samples: Sequence[Sample]) -> Table:
    times = np.array([item.lookup_ms for item in samples])
    shown = [ms(float(np.percentile(times, share))) for share in (50, 95, 99)]
    return Table("recall-lookup", "A look-up, ms", ("", "p50", "p95", "p99"), (("all", *shown),))
