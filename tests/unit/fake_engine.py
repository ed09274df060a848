"""A model that says what the test tells it to, one byte a token."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from codex_lsp.engine.base import Cancellation, FirstToken, Generation, TokenSink
from codex_lsp.errors import GenerationCancelled
from codex_lsp.model_dir import FimTokens, ModelDescription, PromptFormat
from codex_lsp.sampling import SamplingParams
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Prompt, Timing

END = "<end>"
SPECIAL = (END, "<pre>", "<suf>", "<mid>")


def byte_tokenizer() -> Tokenizer:
    """One token a byte: what is expected of ids can be written down by hand."""
    return merging_tokenizer()


def merging_tokenizer(*merges: tuple[str, str]) -> Tokenizer:
    """One token a byte, but for what is merged."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    spellings = [*alphabet, *("".join(pair) for pair in merges)]
    vocabulary = {spelling: index for index, spelling in enumerate(spellings)}
    inner = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=list(merges)))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(list(SPECIAL))
    return Tokenizer(inner)


def description(fim: bool = False, context_length: int = 1000) -> ModelDescription:
    return ModelDescription(
        name="fake",
        licence="none",
        context_length=context_length,
        quantization="float32",
        prompt=PromptFormat(stop=(END,), fim=FimTokens("<pre>", "<suf>", "<mid>") if fim else None),
    )


class FakeEngine:
    """Gives each row the text it was told, byte by byte, one row after the other at each step.

    A row is (text, log-probability of each token); a text that ends with ``<end>`` ends the row.
    """

    def __init__(
        self,
        *batches: Sequence[tuple[str, float]],
        on_step: Callable[[int], None] = lambda step: None,
        scores: dict[str, float] | None = None,
        first: tuple[str, float, float] | None = None,
    ) -> None:
        self.tokenizer = byte_tokenizer()
        self.prompts: list[Prompt] = []
        self.fed: list[int] = []
        self._batches = list(batches)
        self._on_step = on_step
        self._scores = scores
        self._first = first
        self.asked: list[Prompt] = []
        self.scored: list[str] = []

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        self.prompts.append(prompt)
        rows = self._batches.pop(0)
        assert len(rows) == params.rows
        ids = [self._ids(text) for text, _ in rows]
        self.fed = [0] * len(rows)
        stopped = [False] * len(rows)
        for step in range(max_tokens):
            self._on_step(step)
            for row, (_, logprob) in enumerate(rows):
                if cancellation.cancelled:
                    raise GenerationCancelled
                if not stopped[row] and step < len(ids[row]):
                    self.fed[row] += 1
                    stopped[row] = sink.feed(row, ids[row][step], logprob)
        return Generation(Timing(1.0, 2.0, 3.0))

    def first_token(
        self, prompt: Prompt, allowed: Sequence[int], cancellation: Cancellation
    ) -> FirstToken:
        """Choose the token that the test says: (text, log-probability, mass)."""
        self.asked.append(prompt)
        if self._first is None:
            return FirstToken(allowed[0], 0.0, 0.0, Generation(Timing()))
        text, logprob, mass = self._first
        (token_id,) = self.tokenizer.encode(text)
        assert token_id in allowed
        return FirstToken(token_id, logprob, mass, Generation(Timing(1.0, 0.0, 1.0)))

    def score(self, sequences: Sequence[tuple[int, ...]]) -> FakeEngine:
        """Take texts to score; each token has the log-probability written for the text's end."""
        self.scored = [self.tokenizer.decode(ids) for ids in sequences]
        return self

    def get(self) -> Sequence[Sequence[float]] | None:
        """Return the scores, None when the test gives none."""
        if self._scores is None:
            return None
        return [
            [value] * (len(self.tokenizer.encode(text)) - 1)
            for text in self.scored
            for end, value in self._scores.items()
            if text.endswith(end)
        ]

    def _ids(self, text: str) -> tuple[int, ...]:
        body = text.removesuffix(END)
        ids = self.tokenizer.encode(body)
        return ids if body == text else (*ids, self.tokenizer.token_id(END))

    def close(self) -> None:
        """Nothing to give back."""
