"""Cut where a sample begins to say the same over and over."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from codex_lsp.cycles import MIN_LETTERS, MIN_REPEATED, Cycle, cycle_at_end
from codex_lsp.postprocess.base import Draft, cut_before
from codex_lsp.types import Context, FinishReason, Rejection, RejectionReason

_REJECTION = Rejection(
    RejectionReason.REPETITION, "The model says the same over and over; there is nothing to show."
)
_WORDS = re.compile(r"[^\W\d_]+|\d\w*|_+|\n|[ \t]+|([^\w\s])\1*")
"""A rule of dashes is one word."""
_STUTTER = re.compile(
    r"(_[^\W\d_]{2,})\1{2,}|(?<![^\W_])([^\W\d_]{2,}_)\2{2,}"
    r"|(_[^\W\d_])\3{3,}|([A-Z][a-z]{2,})\4{2,}"
)
"""A name that has a part three times in a row, such as `size_bytes_bytes_bytes`, `TaskTaskTask`."""
_KEYED = re.compile(r"\s*(?:\w+\s+)*[\"']?[\w.-]+[\"']?\s*(?:=(?![=>])|:(?!:))")
"""A member of a record, or an argument with its name."""
_MIN_LINE_LETTERS = 4
"""Lines that say less, such as `}` and `fi`, stand below each other in any program."""
_CLOSING_WORDS = frozenset({"break", "continue", "done", "endif", "esac", "pass", "return", "else"})
_MAX_BLOCK = 6
"""The longest block of lines that is looked for, in lines."""


def trim_repetition(draft: Draft, context: Context) -> Draft | Rejection:
    """Keep the first time, cut the second.

    1. Words that repeat each other to the end of a line, or of the text: the line goes.
    2. A name that has a part three times in a row: its line goes.
    3. A line, or a block of lines, that repeats the one above it within the sample.
    4. The last line of what was ended for repeating itself, whatever it says.
    5. A line that stands three times in a row, each time deeper: a condition within itself.
    """
    lines = draft.text.split("\n")
    start = 0
    for number, line in enumerate(lines):
        if _rambles(line) or _stutters(line, context):
            return _cut(draft, start)
        if _nests(lines, number):
            return _cut(draft, sum(len(item) + 1 for item in lines[: number - 1]))
        size = _repeated_lines(lines, number)
        if size:
            # The lines end above this one, which is the last of the second time.
            second = sum(len(item) + 1 for item in lines[: number - size + 1])
            return _cut(draft, second)
        start += len(line) + 1
    end = _end_of_first_time(draft)
    if end is None and draft.candidate.finish_reason is FinishReason.REPETITION:
        end = len(draft.text.rstrip())
    return draft if end is None else _cut(draft, draft.text.rfind("\n", 0, end) + 1)


def _cut(draft: Draft, start: int) -> Draft | Rejection:
    """Cut at the beginning of a line: what is left is whole."""
    result = cut_before(draft, start, _REJECTION)
    return result if isinstance(result, Rejection) else result.ended()


def _end_of_first_time(draft: Draft) -> int | None:
    """Return where a text that ends with a cycle has said it once; None where it has none."""
    cycle = _cycle(draft.text)
    if cycle is not None:
        ends = [found.end() for found in _WORDS.finditer(draft.text)]
    elif draft.candidate.finish_reason is FinishReason.REPETITION:
        # Decoding was ended for it, in tokens, which may be shorter than words.
        texts = [token.text for token in draft.candidate.tokens]
        ends = list(itertools.accumulate(map(len, texts)))
        cycle = cycle_at_end(texts, lambda start, end: True)
    return None if cycle is None else ends[cycle.start + cycle.period - 1]


def _rambles(line: str) -> bool:
    """Say whether a line ends with a cycle, up to what closes its brackets and quotes."""
    return len(line) >= MIN_REPEATED and _cycle(line.rstrip(")]}>\"'`;,:. \t")) is not None


def _stutters(line: str, context: Context) -> bool:
    """Say whether a line holds a name that stutters and does not stand in the document."""
    return any(
        found.group() not in context.prefix and found.group() not in context.suffix
        for found in _STUTTER.finditer(line)
    )


def _cycle(text: str) -> Cycle | None:
    words = [found.group() for found in _WORDS.finditer(text)]

    def has_letters(start: int, end: int) -> bool:
        # A number may have letters, too.
        return sum(len(word) for word in words[start:end] if word[0].isalpha()) >= MIN_LETTERS

    return cycle_at_end(words, has_letters)


def _nests(lines: Sequence[str], last: int) -> bool:
    """Say whether the line says what both lines above it say, whatever their indentation."""
    three = {line.strip() for line in lines[max(0, last - 2) : last + 1]}
    return last >= 2 and len(three) == 1 and is_worth_it(lines[last : last + 1])


def _repeated_lines(lines: Sequence[str], last: int) -> int:
    """Return how many lines that end with ``last`` repeat those above them; 0 when none do.

    The first line lacks what stands left of the cursor, so blanks in front do not count there.
    """
    for size in range(1, min(_MAX_BLOCK, (last + 1) // 2) + 1):
        second = lines[last - size + 1 : last + 1]
        first = lines[last - 2 * size + 1 : last - size + 1]
        if last - 2 * size + 1 == 0:
            same = [line.strip() for line in first] == [line.strip() for line in second]
        else:
            same = list(first) == list(second)
        if same and is_worth_it(second):
            return size
    return 0


def is_worth_it(block: Sequence[str]) -> bool:
    """Say whether a block says so much that nobody writes it twice in a row.

    Elements of a list may be equal, each on a line of its own; but no key may stand twice.
    """
    if all(line.rstrip().endswith(",") and not _KEYED.match(line) for line in block):
        return False
    return any(is_telling(line) for line in block)


def is_telling(line: str) -> bool:
    """Say whether a line says more than that something ends.

    >>> is_telling("total += 1"), is_telling("  });"), is_telling("#endif"), is_telling("</div>")
    (True, False, False, False)
    """
    text = line.strip()
    if text.startswith("</") or text.strip("#;{}() \t") in _CLOSING_WORDS:
        return False
    return sum(map(str.isalpha, text)) >= _MIN_LINE_LETTERS
