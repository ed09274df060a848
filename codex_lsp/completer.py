"""The pipeline: a request in, ranked completions or a reason out.

``CompletionRequest → Context → Prompt → n rows → filters → dedupe → rank``
``→ Completion | Rejection``.
Every stage but the engine is a pure function of frozen values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from codex_lsp.anchors import WARM_TAIL_CHARS, Anchors
from codex_lsp.context import build_context
from codex_lsp.context.shape import opens_block
from codex_lsp.engine.base import Cancellation, Engine
from codex_lsp.model_dir import ModelDescription
from codex_lsp.options import CompleterOptions
from codex_lsp.postprocess import FILTERS, Draft, apply_filters
from codex_lsp.prompt import PromptBuilder
from codex_lsp.ranking import MeanLogprob, Ranker
from codex_lsp.rows import BestOfN, Decision
from codex_lsp.sampling import (
    EndOfBlock,
    StopRule,
    end_of_first_line,
    end_of_line,
    indent_width,
)
from codex_lsp.typed import TypedText
from codex_lsp.types import (
    Alternative,
    Candidate,
    Completion,
    CompletionRequest,
    Context,
    FinishReason,
    Outcome,
    Rejection,
    RejectionReason,
    Shape,
    Timing,
    Work,
)

Listener = Callable[[Completion], None]
"""Told the completion as it stands: once the first lines are ranked, then as the block grows."""


class Completer:
    """Completes with one engine. Between requests it only remembers where anchors lie."""

    def __init__(
        self, engine: Engine, description: ModelDescription, ranker: Ranker | None = None
    ) -> None:
        """Prepare for one model.

        :raises InvalidModelError: the vocabulary lacks a token that the description names
        """
        self._engine = engine
        self._prompts = PromptBuilder(description, engine.tokenizer)
        self._ranker = ranker or MeanLogprob()
        self._anchors = Anchors()

    def complete(
        self,
        request: CompletionRequest | Context,
        options: CompleterOptions,
        cancellation: Cancellation | None = None,
        listener: Listener | None = None,
        typed: TypedText | None = None,
    ) -> Outcome:
        """Complete ``request``, telling ``listener`` on the way.

        The answer is for the document of the request; what ``typed`` holds by then is the beginning
        of each candidate. When no sample says it, the rejection is ``SUPERSEDED``.

        :param request: a request, or the context that was made of one with the same options
        :raises GenerationCancelled: ``cancellation`` was raised
        :raises EngineError: the model cannot be run
        """
        started = time.perf_counter()
        context = _context(request, options)
        if isinstance(context, Rejection):
            return Outcome(context)
        if not self._prompts.says_something(context):
            return Outcome(
                Rejection(
                    RejectionReason.EMPTY,
                    "There is no text left of the cursor to go on from; write a line first.",
                )
            )
        job = _Job(context, options, self._ranker, listener, started)
        prefill = decode = 0.0
        work = Work()
        flag = cancellation or Cancellation()
        # Should no sample begin with the blank that healing left to it, the blank is given instead.
        for heal in (True, False):
            timing, spent, healed = self._sample(context, options, job, flag, heal, typed)
            prefill += timing.prefill
            decode += timing.decode
            work += spent
            if not (healed and job.all_mismatched):
                break
        total = (time.perf_counter() - started) * 1000
        return Outcome(job.result, Timing(prefill, decode, total), work, job.first_ms)

    def _sample(
        self,
        context: Context,
        options: CompleterOptions,
        job: _Job,
        cancellation: Cancellation,
        heal: bool,
        typed: TypedText | None,
    ) -> tuple[Timing, Work, bool]:
        """Decode one batch into ``job``; also say whether its prompt was healed."""
        line_end, block_end = stop_rules(context, options.context.max_lines)
        sampling = options.sampling
        longest = sampling.line_tokens if block_end is None else sampling.max_tokens
        prompt, anchor = self._prompts.build(
            context, options.budget, longest, heal, self._anchors.get(context.uri)
        )
        self._anchors.keep(context.uri, anchor)
        rows = BestOfN(
            self._engine.tokenizer,
            prompt,
            sampling,
            self._prompts.stop_ids,
            line_end,
            block_end,
            job.decide,
            job.grow,
            typed,
        )
        done = self._engine.generate(
            prompt, sampling, rows, cancellation, longest + len(prompt.healed)
        )
        job.finish(rows.end())
        work = Work(len(prompt.ids) - done.kept, done.kept, rows.fed)
        return done.timing, work, bool(prompt.healed)

    def warm(
        self,
        request: CompletionRequest | Context,
        options: CompleterOptions,
        cancellation: Cancellation | None = None,
    ) -> Work:
        """Read the document up to an anchor, so that a request near the cursor finds its state.

        For idle times only: reading cannot be interrupted. An anchor that has fallen far behind
        the cursor is moved up.

        :raises GenerationCancelled: ``cancellation`` was raised
        :raises EngineError: the model cannot be run
        """
        context = _context(request, options)
        if isinstance(context, Rejection) or not self._prompts.says_something(context):
            return Work()
        anchor = self._anchors.get(context.uri)
        if anchor is not None and anchor.end + WARM_TAIL_CHARS < _end(context):
            anchor = None
        longest = options.sampling.max_tokens
        prompt, anchor = self._prompts.build(context, options.budget, longest, True, anchor)
        self._anchors.keep(context.uri, anchor)
        one = replace(options.sampling, n=1, temperature=0.0)
        flag = cancellation or Cancellation()
        done = self._engine.generate(prompt, one, _Nothing(), flag, 1)
        return Work(len(prompt.ids) - done.kept, done.kept, 1)


class _Nothing:
    """Takes no token: the reading is what is wanted."""

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        """Stop."""
        return True


def _context(
    request: CompletionRequest | Context, options: CompleterOptions
) -> Context | Rejection:
    if isinstance(request, Context):
        return request
    return build_context(request, options.context)


def _end(context: Context) -> int:
    """Return the cursor's offset in all the text left of it."""
    return context.prefix_start + len(context.prefix)


class _Job:
    """One request while it is worked on: from the rows' candidates to what is shown."""

    def __init__(
        self,
        context: Context,
        options: CompleterOptions,
        ranker: Ranker,
        listener: Listener | None,
        started: float,
    ) -> None:
        self._context = context
        self._options = options
        self._ranker = ranker
        self._listener = listener
        self._started = started
        self._shown: Completion | None = None
        self.first_ms = 0.0
        self.result: Completion | Rejection = Rejection(
            RejectionReason.EMPTY, "The model has nothing to add here."
        )
        self.all_mismatched = False

    def decide(self, lines: Sequence[Candidate]) -> Decision:
        """Rank the first lines and tell the listener the winner."""
        self.all_mismatched = all(line.finish_reason is FinishReason.MISMATCH for line in lines)
        drafts = [apply_filters(line, self._context, FILTERS) for line in lines]
        ranked = self._rank(drafts)
        if not ranked:
            rejections = [draft for draft in drafts if isinstance(draft, Rejection)]
            # The reason that most candidates share says most.
            reasons = [rejection.reason for rejection in rejections]
            self.result = max(rejections, key=lambda item: reasons.count(item.reason))
            return Decision(None, False)
        winner, best = ranked[0]
        if best.candidate.mean_logprob < self._options.min_mean_logprob:
            self.result = Rejection(
                RejectionReason.LOW_CONFIDENCE,
                f"The best candidate's mean log-probability is {best.candidate.mean_logprob:.2f}, "
                f"below the threshold of {self._options.min_mean_logprob:g}.",
            )
            return Decision(None, False)
        # A line that a filter cut ends there: what the model wrote behind it goes with it.
        untouched = best.text == lines[winner].text.rstrip()
        go_on = self._context.shape is Shape.BLOCK and untouched and best.replaces == 0
        agreement = _agreement(drafts)
        self._show(
            best,
            tuple(
                self._alternative(draft, rank, agreement[draft.text])
                for rank, (_, draft) in enumerate(ranked)
            ),
            complete=not go_on,
        )
        return Decision(winner, go_on)

    def grow(self, winner: Candidate) -> None:
        """Tell the listener that the winner has grown."""
        if self._listener is None or self._shown is None:
            return
        # The row is still being decoded: its half line is no reason to cut anything yet.
        draft = apply_filters(
            replace(winner, finish_reason=FinishReason.STOP), self._context, FILTERS
        )
        if isinstance(draft, Draft) and len(draft.text) > len(self._shown.text):
            self._show(draft, self._shown.alternatives, complete=False)

    def finish(self, winner: Candidate | None) -> None:
        """Make the answer of the whole winner."""
        if winner is None or self._shown is None:
            return
        self.result = replace(self._shown, complete=True)
        if not self._shown.complete:
            draft = apply_filters(winner, self._context, FILTERS)
            if isinstance(draft, Draft):
                self.result = self._completion(draft, self._shown.alternatives, complete=True)

    def _rank(self, drafts: Sequence[Draft | Rejection]) -> list[tuple[int, Draft]]:
        """Return the different drafts with their rows' indices, best first."""
        best: dict[str, tuple[float, int, Draft]] = {}
        for index, draft in enumerate(drafts):
            if isinstance(draft, Rejection):
                continue
            score = self._ranker.score(draft.candidate, self._context)
            if draft.text not in best or score > best[draft.text][0]:
                best[draft.text] = (score, index, draft)
        order = sorted(best.values(), key=lambda item: (-item[0], item[1]))
        return [(index, draft) for _, index, draft in order]

    def _show(self, draft: Draft, alternatives: tuple[Alternative, ...], complete: bool) -> None:
        self._shown = self._completion(draft, alternatives, complete)
        self.first_ms = self.first_ms or (time.perf_counter() - self._started) * 1000
        if self._listener is not None:
            self._listener(self._shown)

    def _completion(
        self, draft: Draft, alternatives: tuple[Alternative, ...], complete: bool
    ) -> Completion:
        winner = self._alternative(draft, 0, alternatives[0].agreement)
        return Completion(
            text=winner.text,
            start=self._context.offset,
            end=self._context.offset + draft.replaces,
            mean_logprob=winner.mean_logprob,
            tokens=winner.tokens,
            alternatives=(winner, *alternatives[1:]),
            complete=complete,
        )

    def _alternative(self, draft: Draft, rank: int, agreement: int) -> Alternative:
        return Alternative(
            text=draft.text.replace("\n", self._context.line_ending),
            mean_logprob=draft.candidate.mean_logprob,
            tokens=len(draft.candidate.tokens),
            rank=rank,
            agreement=agreement,
            replaces=draft.replaces,
        )


def _agreement(drafts: Sequence[Draft | Rejection]) -> dict[str, int]:
    """Count how many samples came to each text."""
    counts: dict[str, int] = {}
    for draft in drafts:
        if isinstance(draft, Draft):
            counts[draft.text] = counts.get(draft.text, 0) + 1
    return counts


def stop_rules(context: Context, max_lines: int) -> tuple[StopRule, StopRule | None]:
    """Return where first lines end, and where the winner's block ends if one is wanted."""
    if context.shape is Shape.LINE:
        return end_of_line, None
    opened = opens_block(context.line_before)
    block = EndOfBlock(indent_width(context.line_before), opened, max_lines)
    return (end_of_first_line if opened else end_of_line), block
