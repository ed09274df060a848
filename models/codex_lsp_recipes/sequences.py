"""The training sequences: the one at any place of the order can be made at any time.

Sequence ``i`` depends on the corpus, the settings and ``i`` alone. So a run that is resumed at a
step sees exactly what an unbroken run would have seen, with no state to keep.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codex_lsp.tokenizer import Tokenizer
from codex_lsp_recipes import corpus
from codex_lsp_recipes.fim import Order, Sentinels, draw_split, lay_out
from codex_lsp_recipes.functions import task_end
from codex_lsp_recipes.siblings import Siblings

WINDOW_CHARS = 1_700
"""About what 512 tokens of Python hold."""

SOURCES = ("file", "script", "function", "problem")

WHOLE_FILES = frozenset({"file", "script"})


@dataclass(frozen=True, slots=True)
class Mix:
    """How sequences are made.

    :ivar shares: how many of every 16 sequences, or whatever the sum is, come from each source
    :ivar fim_share: of the sequences from files, how many are fill-in-the-middle
    :ivar function_fim_share: of those of functions, how many are one function with a hole
    :ivar spm_share: how many of all with a hole have the suffix first
    :ivar snippet_share: how many of those from files have pieces of the package's other files in
        front
    """

    shares: tuple[int, ...] = (10, 3, 2, 1)
    length: int = 512
    fim_share: float = 0.7
    function_fim_share: float = 0.4
    spm_share: float = 1.0
    snippet_share: float = 0.3
    seed: int = 1

    @property
    def order(self) -> Order:
        """What most fill-in-the-middle sequences are laid out as, and the model is asked with."""
        return "SPM" if self.spm_share >= 0.5 else "PSM"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text, and whether it reaches the end of its document.

    :ivar file: the place of its file in the source's list
    :ivar given: how many characters of it are only read, and not learned to write
    """

    text: str
    whole: bool
    file: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True)
class TrainingSequence:
    """Token ids; ``middle`` is where those of the hole begin, None for plain text.

    :ivar given: where tokens begin and end that are only read: pieces of other files, and tasks
    """

    ids: list[int]
    middle: int | None = None
    given: tuple[tuple[int, int], ...] = ()


class Sequences:
    """All sequences of a corpus, by their place in the order."""

    def __init__(
        self, folder: Path, tokenizer: Tokenizer, sentinels: Sentinels, start: int, mix: Mix
    ) -> None:
        """Read the corpus in ``folder``.

        :param start: the token that every sequence begins with
        :raises UsageError: there is no corpus
        """
        files = corpus.read_files(folder / corpus.FILES)
        scripts = corpus.read_files(folder / corpus.SCRIPTS)
        self._siblings = {
            "file": Siblings(files, tokenizer),
            "script": Siblings(scripts, tokenizer),
        }
        self._passages: dict[str, list[tuple[Passage, ...]]] = {
            "file": _cut([file.text for file in files]),
            "script": _cut([file.text for file in scripts]),
            "function": _joined(corpus.read_texts(folder / corpus.FUNCTIONS)),
            # What a problem asks for is not for the model to say, as in the paper's section 4.
            "problem": _joined(corpus.read_texts(folder / corpus.PROBLEMS), task_end),
        }
        self._encode = tokenizer.encode
        self._encode_with_ends = tokenizer.encode_with_ends
        self._sentinels = sentinels
        self._start = start
        self._mix = mix
        self._slots = tuple(
            source for source, share in zip(SOURCES, mix.shares, strict=True) for _ in range(share)
        )
        self._orders: dict[tuple[str, int], NDArray[np.int64]] = {}

    def __len__(self) -> int:
        """Return after how many sequences the Python files begin anew."""
        return len(self._passages["file"]) * len(self._slots) // self._slots.count("file")

    def sequence(self, index: int) -> TrainingSequence:
        """Return sequence ``index``, of 2 tokens up to the mix's length."""
        slots = self._slots
        turn, slot = divmod(index, len(slots))
        order = np.random.default_rng([self._mix.seed, 1, turn]).permutation(len(slots))
        source = slots[order[slot]]
        before = sum(slots[other] == source for other in order[:slot])
        passages = self._passage(source, turn * slots.count(source) + before)
        rng = np.random.default_rng([self._mix.seed, 2, index])
        room = self._mix.length - 1
        if source in WHOLE_FILES and rng.random() < self._mix.fim_share:
            return self._fill_in_the_middle(source, passages[0], rng, room)
        if source == "function" and rng.random() < self._mix.function_fim_share:
            one = passages[int(rng.integers(len(passages)))]
            return self._fill_in_the_middle(source, one, rng, room)
        return self._plain(passages, room)

    def _plain(self, passages: Sequence[Passage], room: int) -> TrainingSequence:
        ids = [self._start]
        given: list[tuple[int, int]] = []
        for passage in passages:
            found, ends = self._encode_with_ends(passage.text)
            if passage.given:
                given.append((len(ids), len(ids) + bisect_right(ends, passage.given)))
            ids.extend(found)
            if passage.whole:
                ids.append(self._sentinels.end)
        return TrainingSequence(ids[: room + 1], given=tuple(given))

    def _fill_in_the_middle(
        self, source: str, passage: Passage, rng: np.random.Generator, room: int
    ) -> TrainingSequence:
        order: Order = "SPM" if rng.random() < self._mix.spm_share else "PSM"
        split = draw_split(passage.text, rng)
        snippets: tuple[int, ...] = ()
        # The draw comes last: without snippets, the sequences are what they were before there were.
        if source in WHOLE_FILES and rng.random() < self._mix.snippet_share:
            snippets = self._siblings[source].snippets(passage.file, split.head)
        example = lay_out(split, self._sentinels, order, self._encode, room, snippets)
        begin, end = example.snippets
        return TrainingSequence(
            [self._start, *example.ids], example.middle + 1, ((begin + 1, end + 1),)
        )

    def _passage(self, source: str, place: int) -> tuple[Passage, ...]:
        """Return what stands at ``place`` of a source, each of whose rounds is shuffled anew."""
        passages = self._passages[source]
        around, place = divmod(place, len(passages))
        key = (source, around)
        if key not in self._orders:
            names = sorted(self._passages)
            seed = [self._mix.seed, 3, names.index(source), around]
            self._orders[key] = np.random.default_rng(seed).permutation(len(passages))
        return passages[int(self._orders[key][place])]


def windows(text: str, file: int = 0) -> list[Passage]:
    """Cut a file into passages of whole lines, all about equally long."""
    count = -(-len(text) // WINDOW_CHARS)
    size = len(text) / count
    passages: list[Passage] = []
    current, done = "", 0
    for line in text.splitlines(keepends=True):
        current += line
        if done + len(current) >= size * (len(passages) + 1) and len(passages) < count - 1:
            passages.append(Passage(current, whole=False, file=file))
            done += len(current)
            current = ""
    if current:
        passages.append(Passage(current, whole=True, file=file))
    return passages


def _cut(texts: Sequence[str]) -> list[tuple[Passage, ...]]:
    return [(passage,) for file, text in enumerate(texts) for passage in windows(text, file)]


def _joined(
    texts: Sequence[str], given: Callable[[str], int] = lambda text: 0
) -> list[tuple[Passage, ...]]:
    """Put short texts together until a window is full."""
    groups: list[list[Passage]] = []
    size = WINDOW_CHARS
    for text in texts:
        if size + len(text) > WINDOW_CHARS:
            groups.append([])
            size = 0
        groups[-1].append(Passage(text, whole=True, given=given(text)))
        size += len(text)
    return [tuple(group) for group in groups]
