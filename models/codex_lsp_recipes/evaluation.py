"""The command `evaluate`: how model directories read and complete held-out code, as served.

Each text is read once and nothing is sampled. A line counts as matched if at every one of its
tokens, given those before, the model's likeliest token is the right one, and behind them the end of
the line or of the text: greedy decoding would then write just that line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from codex_lsp.anchors import anchor_offset
from codex_lsp.model_dir import TOKENIZER_FILE, ModelDir
from codex_lsp.prompt import FimTemplate
from codex_lsp.tokenizer import Tokenizer
from codex_lsp_models.build import read_logprobs
from codex_lsp_recipes.fim import Order, Sentinels, Split, lay_out

WINDOW_TOKENS = 4_096


@dataclass(frozen=True, slots=True)
class Evaluated:
    """How one model did.

    :ivar nats_per_byte: of whole passages, read from their start
    :ivar line_match: share of the lines that are matched behind the prefix alone
    :ivar line_match_suffix: and with the suffix in sight; None for a model that cannot see it
    """

    model: str
    passages: int
    nats_per_byte: float
    line_match: float
    line_match_suffix: float | None

    def record(self) -> dict[str, object]:
        """Return the figures by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Line:
    """A line whose end is to be completed; ``given`` characters of the middle are there already."""

    split: Split
    given: int


@dataclass(frozen=True, slots=True)
class Prompted:
    """A line laid out as tokens: those of the hole are ``ids[begin:end]``."""

    ids: list[int]
    begin: int
    end: int


def evaluate(model: ModelDir, texts: Sequence[str]) -> Evaluated:
    """Measure ``model`` on held-out ``texts``.

    :raises ConversionError: the model cannot be run
    """
    tokenizer = Tokenizer.from_file(model.path / TOKENIZER_FILE)
    form = model.description.prompt
    start = [tokenizer.token_id(form.bos)] if form.bos else []
    whole = [[*start, *tokenizer.encode(text)] for text in texts]
    nats = 0.0
    for ids, logprobs in zip(whole, read_logprobs(model.path, whole), strict=True):
        nats -= float(logprobs[np.arange(len(ids) - 1), ids[1:]].sum())
    stops = {tokenizer.token_id(token) for token in form.stop}
    lines = [line for index, text in enumerate(texts) if (line := draw_line(text, index))]
    alone = [_prefix_only(line, tokenizer, start) for line in lines]
    seen = None
    if form.fim is not None:
        fim = FimTemplate.of(form.fim, tokenizer)
        sentinels = Sentinels(fim.prefix, fim.suffix, fim.middle, tokenizer.token_id(form.stop[0]))
        order = form.fim.order
        filled = [_with_suffix(line, tokenizer, start, sentinels, order) for line in lines]
        seen = _matched(model, tokenizer, filled, stops)
    return Evaluated(
        model.description.name,
        len(texts),
        nats / sum(len(text.encode()) for text in texts),
        _matched(model, tokenizer, alone, stops),
        seen,
    )


def draw_line(text: str, seed: int) -> Line | None:
    """Choose a line past a third of ``text`` and a blank in it; None if there is none."""
    rng = np.random.default_rng([11, seed])
    places, offset = [], 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if offset > len(text) // 3 and len(bare) >= 8 and not bare.startswith("#"):
            places.append((offset, offset + len(line.rstrip())))
        offset += len(line)
    if not places:
        return None
    begin, end = places[int(rng.integers(len(places)))]
    blanks = [at for at in range(begin, end) if text[at] == " " and text[at + 1] != " "]
    if not blanks:
        return None
    start = blanks[int(rng.integers(len(blanks)))]
    anchor = anchor_offset(text[:start])
    return Line(Split(text[:anchor], text[anchor:end], text[end:]), start - anchor)


def _prefix_only(line: Line, tokenizer: Tokenizer, start: Sequence[int]) -> Prompted:
    head = tokenizer.encode(line.split.head)
    middle, given = _middle(line, tokenizer)
    ids = [*start, *head, *middle]
    begin = len(start) + len(head) + given
    return Prompted(ids, begin, len(ids))


def _with_suffix(
    line: Line, tokenizer: Tokenizer, start: Sequence[int], sentinels: Sentinels, order: Order
) -> Prompted:
    example = lay_out(line.split, sentinels, order, tokenizer.encode, WINDOW_TOKENS)
    _, given = _middle(line, tokenizer)
    ids = [*start, *example.ids[:-1]]  # without the end
    return Prompted(ids, len(start) + example.middle + given, len(ids))


def _middle(line: Line, tokenizer: Tokenizer) -> tuple[tuple[int, ...], int]:
    """Return the middle's tokens, and how many of them are given."""
    ids, ends = tokenizer.encode_with_ends(line.split.middle)
    return ids, sum(1 for end in ends if end <= line.given)


def _matched(
    model: ModelDir, tokenizer: Tokenizer, lines: Sequence[Prompted], stops: set[int]
) -> float:
    """Return the share of ``lines`` that greedy decoding would write."""
    found = read_logprobs(model.path, [line.ids for line in lines])
    hits = [
        _is_match(line, logprobs, tokenizer, stops)
        for line, logprobs in zip(lines, found, strict=True)
    ]
    return sum(hits) / max(1, len(hits))


def _is_match(
    line: Prompted, logprobs: NDArray[np.float32], tokenizer: Tokenizer, stops: set[int]
) -> bool:
    best = logprobs.argmax(axis=1).tolist()
    if best[line.begin - 1 : line.end - 1] != line.ids[line.begin : line.end]:
        return False
    behind = int(best[line.end - 1])
    return behind in stops or tokenizer.decode((behind,)).startswith("\n")
