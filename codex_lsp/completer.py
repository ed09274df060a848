"""The pipeline: a request in, ranked completions or a reason out.

``CompletionRequest → Context → Prompt → n rows → filters → dedupe → rank``
``→ Completion | Rejection``.
Recalled lines compete with the samples, or answer at once where they are likely to be right.
Every stage but the engine is a pure function of frozen values.
"""

from __future__ import annotations

from dataclasses import replace

from codex_lsp.anchors import WARM_TAIL_CHARS, Anchors
from codex_lsp.batches import Batches
from codex_lsp.context import build_context
from codex_lsp.engine.base import Cancellation, Engine
from codex_lsp.model_dir import ModelDescription
from codex_lsp.options import CompleterOptions, RankerName
from codex_lsp.prompt import PromptBuilder
from codex_lsp.ranking import FALLBACK, Ranker, make_ranker, name_for
from codex_lsp.ranking.parse_errors import ParseErrors
from codex_lsp.recalled import RecalledLines
from codex_lsp.safety.check import Safety
from codex_lsp.selection import Listener, Selection
from codex_lsp.trace import bounded
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
    """Completes with one engine. Between requests it remembers little more than anchors."""

    def __init__(
        self, engine: Engine, description: ModelDescription, ranker: Ranker | None = None
    ) -> None:
        """Prepare for one model.

        :param ranker: one to use whatever the options say
        :raises InvalidModelError: the vocabulary lacks a token that the description names
        """
        self._engine = engine
        self._prompts = PromptBuilder(description, engine.tokenizer)
        self._weights = description.confidence or FALLBACK
        self._given_ranker = ranker
        self._rankers: dict[RankerName, Ranker] = {}
        self._safety = Safety()
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
        if not self._prompts.says_something(context, options.budget):
            return Outcome(
                Rejection(
                    RejectionReason.EMPTY,
                    "There is no text left of the cursor to go on from; write a line first.",
                )
            )
        typed = typed or TypedText()
        recalled = RecalledLines(
            context, self._engine.tokenizer, self._prompts.bos, self._weights.recalled
        )
        ranker = self._ranker(options.ranker, context.shape)
        safety = self._safety.for_request(context, options.safety)
        errors = ParseErrors(context)
        selection = Selection(
            context,
            options,
            ranker,
            listener,
            typed,
            recalled.ranked,
            safety,
            errors,
            self._weights.sampled,
        )
        invoked = context.trigger is Trigger.INVOKED
        if not invoked and selection.show_sure(recalled.sure()):
            timing = Timing(total=selection.elapsed_ms)
            return _outcome(selection, recalled, timing, Work())
        # Who asks by hand wants to see all there is, and has the time.
        if invoked:
            sampling = replace(options.sampling, patience=None, sure_logprob=None)
            options = replace(options, sampling=sampling, max_latency_ms=None)
        recalled.ask(self._engine)
        batches = Batches(self._engine, self._prompts, self._anchors, context, options, typed)
        batches.run(selection, cancellation or Cancellation())
        timing = replace(batches.timing, total=selection.elapsed_ms)
        work = batches.work + Work(scored=recalled.scored_tokens)
        return _outcome(selection, recalled, timing, work)

    def _ranker(self, name: RankerName, shape: Shape) -> Ranker:
        """Return the ranker of that name; a random one goes on where it stopped."""
        if self._given_ranker is not None:
            return self._given_ranker
        name = name_for(name, shape, self._prompts.reads_suffix)
        if name not in self._rankers:
            self._rankers[name] = make_ranker(name, self._engine)
        return self._rankers[name]

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
        if isinstance(context, Rejection):
            return Work()
        if not self._prompts.says_something(context, options.budget):
            return Work()
        self._safety.prepare(context.language, options.safety)
        anchor = self._anchors.get(context.uri)
        if anchor is not None and anchor.end + WARM_TAIL_CHARS < _end(context):
            anchor = None
        longest = min(options.sampling.max_tokens, self._prompts.longest)
        prompt, placed = self._prompts.build(context, options.budget, longest, anchor=anchor)
        if placed is anchor or not placed.text:
            return Work()  # its state is there since the request that placed it
        one = replace(options.sampling, n=1, temperature=0.0)
        flag = cancellation or Cancellation()
        done = self._engine.generate(prompt, one, _Nothing(), flag, 1)
        self._anchors.keep(context.uri, placed)
        return Work(len(prompt.ids) - done.kept, done.kept, 1)


class _Nothing:
    """Takes no token: the reading is what is wanted."""

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        """Stop."""
        return True


def _outcome(selection: Selection, recalled: RecalledLines, timing: Timing, work: Work) -> Outcome:
    considered = bounded([*selection.considered, *recalled.turned_down])
    return Outcome(selection.result, timing, work, selection.first_ms, considered)


def _context(
    request: CompletionRequest | Context, options: CompleterOptions
) -> Context | Rejection:
    if isinstance(request, Context):
        return request
    return build_context(request, options.context)


def _end(context: Context) -> int:
    """Return the cursor's offset in all the text left of it."""
    return context.prefix_start + len(context.prefix)
