"""Draws whole samples of one problem: the editor's engine or another, and a sink of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codex_lsp.engine.base import Cancellation, Sampler
from codex_lsp.evals.problems import Problem
from codex_lsp.evals.prompts import ProblemPrompts
from codex_lsp.evals.stopping import stop_rule
from codex_lsp.rows import Row
from codex_lsp.sampling import SamplingParams, StopRule
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Candidate, FinishReason, Prompt


@dataclass(frozen=True, slots=True)
class Drawn:
    """One batch.

    :ivar ms: what it took, from the prompt to the last token
    """

    candidates: Sequence[Candidate]
    ms: float


class WholeSamples:
    """A :class:`~codex_lsp.engine.base.TokenSink`: every row goes on to its own end."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        prompt: Prompt,
        rows: int,
        max_tokens: int,
        stop_ids: frozenset[int],
        ends: StopRule,
    ) -> None:
        self._rows = [Row(tokenizer.decoder(prompt.ids), prompt.healed) for _ in range(rows)]
        self._max_tokens = max_tokens
        self._stop_ids = stop_ids
        self._ends = ends

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        """Take one token; True when the row has ended."""
        state = self._rows[row]
        if state.finish is not None:
            return True
        if token_id in self._stop_ids:
            state.finish = FinishReason.END_OF_TEXT
            return True
        state.feed(token_id, logprob)
        keep = self._ends(state.text)
        if keep is not None:
            state.cut(keep)
        elif state.finish is None and len(state.tokens) >= self._max_tokens:
            state.finish = FinishReason.LENGTH
        return state.finish is not None

    def candidates(self) -> list[Candidate]:
        """Return the rows as far as they are kept."""
        return [row.candidate() for row in self._rows]


def draw(
    engine: Sampler, prompts: ProblemPrompts, problem: Problem, params: SamplingParams
) -> Drawn:
    """Draw ``params.rows`` samples of ``problem`` as one batch.

    Should none begin with the newline that healing left to them, they are drawn once more with the
    newline given, as the editor's completer does.

    :raises UsageError: the problem does not fit into the model's window
    :raises EngineError: the model cannot be run
    """
    drawn = Drawn((), 0.0)
    for heal in (True, False):
        prompt = prompts.build(problem, params.max_tokens, heal)
        again = _draw(engine, prompt, prompts.stop_ids, problem, params)
        drawn = Drawn(again.candidates, drawn.ms + again.ms)
        lost = [item.finish_reason is FinishReason.MISMATCH for item in drawn.candidates]
        if not all(lost):
            break
    return drawn


def _draw(
    engine: Sampler,
    prompt: Prompt,
    stop_ids: frozenset[int],
    problem: Problem,
    params: SamplingParams,
) -> Drawn:
    sink = WholeSamples(
        engine.tokenizer,
        prompt,
        params.rows,
        params.max_tokens,
        stop_ids,
        stop_rule(problem.hole),
    )
    generation = engine.generate(
        prompt,
        params,
        sink,
        Cancellation(),
        params.max_tokens + len(prompt.healed),
    )
    return Drawn(sink.candidates(), generation.timing.total)
