"""Definitions and chunks of many files, found by their names and by the words they share.

In memory only, and bounded. Not thread-safe: whoever owns it puts files in a little at a time.
"""

from __future__ import annotations

import heapq
import math
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codex_lsp.context.snippets.imports import module_parts
from codex_lsp.context.snippets.outline import Chunk, Definition, Outline

MAX_CHUNKS = 25_000
"""As many as the project's lines that are kept fill: about 25 MB."""
SLICE_CHUNKS = 48
"""How many are put in or taken out in one go: less than a millisecond."""
MAX_POSTINGS = 4000
"""How many places of words are looked at for one search; the rarest words come first."""
MAX_RATED = 64
"""How many chunks, those that share the rarest words, are compared by their length as well."""

_K1 = 1.2
_B = 0.75


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk that shares words with the query.

    :ivar key: the file's
    :ivar score: BM25 (Robertson and Zaragoza 2009, section 3.2), each word counted once
    """

    key: str
    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True)
class _File:
    """What is known of a file; its chunks' numbers are first … first + len(chunks) - 1."""

    first: int
    family: str
    chunks: tuple[Chunk, ...]
    definitions: tuple[Definition, ...]


class SnippetIndex:
    """The outlines of files.

    :param max_chunks: beyond them the file put in longest ago goes
    :ivar looked_at: how many places of words the last search looked at
    """

    def __init__(self, max_chunks: int = MAX_CHUNKS) -> None:
        self._max_chunks = max_chunks
        self._files: OrderedDict[str, _File] = OrderedDict()
        self._starts: array[int] = array("I")
        self._keys: list[str] = []
        self._postings: dict[str, dict[str, array[int]]] = {}
        self._definers: dict[str, tuple[str, ...]] = {}
        self._next = 0
        self._words = 0
        self.chunks = 0
        self.looked_at = 0

    def __contains__(self, key: object) -> bool:
        """Say whether a file is known."""
        return key in self._files

    def put(self, key: str, outline: Outline, *, recent: bool) -> Iterator[None]:
        """Put a file in, or its new outline in place of the old; yields between two slices.

        :param recent: the file is being worked on; otherwise it is the first to go
        """
        yield from self.drop(key)
        count = len(outline.chunks)
        if not count or count > self._max_chunks:
            return
        first = self._next
        self._next += count
        self._files[key] = _File(first, outline.family, outline.chunks, outline.definitions)
        if not recent:
            self._files.move_to_end(key, last=False)
        self._starts.append(first)
        self._keys.append(key)
        self.chunks += count
        for definition in outline.definitions:
            definers = self._definers.get(definition.name, ())
            if key not in definers:
                self._definers[definition.name] = (*definers, key)
        postings = self._postings.setdefault(outline.family, {})
        for start in range(0, count, SLICE_CHUNKS):
            for number, chunk in enumerate(outline.chunks[start : start + SLICE_CHUNKS], start):
                self._words += len(chunk.words)
                for word in chunk.words:
                    postings.setdefault(word, array("I")).append(first + number)
            yield
        while self.chunks > self._max_chunks:
            yield from self.drop(next(iter(self._files)))

    def drop(self, key: str) -> Iterator[None]:
        """Forget a file; yields between two slices."""
        file = self._files.pop(key, None)
        if file is None:
            return
        at = bisect_left(self._starts, file.first)
        del self._starts[at]
        del self._keys[at]
        self.chunks -= len(file.chunks)
        for name in {definition.name for definition in file.definitions}:
            left = tuple(other for other in self._definers[name] if other != key)
            if left:
                self._definers[name] = left
            else:
                del self._definers[name]
        end = file.first + len(file.chunks)
        gone: set[str] = set()
        for number, chunk in enumerate(file.chunks):
            self._words -= len(chunk.words)
            for word in chunk.words:
                if word not in gone:
                    gone.add(word)
                    _forget(self._postings[file.family], word, file.first, end)
            if number % SLICE_CHUNKS == SLICE_CHUNKS - 1:
                yield
        yield

    def definitions(
        self, name: str, module: Sequence[str], family: str
    ) -> list[tuple[str, Definition]]:
        """Return what defines a name, in files that a module's name may mean, the likeliest first.

        :param module: its parts (:func:`~codex_lsp.context.snippets.imports.module_parts`)
        """
        rated: list[tuple[int, str, Definition]] = []
        for key in self._definers.get(name, ()):
            match = _match(module_parts(key), module)
            file = self._files[key]
            if file.family == family and (match or not module):
                rated.append((-match, key, next(d for d in file.definitions if d.name == name)))
        rated.sort(key=lambda item: item[:2])
        return [(key, definition) for _, key, definition in rated]

    def similar(self, words: Sequence[str], family: str, limit: int) -> list[Found]:
        """Return the chunks that share the rarest words with ``words``, the best first.

        The work is bounded: of words that stand everywhere the places are not looked at.
        """
        self.looked_at = 0
        postings = self._postings.get(family, {})
        sums: dict[int, float] = {}
        known = [(len(places), word) for word in words if (places := postings.get(word))]
        for count, word in sorted(known):
            if self.looked_at + count > MAX_POSTINGS:
                break
            self.looked_at += count
            idf = math.log(1 + (self.chunks - count + 0.5) / (count + 0.5))
            for number in postings[word]:
                sums[number] = sums.get(number, 0.0) + idf
        best = heapq.nlargest(MAX_RATED, sums, key=sums.__getitem__)
        found = [item for number in best if (item := self._found(number, sums[number]))]
        # Equal ones by their place: the order must not depend on how the index was built.
        found.sort(key=lambda item: (-item.score, item.key, item.chunk.row))
        return found[:limit]

    def _found(self, number: int, total: float) -> Found | None:
        """Return a chunk with its score; None of a file that is being forgotten.

        :param total: of the words' inverse document frequencies
        """
        at = bisect_right(self._starts, number) - 1
        if at < 0:
            return None
        key = self._keys[at]
        row = number - self._starts[at]
        chunks = self._files[key].chunks
        if row >= len(chunks):
            return None
        length = len(chunks[row].words) * self.chunks / max(self._words, 1)
        return Found(key, chunks[row], total * (_K1 + 1) / (1 + _K1 * (1 - _B + _B * length)))


def _forget(postings: dict[str, array[int]], word: str, first: int, end: int) -> None:
    """Forget that a word stands in the chunks ``first`` … ``end - 1``."""
    places = postings.get(word)
    if places is None:
        return
    # Numbers only grow, so places are in order.
    del places[bisect_left(places, first) : bisect_left(places, end)]
    if not places:
        del postings[word]


def _match(path: Sequence[str], module: Sequence[str]) -> int:
    """Return how many parts of a module's name end a file's path, or 0 when the last does not.

    A package's own file may stand anywhere below the package: names are passed on.
    """
    if not module or module[-1] not in path:
        return 0
    at = len(path) - 1 - list(reversed(path)).index(module[-1])
    count = 0
    while count < min(len(module), at + 1) and path[at - count] == module[-1 - count]:
        count += 1
    return count
