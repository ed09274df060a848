"""The pipeline: a request in, ranked completions or a reason out.

``CompletionRequest → Context → Prompt → n rows → filters → dedupe → rank``
``→ Completion | Rejection``.
Recalled lines compete with the samples, or answer at once where they are likely to be right.
Every stage but the engine is a pure function of frozen values.
"""

from __future__ import annotations

from dataclasses import replace

from codex_lsp.anchors import WARM_TAIL_CHARS, Anchors
from codex_lsp.context import build_context
from codex_lsp.context.shape import opens_block
from codex_lsp.engine.base import Cancellation, Engine
from codex_lsp.model_dir import ModelDescription
from codex_lsp.options import CompleterOptions
from codex_lsp.prompt import PromptBuilder
from codex_lsp.ranking import MeanLogprob, Ranker
from codex_lsp.recalled import RecalledLines
from codex_lsp.rows import BestOfN
from codex_lsp.sampling import (
    EndOfBlock,
    StopRule,
    end_of_first_line,
    end_of_line,
    indent_width,
)
from codex_lsp.selection import Listener, Selection
from codex_lsp.typed import TypedText
from codex_lsp.types import (
    CompletionRequest,
    Context,
    Outcome,
    Rejection,
    RejectionReason,
    Shape,
    Timing,
    Trigger,
    Work,
)


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
        typed = typed or TypedText()
        recalled = RecalledLines(context, self._engine.tokenizer, self._prompts.bos)
        selection = Selection(context, options, self._ranker, listener, typed, recalled.ranked)
        invoked = context.trigger is Trigger.INVOKED
        if not invoked and (sure := recalled.sure()):
            selection.show(sure, complete=True)
            return Outcome(selection.result, first_ms=selection.first_ms)
        # Who asks by hand wants to see all there is, and has the time.
        if invoked:
            sampling = replace(options.sampling, patience=None)
            options = replace(options, sampling=sampling, max_latency_ms=None)
        recalled.ask(self._engine)
        sampler = _Sampler(self._engine, self._prompts, self._anchors, context, options, typed)
        timing, work = sampler.run(selection, cancellation or Cancellation())
        work += Work(scored=recalled.scored_tokens)
        timing = replace(timing, total=selection.elapsed_ms)
        return Outcome(selection.result, timing, work, selection.first_ms)

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


class _Sampler:
    """Samples for one request."""

    def __init__(
        self,
        engine: Engine,
        prompts: PromptBuilder,
        anchors: Anchors,
        context: Context,
        options: CompleterOptions,
        typed: TypedText,
    ) -> None:
        self._engine = engine
        self._prompts = prompts
        self._anchors = anchors
        self._context = context
        self._options = options
        self._typed = typed

    def run(self, selection: Selection, cancellation: Cancellation) -> tuple[Timing, Work]:
        """Let ``selection`` decide among samples; say what it took."""
        prefill = decode = 0.0
        work = Work()
        # Should no sample begin with the blank that healing left to it, the blank is given instead.
        for heal in (True, False):
            timing, spent, healed = self._batch(selection, cancellation, heal)
            prefill += timing.prefill
            decode += timing.decode
            work += spent
            if not (healed and selection.all_mismatched):
                break
        return Timing(prefill, decode), work

    def _batch(
        self, selection: Selection, cancellation: Cancellation, heal: bool
    ) -> tuple[Timing, Work, bool]:
        """Decode one batch; also say whether its prompt was healed."""
        context, options = self._context, self._options
        line_end, block_end = stop_rules(context, options.context.max_lines)
        sampling = options.sampling
        longest = sampling.line_tokens if block_end is None else sampling.max_tokens
        prompt, anchor = self._prompts.build(
            context, options.budget, longest, heal, self._anchors.get(context.uri)
        )
        self._anchors.keep(context.uri, anchor)
        limit = options.max_latency_ms
        rows = BestOfN(
            self._engine.tokenizer,
            prompt,
            sampling,
            self._prompts.stop_ids,
            line_end,
            block_end,
            selection,
            self._typed,
            lambda: limit is not None and selection.elapsed_ms > limit,
        )
        done = self._engine.generate(
            prompt, sampling, rows, cancellation, longest + len(prompt.healed)
        )
        selection.finish(rows.end())
        work = Work(len(prompt.ids) - done.kept, done.kept, rows.fed)
        return done.timing, work, bool(prompt.healed)


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


def stop_rules(context: Context, max_lines: int) -> tuple[StopRule, StopRule | None]:
    """Return where first lines end, and where the winner's block ends if one is wanted."""
    if context.shape is Shape.LINE:
        return end_of_line, None
    opened = opens_block(context.line_before)
    block = EndOfBlock(indent_width(context.line_before), opened, max_lines)
    return (end_of_first_line if opened else end_of_line), block
