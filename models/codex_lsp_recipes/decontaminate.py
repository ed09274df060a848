"""Finds text that overlaps with an evaluation problem, by n-grams of words.

As for GPT-3 (Brown et al. 2020, appendix C) a document is contaminated if it shares a run of N
words with a problem; theirs are 13 words of prose. Problems here are short, and their solutions
shorter, so N is 10 and a whole file falls out for one match. Names and numerals are words,
punctuation is none, case does not count. What stays: a solution in other names, which no n-gram
finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

NGRAM_WORDS = 10

_WORD = re.compile(r"[A-Za-z]+|\d+")


class Decontaminator:
    """Knows every n-gram of the evaluation problems.

    :ivar ngrams: how many there are
    """

    def __init__(self, problems: Iterable[str]) -> None:
        """Read the problems; one shorter than an n-gram counts as a whole."""
        self._ngrams = {ngram for problem in problems for ngram in _ngrams(problem)}
        self.ngrams = len(self._ngrams)

    def overlaps(self, text: str) -> bool:
        """Say whether ``text`` shares an n-gram with a problem."""
        return any(ngram in self._ngrams for ngram in _ngrams(text))


def _ngrams(text: str) -> Iterator[tuple[str, ...]]:
    words = [word.lower() for word in _WORD.findall(text)]
    for start in range(len(words) - NGRAM_WORDS + 1):
        yield tuple(words[start : start + NGRAM_WORDS])
