"""The batches that are decoded for one request: healed ones first, the plain one at last."""

from __future__ import annotations

from dataclasses import replace

from codex_lsp.anchors import Anchors
from codex_lsp.engine.base import Cancellation, Engine
from codex_lsp.errors import GenerationCancelled
from codex_lsp.healing import healed_blank, healed_word
from codex_lsp.options import CompleterOptions
from codex_lsp.prompt import PromptBuilder
from codex_lsp.rows import BestOfN
from codex_lsp.sampling import StopRule, end_of_first_line, end_of_line
from codex_lsp.selection import Selection
from codex_lsp.syntax.lexical import place_at_end
from codex_lsp.syntax.rules import block_rule
from codex_lsp.typed import TypedText
from codex_lsp.types import Context, Prompt, Shape, Timing, Work

MIN_HEALED_MASS = 1e-4
"""A word that the model gives less than this is none that it knows: healing would distort it."""


class Batches:
    """Decodes for one request.

    :ivar timing: what it took so far; ``total`` is left to the caller
    :ivar work: the tokens it took so far
    """

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
        self._line_end, self._block_end = stop_rules(context, options.context.max_lines)
        sampling = options.sampling
        longest = sampling.line_tokens if self._block_end is None else sampling.max_tokens
        self._longest = min(longest, prompts.longest)
        self.timing = Timing()
        self.work = Work()

    def run(self, selection: Selection, cancellation: Cancellation) -> None:
        """Let ``selection`` decide among samples."""
        if word := healed_word(self._context.prefix):
            if self._heal_word(word, selection, cancellation):
                return
        # Should no sample begin with the blank that is left to it, the blank is given instead.
        elif blank := healed_blank(self._context.prefix, self._context.language):
            self._sample(self._prompt(blank), selection, cancellation)
            if not selection.all_mismatched:
                return
        self._sample(self._prompt(""), selection, cancellation)

    def _heal_word(self, word: str, selection: Selection, cancellation: Cancellation) -> bool:
        """Let the model choose the token that the word becomes, and sample behind it.

        Sampling the token as well would lose most rows at once: seldom is a word typed that the
        model thought of before. So the likeliest of the tokens that spell it is given to all rows.
        """
        allowed = self._engine.tokenizer.starting_with(word)
        if not allowed:
            return False
        prompt = self._prompt(word)
        first = self._engine.first_token(prompt, allowed, cancellation)
        self._count(first.generation.timing, prompt, first.generation.kept, 1)
        if first.mass < MIN_HEALED_MASS:
            return False
        self._sample(prompt, selection, cancellation, (first.id, first.logprob))
        return True

    def _sample(
        self,
        prompt: Prompt,
        selection: Selection,
        cancellation: Cancellation,
        given: tuple[int, float] | None = None,
    ) -> None:
        """Decode one batch.

        :param given: the token that all rows begin with, and its log-probability
        """
        sampling = self._options.sampling
        limit = self._options.max_latency_ms
        rows = BestOfN(
            self._engine.tokenizer,
            prompt,
            sampling,
            self._prompts.stop_ids,
            self._line_end,
            self._block_end,
            selection,
            given,
            self._typed,
            lambda: limit is not None and selection.elapsed_ms > limit,
        )
        if given is not None:
            prompt = replace(prompt, tail_ids=(*prompt.tail_ids, given[0]))
        longest = self._longest + len(prompt.healed)
        try:
            done = self._engine.generate(prompt, sampling, rows, cancellation, longest)
        except GenerationCancelled as error:
            raise GenerationCancelled(self.work.decoded + rows.fed) from error
        selection.finish(rows.end())
        self._count(done.timing, prompt, done.kept, rows.fed)

    def _prompt(self, healed: str) -> Prompt:
        uri = self._context.uri
        prompt, anchor = self._prompts.build(
            self._context, self._options.budget, self._longest, healed, self._anchors.get(uri)
        )
        self._anchors.keep(uri, anchor)
        return prompt

    def _count(self, timing: Timing, prompt: Prompt, kept: int, decoded: int) -> None:
        self.timing = Timing(
            self.timing.prefill + timing.prefill, self.timing.decode + timing.decode
        )
        self.work += Work(len(prompt.ids) - kept, kept, decoded)


def stop_rules(context: Context, max_lines: int) -> tuple[StopRule, StopRule | None]:
    """Return where first lines end, and where the winner's block ends if one is wanted."""
    if context.shape is Shape.LINE:
        return end_of_line, None
    whole = context.prefix_start == 0
    place = place_at_end(context.prefix, context.language, whole)
    block = block_rule(context.prefix, context.language, place, max_lines)
    # Behind what the line has already, the block may begin with the next one.
    return (end_of_first_line if context.line_before.strip() else end_of_line), block
