"""Which one of k samples to show: the question of the Codex paper's figure 7, as pure functions.

A chooser that gives every sample a score of its own picks the best of k samples drawn without
putting back. The chance that it picks the sample at place ``i`` (from 0) of ``n`` in its order is
``C(n - 1 - i, k - 1) / C(n, k)``, so the share of picks that pass is an exact sum. Consensus scores
a sample by the others that were drawn, so there draws are made, with a seed.
"""

from __future__ import annotations

import ast
import functools
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from codex_lsp.evals.passk import pass_at_k
from codex_lsp.evals.samples import Checked
from codex_lsp.evals.scores import Scores, covers, key_of

Score = Callable[[Checked], float]
Chooser = Callable[[Sequence[Checked], int], float]
"""The chance that the sample picked of k passes, given all samples of one problem."""

CONSENSUS_DRAWS = 200


def mean_logprob(item: Checked) -> float:
    """Return what the editor ranks by; a sample without tokens is last."""
    mean = item.sample.mean_logprob
    return float("-inf") if mean is None else mean


def total_logprob(item: Checked) -> float:
    """Return the sum, which punishes length; a sample without tokens is last."""
    return item.sample.total_logprob if item.sample.tokens else float("-inf")


def choose_by(score: Score) -> Chooser:
    """Return the chooser that takes the highest score."""

    def chance(samples: Sequence[Checked], k: int) -> float:
        return chance_of_best([(score(item), item.passed) for item in samples], k)

    return chance


def chance_of_best(scored: Sequence[tuple[float, bool]], k: int) -> float:
    """Return the chance that the best of ``k`` of these samples passes.

    Among equal scores each is as likely to be picked. With fewer than ``k`` samples all are drawn,
    with none there is nothing to show.

    >>> chance_of_best([(-1.0, True), (-2.0, False)], 1)
    0.5
    >>> chance_of_best([(-1.0, True), (-2.0, False)], 2)
    1.0
    """
    count = len(scored)
    k = min(k, count)
    if k == 0:
        return 0.0
    ordered = sorted(scored, key=lambda pair: pair[0], reverse=True)
    chance, weight, place = 0.0, k / count, 0
    for _, equals in groupby(ordered, key=lambda pair: pair[0]):
        passed = [outcome for _, outcome in equals]
        drawn = 0.0
        for _ in passed:
            drawn += weight
            # C(n - 2 - i, k - 1) from C(n - 1 - i, k - 1), without a large binomial.
            if place < count - 1:
                weight *= max(0, count - place - k) / (count - 1 - place)
            place += 1
        chance += drawn * sum(passed) / len(passed)
    return chance


def choose_randomly(samples: Sequence[Checked], k: int) -> float:
    """Return the share of samples that pass: any of them is picked."""
    return sum(item.passed for item in samples) / len(samples) if samples else 0.0


def choose_with_tests(samples: Sequence[Checked], k: int) -> float:
    """Return pass@k: the oracle picks one that passes, if there is one."""
    if not samples:
        return 0.0
    return pass_at_k(len(samples), sum(item.passed for item in samples), min(k, len(samples)))


def choose_by_consensus(samples: Sequence[Checked], k: int) -> float:
    """Return how often the program that most of k samples agree on passes.

    Programs agree when their syntax trees do; among equally many the likelier is picked.
    """
    k = min(k, len(samples))
    if k == 0:
        return 0.0
    shapes = [_shape(item.sample.completion) for item in samples]
    draws = random.Random(k)
    passed = 0
    for _ in range(CONSENSUS_DRAWS):
        drawn = draws.sample(range(len(samples)), k)
        votes = Counter(shapes[index] for index in drawn)
        best = max(drawn, key=lambda index: (votes[shapes[index]], mean_logprob(samples[index])))
        passed += samples[best].passed
    return passed / CONSENSUS_DRAWS


# A report asks for the same samples at every k.
@functools.lru_cache(maxsize=1 << 16)
def _shape(completion: str) -> str:
    """Return what two programs have to share to be the same: no comments, no blanks."""
    # A body is indented, a program is not.
    for text in (completion, "if 1:\n" + completion):
        try:
            return ast.dump(ast.parse(text.rstrip() + "\n"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return completion.strip()


def given(scores: Scores) -> Score:
    """Return a score that was computed beside the samples; what has none is last."""

    def score(item: Checked) -> float:
        found = scores.get(key_of(item.sample))
        if found is None or found.score is None or not item.sample.tokens:
            return float("-inf")
        return found.score

    return score


CHOOSERS: dict[str, Chooser] = {
    "oracle": choose_with_tests,
    "mean log-probability": choose_by(mean_logprob),
    "summed log-probability": choose_by(total_logprob),
    "consensus": choose_by_consensus,
    "random": choose_randomly,
}


SCORED = {"back-translation": "back-translation", "suffix-likelihood": "suffix likelihood"}
"""Kinds of scores that samples are chosen by, and what a report calls them."""


def choosers(checked: Sequence[Checked], scores: Mapping[str, Scores]) -> dict[str, Chooser]:
    """Return all ways to choose; by a score where every sample has been scored."""
    keys = [key_of(item.sample) for item in checked]
    found = dict(CHOOSERS)
    for kind, name in SCORED.items():
        if kind in scores and covers(scores[kind], keys):
            found[name] = choose_by(given(scores[kind]))
    return found


def is_finished(item: Checked) -> bool:
    """Say whether a sample came to an end, and does not go round in circles."""
    ended = item.sample.finish in ("stop", "end_of_text")
    return ended and not repeats(item.sample.completion)


def repeats(text: str, times: int = 3, longest: int = 4) -> bool:
    r"""Say whether a block of up to ``longest`` lines stands ``times`` times in a row.

    >>> repeats("a = 1\n" * 3)
    True
    >>> repeats("a = 1\nb = 2\na = 1\n")
    False
    """
    lines = [line for line in text.splitlines() if line.strip()]
    for size in range(1, longest + 1):
        equal = 0
        for line, before in zip(lines[size:], lines, strict=False):
            equal = equal + 1 if line == before else 0
            if equal >= size * (times - 1):
                return True
    return False
