"""Which pieces of other files a prompt is given, within a budget of characters and of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from codex_lsp.context.snippets.comments import has_comments
from codex_lsp.context.snippets.imports import Imported, imported_names
from codex_lsp.context.snippets.index import SnippetIndex
from codex_lsp.context.snippets.outline import words_of
from codex_lsp.languages import family_of
from codex_lsp.types import Snippet, SnippetKind

SNIPPET_CHARS_PER_TOKEN = 3
TEXT_CHARS_PER_TOKEN = 4
"""About, of pieces written as comments and of the text above the cursor. The tokens are counted
where the prompt is made; here no tokenizer is needed."""
NEAR_CHARS = 600
"""What stands so near above the cursor says what it is about: some fifteen lines."""
MAX_SNIPPETS = 8
MIN_SHARED = 3.0
"""A chunk whose score is lower shares no more than everyday words."""
MIN_LINES = 3
"""Less of a longer piece says nothing."""
ALL_KINDS = frozenset(SnippetKind)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a prompt is made for.

    :ivar key: the document's, as the index names it: what it holds itself is no snippet
    :ivar top: its first lines, where its imports stand
    :ivar seen: the text above the cursor that the prompt holds anyway
    """

    key: str
    language: str
    top: str
    seen: str


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be taken.

    :ivar chars: of all snippets, their paths included; the tokens are counted later
    :ivar kinds: which may be taken at all
    """

    chars: int
    max_ms: float = 20.0
    kinds: frozenset[SnippetKind] = ALL_KINDS


@dataclass(frozen=True, slots=True)
class _Candidate:
    key: str
    row: int
    text: str
    kind: SnippetKind


@dataclass(frozen=True, slots=True)
class Recent:
    """Lines of another document that the user has just been at."""

    key: str
    row: int
    text: str


def choose(
    place: Place,
    index: SnippetIndex | None,
    budget: Budget,
    recent: Sequence[Recent] = (),
    shown_path: Callable[[str], str] = str,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Snippet, ...]:
    """Return snippets for a place, the most useful first; equal input gives equal output.

    :param index: outlines of the project's files; None when there are none
    :param recent: the latest first
    :param shown_path: gives the path to show of a file's key
    :param clock: seconds; what is not found in time is left out
    """
    if not has_comments(place.language):
        return ()
    deadline = clock() + budget.max_ms / 1000
    taken: list[Snippet] = []
    texts: set[tuple[str, int]] = set()
    left = budget.chars
    for candidate in _candidates(place, index, recent, budget.kinds):
        if len(taken) == MAX_SNIPPETS or clock() > deadline:
            break
        if (candidate.key, candidate.row) in texts or candidate.text in place.seen:
            continue
        path = shown_path(candidate.key)
        text = _cut(candidate.text, left - _cost(path))
        if text and all(text not in other.text for other in taken):
            taken.append(Snippet(path, text, candidate.kind))
            texts.add((candidate.key, candidate.row))
            left -= _cost(path) + sum(map(_cost, text.split("\n")))
    return tuple(taken)


def _candidates(
    place: Place,
    index: SnippetIndex | None,
    recent: Sequence[Recent],
    kinds: frozenset[SnippetKind],
) -> Iterator[_Candidate]:
    near = place.seen[-NEAR_CHARS:]
    if index is not None and SnippetKind.IMPORTED in kinds:
        yield from _imported(place, index, near)
    if SnippetKind.RECENT in kinds:
        for item in recent:
            if item.key != place.key:
                yield _Candidate(item.key, item.row, item.text, SnippetKind.RECENT)
    if index is not None and SnippetKind.SIMILAR in kinds:
        for found in index.similar(words_of(near), family_of(place.language), MAX_SNIPPETS):
            if found.key != place.key and found.score >= MIN_SHARED:
                chunk = found.chunk
                yield _Candidate(found.key, chunk.row, chunk.text, SnippetKind.SIMILAR)


def _imported(place: Place, index: SnippetIndex, near: str) -> Iterator[_Candidate]:
    """Yield definitions of imported names that stand near, the one that stands nearest first."""
    family = family_of(place.language)
    at = {word: near.rfind(word) for word in words_of(near)}
    used: list[tuple[int, str, Imported]] = []
    for item in imported_names(place.top, place.language):
        if item.name:
            if item.alias in at:
                used.append((-at[item.alias], item.name, item))
        else:
            used += [(-offset, word, item) for word, offset in at.items()]
    for _, name, item in sorted(used, key=lambda one: one[:2]):
        for key, definition in index.definitions(name, item.module, family)[:1]:
            if key != place.key:
                yield _Candidate(key, definition.row, definition.text, SnippetKind.IMPORTED)


def _cut(text: str, chars: int) -> str:
    """Return as many whole lines of ``text`` as fit; nothing when too few of them do."""
    lines = text.split("\n")
    kept: list[str] = []
    for line in lines:
        chars -= _cost(line)
        if chars < 0:
            break
        kept.append(line)
    return "\n".join(kept) if len(kept) >= min(MIN_LINES, len(lines)) else ""


def _cost(line: str) -> int:
    """Return how many characters a line takes as a comment."""
    return len(line) + 3
