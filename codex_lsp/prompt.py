"""A context to the token ids that the engine is given.

The prompt is split at an **anchor**: a place that stays put while the user types on one line, so
that the engine can keep its state up to there. It lies at the end of the last character before the
cursor's line that is not blank, and stays there for some lines (:mod:`codex_lsp.anchors`). The
whole prompt is tokenized at once and split between tokens, so that splitting never changes an id.

A fill-in-the-middle model is given the text right of the cursor as well, but for brackets and
quotes that an editor closes by itself: they come and go while a line is typed, and the kept state
would go with them. Where nothing else follows, the model goes on from the prefix as any other does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from codex_lsp.anchors import Anchor, anchor_offset
from codex_lsp.context.shape import CLOSERS
from codex_lsp.context.snippets.comments import as_comment
from codex_lsp.model_dir import FimTokens, ModelDescription
from codex_lsp.options import TokenBudget
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Context, Prompt, Snippet

TAIL_TOKENS = 96
"""Room that a new anchor leaves in the budget for what is typed behind it."""


@dataclass(frozen=True, slots=True)
class FimTemplate:
    """The ids that surround prefix and suffix in a fill-in-the-middle prompt."""

    prefix: int
    suffix: int
    middle: int
    suffix_first: bool

    @classmethod
    def of(cls, tokens: FimTokens, tokenizer: Tokenizer) -> FimTemplate:
        """Look the sentinels up in the vocabulary."""
        return cls(
            tokenizer.token_id(tokens.prefix),
            tokenizer.token_id(tokens.suffix),
            tokenizer.token_id(tokens.middle),
            tokens.order == "SPM",
        )


class PromptBuilder:
    """Builds prompts for one model."""

    def __init__(self, description: ModelDescription, tokenizer: Tokenizer) -> None:
        """Look up the model's control tokens.

        :raises InvalidModelError: the vocabulary lacks one that the description names
        """
        form = description.prompt
        self._tokenizer = tokenizer
        self._context_length = description.context_length
        self.bos = (tokenizer.token_id(form.bos),) if form.bos else ()
        self._fim = None if form.fim is None else FimTemplate.of(form.fim, tokenizer)
        names = form.stop
        if form.fim is not None:
            names = (*names, form.fim.prefix, form.fim.suffix, form.fim.middle)
        self.stop_ids = frozenset(tokenizer.token_id(name) for name in names)

    @property
    def reads_suffix(self) -> bool:
        """Whether the model is given the text right of the cursor."""
        return self._fim is not None

    @property
    def longest(self) -> int:
        """The most tokens to decode: the other half of the model's window is the prompt's."""
        return max(1, self._context_length // 2)

    def says_something(self, context: Context, budget: TokenBudget) -> bool:
        """Say whether the model has anything to go on: text that it can see and is not blank."""
        return bool(context.prefix.strip() or (budget.suffix and self._seen_suffix(context)))

    def build(
        self,
        context: Context,
        budget: TokenBudget,
        max_tokens: int,
        healed: str = "",
        anchor: Anchor | None = None,
    ) -> tuple[Prompt, Anchor]:
        """Make the prompt of ``context``, and say where its anchor lies.

        :param max_tokens: how many tokens will be decoded; they need room in the model's window
        :param healed: the end of the prefix that is left to the candidates
            (:mod:`codex_lsp.healing`)
        :param anchor: the document's anchor so far; it is used again if it can be
        """
        kept = context.prefix[: len(context.prefix) - len(healed)]
        room = self._context_length - max_tokens - len(self.bos) - 3
        limit = max(1, min(budget.prefix, room))
        share = int(limit * budget.snippet_share)
        block = snippet_ids(context.snippets, context.language, share, self._tokenizer)
        limit -= len(block)
        if (
            anchor is None
            or anchor.snippets != context.snippets
            or not anchor.holds(kept, context.prefix_start)
        ):
            placed = self._new_anchor(kept, context.prefix_start, limit)
            anchor = replace(placed, snippets=context.snippets)
        ids, ends = self._tokenizer.encode_with_ends(kept[anchor.start - context.prefix_start :])
        split = sum(1 for end in ends if end <= len(anchor.text))
        drop = max(0, len(ids) - limit)
        head, tail = block + ids[drop:split], ids[max(split, drop) :]
        suffix_room = max(0, min(budget.suffix, room - len(head) - len(tail)))
        suffix = self._tokenizer.encode(self._seen_suffix(context))[:suffix_room]
        if self._fim is None or not suffix:
            return Prompt(self.bos + head, tail, healed), anchor
        return self._fill_in_the_middle(self._fim, head, tail, suffix, healed), anchor

    def _seen_suffix(self, context: Context) -> str:
        """Return the text right of the cursor as the model is given it; empty for none of it.

        Without closers on the cursor's line: the model closes what it opened, and the filters see
        to it that nothing is closed twice, as they do for models that see no suffix at all.
        """
        if self._fim is None:
            return ""
        line, newline, below = context.suffix.partition("\n")
        if all(char in CLOSERS for char in line):
            line = ""
        suffix = line + newline + below
        return suffix if suffix.strip() else ""

    def _new_anchor(self, prefix: str, prefix_start: int, limit: int) -> Anchor:
        """Put an anchor above the cursor's line, with room left for what will be typed."""
        end = anchor_offset(prefix)
        ids, ends = self._tokenizer.encode_with_ends(prefix[:end])
        room = max(limit // 2, limit - TAIL_TOKENS)
        drop = _line_start_token(prefix, ends, max(0, len(ids) - room))
        start = ends[drop - 1] if drop else 0
        return Anchor(prefix_start + start, prefix[start:end])

    def _fill_in_the_middle(
        self,
        fim: FimTemplate,
        head: tuple[int, ...],
        tail: tuple[int, ...],
        suffix: tuple[int, ...],
        healed: str,
    ) -> Prompt:
        """Put the suffix into the anchor, too: typing then never invalidates the cached state.

        What was typed since the anchor follows the middle sentinel, as if the model had written it.
        """
        if fim.suffix_first:
            anchor = (fim.prefix, fim.suffix, *suffix, fim.middle, *head)
        else:
            anchor = (fim.prefix, *head, fim.suffix, *suffix, fim.middle)
        return Prompt(self.bos + anchor, tail, healed)


def snippet_ids(
    snippets: Sequence[Snippet], language: str, room: int, tokenizer: Tokenizer
) -> tuple[int, ...]:
    """Return the snippets that fit into ``room`` tokens, the most useful nearest to the code.

    They stand in front of everything else, so that the engine's kept state covers them.
    """
    taken: list[tuple[int, ...]] = []
    for snippet in snippets:
        text = as_comment(snippet, language)
        ids, ends = tokenizer.encode_with_ends(text)
        kept = _whole_lines(text, ends[:room])
        # The path alone says nothing.
        if text.count("\n", 0, ends[kept - 1] if kept else 0) > 1:
            taken.append(ids[:kept])
            room -= kept
    return tuple(chain.from_iterable(reversed(taken)))


def _whole_lines(text: str, ends: tuple[int, ...]) -> int:
    """Return how many of the tokens that end there make up whole lines."""
    last = (index for index in range(len(ends), 0, -1) if text[ends[index - 1] - 1] == "\n")
    return next(last, 0)


def _line_start_token(text: str, ends: tuple[int, ...], drop: int) -> int:
    """Move the cut ``drop`` on to the first token behind a newline, if there is one."""
    if drop == 0:
        return 0
    for index in range(drop, len(ends)):
        if text[ends[index - 1] - 1 : ends[index - 1]] == "\n":
            return index
    return drop
