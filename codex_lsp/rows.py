"""The rows of one batch while they are decoded: best-of-n as a pure state machine.

Every row is decoded towards the end of its first line. Soon after the first of them is there the
lines are ranked, the winner is told to the listener, and it alone goes on to the end of its block:
the engine drops the other rows from the running batch, so the continuation costs no second reading
of the prompt. Rows that are far behind by then are not waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from codex_lsp.cycles import MIN_LETTERS, cycle_at_end
from codex_lsp.sampling import SamplingParams, StopRule
from codex_lsp.tokenizer import REPLACEMENT, RowDecoder, Tokenizer
from codex_lsp.typed import TypedText
from codex_lsp.types import Candidate, FinishReason, Prompt, Token


@dataclass(frozen=True, slots=True)
class Decision:
    """Which first line won.

    :ivar winner: the row's index; None when no row is to be continued
    :ivar go_on: whether the winner is to be continued to the end of its block
    """

    winner: int | None
    go_on: bool


class Judge(Protocol):
    """Who knows which lines are worth showing."""

    def accepts(self, line: Candidate) -> bool:
        """Say whether a whole line could be shown."""
        ...

    def hopeless(self, row: Candidate, more: int) -> bool:
        """Say whether a row cannot become better than an accepted line with ``more`` tokens."""
        ...

    def decide(self, lines: Mapping[int, Candidate]) -> Decision:
        """Rank the first lines, by row; rows that were not waited for are left out."""
        ...

    def grow(self, winner: Candidate) -> None:
        """Take the winner each time a token has been added to it."""
        ...


class Row:
    """One sample: its tokens so far and whether it has ended."""

    def __init__(self, decoder: RowDecoder, healed: str) -> None:
        self._decoder = decoder
        self._unhealed = healed
        self.tokens: list[Token] = []
        self.text = ""
        self.finish: FinishReason | None = None
        self.end_logprob: float | None = None

    def end(self, logprob: float) -> None:
        """Take a stop token."""
        self.finish = FinishReason.END_OF_TEXT
        self.end_logprob = logprob

    def feed(self, token_id: int, logprob: float) -> None:
        """Take a token that is no stop token."""
        text = self._decoder.step(token_id)
        if self._unhealed:
            text = self._heal(text)
            if self.finish is not None or (not text and self._unhealed):
                return
            if not text:
                # The whole token is text that stands in the document already: no part of the
                # completion, nor of its score.
                return
        if REPLACEMENT in text:
            self.finish = FinishReason.END_OF_TEXT
            return
        self.tokens.append(Token(token_id, text, logprob))
        self.text += text

    def repeats_itself(self) -> bool:
        """Say whether its last tokens say the same over and over, so that no end is to come."""
        ids = [token.id for token in self.tokens]
        return cycle_at_end(ids, self._has_letters) is not None

    def _has_letters(self, start: int, end: int) -> bool:
        text = "".join(token.text for token in self.tokens[start:end])
        return sum(map(str.isalpha, text)) >= MIN_LETTERS

    def _heal(self, text: str) -> str:
        """Take off the front what the prompt left out; a row that begins otherwise is lost."""
        expected = self._unhealed
        if text.startswith(expected):
            self._unhealed = ""
            return text[len(expected) :]
        if expected.startswith(text):
            self._unhealed = expected[len(text) :]
            return ""
        self.finish = FinishReason.MISMATCH
        return ""

    def cut(self, keep: int) -> None:
        """End the row after its first ``keep`` characters."""
        kept = self.candidate(keep)
        self.tokens[:] = kept.tokens
        self.end_logprob = kept.end_logprob
        self.text = self.text[:keep]
        self.finish = FinishReason.STOP

    def candidate(self, keep: int | None = None) -> Candidate:
        """Return the row as a candidate, cut to its first ``keep`` characters."""
        finish = self.finish or FinishReason.LENGTH
        whole = Candidate(tuple(self.tokens), finish, self.end_logprob)
        return whole if keep is None else truncate(whole, keep)


def truncate(candidate: Candidate, keep: int) -> Candidate:
    """Return the first ``keep`` characters of ``candidate``.

    Dropped tokens leave the score too, but for the first: it is where the text ends now.
    """
    kept: list[Token] = []
    end, room = candidate.end_logprob, keep
    for token in candidate.tokens:
        if room <= 0:
            end = token.logprob
            break
        if len(token.text) > room:
            kept.append(replace(token, text=token.text[:room]))
            end = None
            break
        kept.append(token)
        room -= len(token.text)
    return replace(candidate, tokens=tuple(kept), end_logprob=end)


class BestOfN:
    """A :class:`~codex_lsp.engine.base.TokenSink` that decodes n first lines and one block.

    :param line_end: where a row's first line ends
    :param block_end: where the winner ends; None when the line is all that is wanted
    :param given: a token that every row begins with, and its log-probability; the engine's prompt
        ends with it
    :param typed: what the user types meanwhile: rows that say something else end
    :param overdue: says whether whole lines are to be shown without waiting for others
    :ivar fed: how many tokens have been decoded, those of all rows
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        prompt: Prompt,
        params: SamplingParams,
        stop_ids: frozenset[int],
        line_end: StopRule,
        block_end: StopRule | None,
        judge: Judge,
        given: tuple[int, float] | None = None,
        typed: TypedText | None = None,
        overdue: Callable[[], bool] = lambda: False,
    ) -> None:
        self._params = params
        self._stop_ids = stop_ids
        self._line_end = line_end
        self._block_end = block_end
        self._judge = judge
        self._typed = typed or TypedText()
        self._overdue = overdue
        self._rows = [Row(tokenizer.decoder(prompt.ids), prompt.healed) for _ in range(params.rows)]
        if given is not None:
            for row in self._rows:
                row.feed(*given)
        self._steps = [0] * params.rows
        self._firsts: dict[int, tuple[int, float]] = {}
        self._lines: dict[int, Candidate] = {}
        self._overtaken: set[int] = set()
        self._last_step: int | None = None
        self._decided = False
        self._go_on = False
        self._winner: int | None = None
        self.fed = 0

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        """Take one token; True when the row need not go on."""
        state = self._rows[row]
        self.fed += 1
        self._steps[row] += 1
        if self._over(row):
            return True
        self._look_for_agreement(row, token_id, logprob)
        if token_id in self._stop_ids:
            state.end(logprob)
        else:
            state.feed(token_id, logprob)
        if state.finish is None and not self._typed.agrees(state.text):
            state.finish = FinishReason.TYPED_AWAY
        elif state.finish is None and state.repeats_itself():
            state.finish = FinishReason.REPETITION
        if self._decided:
            self._look_for_block_end(state)
            self._judge.grow(state.candidate())
        elif row not in self._lines:
            self._look_for_line_end(row)
            self._overtake(row)
        self._decide_when_ready()
        return self._over(row)

    def end(self) -> Candidate | None:
        """Say that no more tokens come; return the winner, None when there is none."""
        for index, row in enumerate(self._rows):
            if index not in self._lines and index not in self._overtaken:
                self._lines[index] = row.candidate()
        self._decide_when_ready()
        if self._winner is None:
            return None
        return self._rows[self._winner].candidate() if self._go_on else self._lines[self._winner]

    def _over(self, row: int) -> bool:
        """Say whether nothing that ``row`` could bring would be used."""
        if self._rows[row].finish is not None or row in self._overtaken:
            return True
        return self._decided and not (self._go_on and row == self._winner)

    def _look_for_agreement(self, row: int, token_id: int, logprob: float) -> None:
        """Let one row go on alone where the model is sure of its first token, and all have it.

        They would say much the same, and each step is shorter with one.
        """
        sure = self._params.sure_logprob
        if sure is None or self._steps[row] > 1:
            return
        self._firsts[row] = (token_id, logprob)
        if len(self._firsts) == len(self._rows):
            ids = {first for first, _ in self._firsts.values()}
            if len(ids) == 1 and logprob >= sure:
                self._overtaken.update(range(1, len(self._rows)))

    def _look_for_line_end(self, index: int) -> None:
        row = self._rows[index]
        keep = self._line_end(row.text)
        if keep is not None:
            self._lines[index] = replace(row.candidate(keep), finish_reason=FinishReason.STOP)
        elif row.finish is not None:
            self._lines[index] = row.candidate()
        elif len(row.tokens) >= self._params.line_tokens:
            row.finish = FinishReason.LENGTH
            self._lines[index] = row.candidate()
        if keep is not None and self._block_end is None:
            row.finish = FinishReason.STOP
        if index in self._lines and self._last_step is None and self._params.patience is not None:
            if self._judge.accepts(self._still_wanted(self._lines[index])):
                self._last_step = self._steps[index] + self._params.patience

    def _overtake(self, index: int) -> None:
        """Give up a row that is too far behind the first whole line, or cannot be better."""
        if index in self._lines or self._last_step is None:
            return
        left = self._last_step - self._steps[index]
        if left <= 0 or self._judge.hopeless(self._rows[index].candidate(), left):
            self._overtaken.add(index)

    def _decide_when_ready(self) -> None:
        if self._decided:
            return
        if self._last_step is not None and self._overdue():
            self._overtaken.update(set(range(len(self._rows))) - set(self._lines))
        if len(self._lines) + len(self._overtaken) < len(self._rows):
            return
        decision = self._judge.decide(
            {index: self._still_wanted(self._lines[index]) for index in sorted(self._lines)}
        )
        self._decided = True
        self._winner = decision.winner
        self._go_on = decision.go_on and self._block_end is not None
        if self._winner is not None and self._go_on:
            # While it waited for the others the winner may have run past its end.
            self._look_for_block_end(self._rows[self._winner])

    def _still_wanted(self, line: Candidate) -> Candidate:
        """Mark a line that ended before the user typed what it does not say."""
        if self._typed.agrees(line.text, ended=self._block_end is None):
            return line
        return replace(line, finish_reason=FinishReason.TYPED_AWAY)

    def _look_for_block_end(self, row: Row) -> None:
        if self._block_end is None:
            return
        keep = self._block_end(row.text)
        if keep is not None:
            row.cut(keep)
        elif row.finish is None and len(row.tokens) >= self._params.max_tokens:
            row.finish = FinishReason.LENGTH
