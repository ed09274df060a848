"""The model's samples, drawn once, and an engine that gives them to the pipeline again.

What the pipeline asks for is found by the prompt's token ids. Where it has not been drawn yet, a
live engine draws it: more rows and further than was asked for, so that other filters and stop rules
find what they need later. Drawing is the only part that takes time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from codex_lsp.engine.base import (
    Cancellation,
    Engine,
    FirstToken,
    Generation,
    PendingScores,
    TokenSink,
)
from codex_lsp.errors import EngineError
from codex_lsp.evals.quality.holes import Hole
from codex_lsp.sampling import SamplingParams, StopRule, end_of_first_line, indent_width
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Prompt, Timing

ROWS = 4
"""Samples of each prompt."""
_SCORE_LIMIT_S = 60.0
_POLL_S = 0.001

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One sample, a stop token at its end included.

    :ivar whole: the model ended it; other rows could go on
    """

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Draw:
    """What the model said behind one prompt of a hole.

    :ivar prompt: a digest of the prompt's token ids
    :ivar greedy: decoded without chance, as a single row
    :ivar first: the likeliest of the tokens that could come first: its id, its log-probability
        among them, and the probability of all of them; None for a draw of rows
    :ivar scores: the log-probabilities of sequences that the model read, ``prompt`` being a digest
        of these; None for a draw of rows
    """

    hole: str
    prompt: str
    greedy: bool = False
    rows: tuple[DrawnRow, ...] = ()
    first: tuple[int, float, float] | None = None
    scores: tuple[tuple[float, ...], ...] | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What it is found by among the draws of its hole."""
        if self.scores is not None:
            return self.prompt, "scores"
        return self.prompt, "first" if self.first else "greedy" if self.greedy else "sampled"

    def as_record(self) -> dict[str, Any]:
        """Return it as what a line of the file holds; log-probabilities to six digits."""
        rows = [
            {"ids": row.ids, "logprobs": _rounded(row.logprobs), "whole": row.whole}
            for row in self.rows
        ]
        record = {"hole": self.hole, "prompt": self.prompt}
        if self.first is not None:
            return {**record, "first": self.first}
        if self.scores is not None:
            return {**record, "scores": [_rounded(values) for values in self.scores]}
        return {**record, "greedy": self.greedy, "rows": rows}

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Draw:
        """Read what :meth:`as_record` gives."""
        rows = tuple(
            DrawnRow(tuple(row["ids"]), tuple(row["logprobs"]), row["whole"])
            for row in record.get("rows", ())
        )
        first, scores = record.get("first"), record.get("scores")
        return cls(
            record["hole"],
            record["prompt"],
            record.get("greedy", False),
            rows,
            (int(first[0]), float(first[1]), float(first[2])) if first else None,
            None if scores is None else tuple(map(tuple, scores)),
        )


def _rounded(logprobs: Sequence[float]) -> list[float]:
    return [round(value, 6) for value in logprobs]


class _TooShortError(Exception):
    """A drawn row ends where the pipeline wants more of it."""


class DrawnEngine:
    """An :class:`~codex_lsp.engine.base.Engine` of one hole that samples each prompt only once.

    :param stop_ids: the tokens that end a row
    :param live: gives the model, when something has not been drawn yet
    :param known: what has been drawn for the hole
    :ivar first_row: the drawn row that is the pipeline's first
    :ivar steps: how many steps were asked for, of all rows at once
    :ivar scored: how many tokens were to be read for scores
    """

    def __init__(
        self,
        hole: Hole,
        tokenizer: Tokenizer,
        stop_ids: frozenset[int],
        live: Callable[[], Engine],
        known: Sequence[Draw] = (),
    ) -> None:
        self._hole = hole
        self._tokenizer = tokenizer
        self._stop_ids = stop_ids
        self._live = live
        self._draws = {draw.key: draw for draw in known}
        self._to_the_end: set[tuple[str, str]] = set()
        self.first_row = 0
        self.steps = 0
        self.scored = 0

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's own tokenizer."""
        return self._tokenizer

    @property
    def draws(self) -> list[Draw]:
        """All that has been drawn for the hole."""
        return list(self._draws.values())

    def run(self, work: Callable[[], _T]) -> _T:
        """Do ``work`` with this engine; again, on longer rows, where the drawn ones do not do."""
        while True:
            try:
                return work()
            except _TooShortError:
                continue

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        """Feed ``sink`` the drawn rows step by step; see the protocol.

        :raises EngineError: the model cannot be run
        """
        key = (_digest(prompt.ids), "greedy" if params.temperature == 0 else "sampled")
        draw = self._draws.get(key)
        if draw is None:
            draw = self._draws[key] = self._draw(key, prompt, params, max_tokens)
        rows = draw.rows[self.first_row : self.first_row + params.rows]
        running = dict(enumerate(rows))
        for step in range(max_tokens):
            self.steps += bool(running)
            for index, row in list(running.items()):
                if step == len(row.ids):
                    del running[index]
                    if not row.whole:
                        del self._draws[key]
                        self._to_the_end.add(key)
                        raise _TooShortError
                elif sink.feed(index, row.ids[step], row.logprobs[step]):
                    del running[index]
        return Generation(Timing())

    def _draw(
        self, key: tuple[str, str], prompt: Prompt, params: SamplingParams, max_tokens: int
    ) -> Draw:
        greedy = params.temperature == 0
        wanted = replace(params, n=1 if greedy else ROWS)
        rule = _never if key in self._to_the_end else generous_end(self._hole)
        taker = _Taker(self._tokenizer, prompt, wanted.rows, self._stop_ids, rule)
        self._live().generate(prompt, wanted, taker, Cancellation(), max_tokens)
        return Draw(self._hole.id, key[0], greedy, taker.rows())

    def first_token(
        self, prompt: Prompt, allowed: Sequence[int], cancellation: Cancellation
    ) -> FirstToken:
        """Return what the model chose behind this prompt; see the protocol.

        :raises EngineError: the model cannot be run
        """
        key = (_digest(prompt.ids), "first")
        draw = self._draws.get(key)
        if draw is None or draw.first is None:
            found = self._live().first_token(prompt, allowed, cancellation)
            draw = Draw(self._hole.id, key[0], first=(found.id, found.logprob, found.mass))
            self._draws[key] = draw
        return FirstToken(*(draw.first or (0, 0.0, 0.0)), Generation(Timing()))

    def score(self, sequences: Sequence[tuple[int, ...]]) -> PendingScores:
        """Return what the model gave these sequences, however long that took; see the protocol.

        :raises EngineError: the model cannot be run, or gives no scores
        """
        self.scored += sum(map(len, sequences))
        key = (_digest(*sequences), "scores")
        draw = self._draws.get(key)
        if draw is None or draw.scores is None:
            found = tuple(map(tuple, _wait_for(self._live().score(sequences))))
            draw = self._draws[key] = Draw(self._hole.id, key[0], scores=found)
        return _Scores(draw.scores or ())

    def close(self) -> None:
        """Give nothing back: the live engine belongs to whoever opened it."""


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores that are there."""

    values: Sequence[Sequence[float]]

    def get(self) -> Sequence[Sequence[float]]:
        return self.values


def _wait_for(pending: PendingScores) -> Sequence[Sequence[float]]:
    deadline = time.monotonic() + _SCORE_LIMIT_S
    while (found := pending.get()) is None:
        if time.monotonic() > deadline:
            raise EngineError("Nothing was scored within a minute; this engine cannot do that.")
        time.sleep(_POLL_S)
    return found


class _Taker:
    """A :class:`~codex_lsp.engine.base.TokenSink` that keeps all it is given."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        prompt: Prompt,
        rows: int,
        stop_ids: frozenset[int],
        ends: StopRule,
    ) -> None:
        self._decoders = [tokenizer.decoder(prompt.ids) for _ in range(rows)]
        self._texts = [""] * rows
        self._ids: list[list[int]] = [[] for _ in range(rows)]
        self._logprobs: list[list[float]] = [[] for _ in range(rows)]
        self._over = [False] * rows
        self._stop_ids = stop_ids
        self._ends = ends

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        if self._over[row]:
            return True
        self._ids[row].append(token_id)
        self._logprobs[row].append(logprob)
        if token_id in self._stop_ids:
            self._over[row] = True
        else:
            self._texts[row] += self._decoders[row].step(token_id)
            self._over[row] = self._ends(self._texts[row]) is not None
        return self._over[row]

    def rows(self) -> tuple[DrawnRow, ...]:
        return tuple(
            DrawnRow(tuple(ids), tuple(logprobs), bool(ids) and ids[-1] in self._stop_ids)
            for ids, logprobs in zip(self._ids, self._logprobs, strict=True)
        )


def _digest(*sequences: Sequence[int]) -> str:
    text = "\n".join(" ".join(map(str, ids)) for ids in sequences)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _never(text: str) -> int | None:
    return None


def generous_end(hole: Hole) -> StopRule:
    """Return where a row has all that any version of the pipeline could want of it."""
    if hole.kind != "block":
        return end_of_first_line
    return _EndOfBlocks(indent_width(hole.before[hole.before.rfind("\n") + 1 :]))


@dataclass(frozen=True, slots=True)
class _EndOfBlocks:
    """End at the first line that is indented less than the cursor, and after many lines."""

    indent: int
    max_lines: int = 13

    def __call__(self, text: str) -> int | None:
        count = 0
        for line in text.split("\n"):
            if not line.strip():
                continue
            if count and indent_width(line) < self.indent or count == self.max_lines:
                return len(text)
            count += 1
        return None
