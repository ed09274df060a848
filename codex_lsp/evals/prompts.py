"""The whole problem as a prompt: no window, and nothing of it cut.

The last newline or blank of a prompt belongs to the token that follows it (a newline and the
indentation behind it are one token), so it is left to the samples, each of which has to begin with
it (token healing, as :mod:`codex_lsp.healing` does it for a blank before the cursor). Blank lines
at the prompt's end would be a part of that token, too, so the model is not shown them: behind a
bare newline it would have to go on as it never read. Nothing else of a problem's text is changed.
"""

from __future__ import annotations

import re

from codex_lsp.errors import UsageError
from codex_lsp.evals.problems import Hole, Problem
from codex_lsp.model_dir import ModelDescription
from codex_lsp.options import TokenBudget
from codex_lsp.prompt import PromptBuilder
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Context, Prompt, Shape

_BLANK_LINES = re.compile(r"\n\s*\n\Z")


class ProblemPrompts:
    """Builds the prompts of problems for one model."""

    def __init__(self, description: ModelDescription, tokenizer: Tokenizer) -> None:
        """Look up the model's control tokens.

        :raises InvalidModelError: the vocabulary lacks one that the description names
        """
        self._builder = PromptBuilder(description, tokenizer)
        self._tokenizer = tokenizer
        self._context_length = description.context_length
        self.stop_ids = self._builder.stop_ids
        self.bos = self._builder.bos

    def build(self, problem: Problem, max_tokens: int, heal: bool = True) -> Prompt:
        """Make the prompt of ``problem``.

        :param max_tokens: how many tokens will be decoded; they need room in the model's window
        :raises UsageError: problem and completion do not fit into the model's window
        """
        shown = _BLANK_LINES.sub("\n", problem.prompt)
        last = shown[-1:]
        healed = last if heal and last in ("\n", " ", "\t") else ""
        prefix = shown[: len(shown) - len(healed)]
        self._refuse_too_long(problem, max_tokens)
        everything = TokenBudget(self._context_length, self._context_length)
        # A line's own end is a part of its hole. It is shown behind it all the same, as in an
        # editor, where the cursor stands on a blank line: else nothing would seem to be missing.
        end = "\n" if problem.hole is Hole.LINE and problem.suffix else ""
        context = Context(prefix, end + problem.suffix, "python", Shape.BLOCK)
        prompt, _ = self._builder.build(context, everything, max_tokens)
        # No anchor: a problem's prompt is read once for each batch, so there is no state to keep.
        return Prompt((), prompt.ids, healed)

    def _refuse_too_long(self, problem: Problem, max_tokens: int) -> None:
        needed = len(self._tokenizer.encode(problem.prompt)) + 8 + max_tokens
        needed += len(self._tokenizer.encode(problem.suffix))
        if needed > self._context_length:
            raise UsageError(
                f"{problem.task_id} with {max_tokens} tokens to write takes {needed} tokens, but "
                f"the model's window holds {self._context_length}; lower --max-tokens."
            )
