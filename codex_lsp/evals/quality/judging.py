"""What a completion is worth at a hole whose text is known. None of it uses the pipeline's code.

:func:`repeats_suffix` is written anew on purpose: the filters are to be checked, not asked.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from codex_lsp.evals.quality.grammars import syntax_errors
from codex_lsp.evals.quality.holes import Hole

_CLOSERS = {")": "(", "]": "[", "}": "{"}
_LEAST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an inserted text is worth.

    :ivar exact: the cursor's line is the file's own
    :ivar all_exact: all of the missing text is there, and nothing else
    :ivar similarity: of the inserted text to the missing one: 1 minus the Levenshtein distance over
        the longer length
    :ivar breaks: the file has more syntax errors with it than it had before the hole was cut, and
        than it has with the hole
    :ivar repeats: it says once more what stands right of the cursor or on the next line
    :ivar kept: the share of its words and signs that need not be deleted again on the way to the
        missing text (see :func:`kept_share`); None where it says nothing, or was not asked
    """

    exact: bool
    all_exact: bool
    similarity: float
    breaks: bool
    repeats: bool
    kept: float | None = None


class Judge:
    """Judges completions of one hole; equal ones once.

    :raises UsageError: the extra ``eval`` is not installed
    """

    def __init__(self, hole: Hole) -> None:
        self._hole = hole
        self._known: dict[tuple[str, int], Judgement] = {}
        language = hole.file.language
        self._errors = max(
            syntax_errors(hole.file.text, language),
            syntax_errors(hole.before + hole.after, language),
        )

    def judge(self, text: str, replaces: int) -> Judgement:
        """Judge ``text`` put in, in the place of ``replaces`` characters right of the cursor."""
        key = text, replaces
        if key not in self._known:
            self._known[key] = self._judge(text, replaces)
        return self._known[key]

    def _judge(self, text: str, replaces: int) -> Judgement:
        hole = self._hole
        wanted = (hole.expected + hole.after[:replaces]).rstrip()
        whole = hole.before + text + hole.after[replaces:]
        return Judgement(
            exact=_line_at(whole, hole.start) == _line_at(hole.file.text, hole.start),
            all_exact=text.rstrip() == wanted,
            similarity=similarity(text.rstrip(), wanted),
            breaks=syntax_errors(whole, hole.file.language) > self._errors,
            repeats=repeats_suffix(hole.before, text, hole.after[replaces:])
            and not repeats_suffix(hole.before, hole.expected, hole.after),
            kept=kept_share(text, wanted),
        )


def similarity(left: str, right: str) -> float:
    """Return 1 for equal texts, 0 for texts without a common character in order.

    :raises UsageError: the extra ``eval`` is not installed
    """
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_similarity(left, right))


_WORD = re.compile(r"\w+|[^\w\s]")


def kept_share(text: str, wanted: str) -> float | None:
    """Return how much of ``text`` stands in ``wanted``, in the same order: 0 to 1.

    Counted in words and signs, by their longest common subsequence: a user who makes ``wanted`` of
    it has to delete the others. What is missing from it costs nothing. None where it has none.

    >>> kept_share("return a - b", "return a + b")
    0.75

    :raises UsageError: the extra ``eval`` is not installed
    """
    from rapidfuzz.distance import LCSseq

    shown = _WORD.findall(text)
    return LCSseq.similarity(shown, _WORD.findall(wanted)) / len(shown) if shown else None


def _line_at(text: str, offset: int) -> str:
    """Return the line that holds ``offset``, without blanks at its end."""
    begin = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return text[begin : len(text) if end < 0 else end].rstrip()


def repeats_suffix(before: str, text: str, after: str) -> bool:
    r"""Say whether ``text`` ends with what follows it: on the line, or as whole lines below.

    >>> repeats_suffix("print(", "a)", ")\n")
    True
    >>> repeats_suffix("print(", "f(a)", ")\n")
    False
    >>> repeats_suffix("", "a = 1\nb = 2", "\nb = 2\n")
    True
    """
    rest, _, below = after.partition("\n")
    line = before[before.rfind("\n") + 1 :] + text
    if _overlaps(text.rstrip(), rest.strip(), before, line):
        return True
    next_line = next((item.strip() for item in below.split("\n") if item.strip()), "")
    if _letters(next_line) < _LEAST_LETTERS or rest.strip():
        return False
    return next_line in (item.strip() for item in line.split("\n"))


def _overlaps(text: str, rest: str, before: str, line: str) -> bool:
    """Say whether ``text`` ends as ``rest`` begins: with all of it, or closing once too often."""
    if not rest:
        return False
    if _letters(rest) >= _LEAST_LETTERS and text.endswith(rest):
        return True
    closes_again = text[-1:] in _CLOSERS and text[-1:] == rest[0]
    with_it = line.rstrip()[line.rfind("\n") + 1 :] + rest
    without = before[before.rfind("\n") + 1 :] + rest
    return closes_again and _surplus(with_it) > _surplus(without)


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


def _surplus(text: str) -> int:
    """Return how many brackets ``text`` closes that it never opened."""
    counts = Counter(text)
    return sum(max(0, counts[close] - counts[opens]) for close, opens in _CLOSERS.items())
