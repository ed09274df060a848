"""Whom to wait for: how good the first line is, and how late, by how many rows are waited for.

All rows of real positions are sampled once to the end of their lines, and kept. Then they are
played to the real pipeline under different rules, as if they were being decoded, so that the rules
meet the same samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from codex_lsp.bench.recall import TypedLine, type_lines
from codex_lsp.bench.tables import Table, percent
from codex_lsp.completer import Completer
from codex_lsp.context import ContextOptions, build_context
from codex_lsp.engine.base import (
    Cancellation,
    Engine,
    FirstToken,
    Generation,
    NoScores,
    PendingScores,
    TokenSink,
)
from codex_lsp.healing import healed_blank, healed_word
from codex_lsp.model_dir import ModelDescription
from codex_lsp.options import CompleterOptions, TokenBudget
from codex_lsp.prompt import PromptBuilder
from codex_lsp.sampling import SamplingParams
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Context,
    Document,
    Prompt,
    Timing,
)

PREFIX_TOKENS = 256
_CONTEXT = ContextOptions(max_prefix_chars=8 * PREFIX_TOKENS, max_suffix_chars=0, max_lines=1)

Row = Sequence[tuple[int, float]]
"""The sampled tokens of a row, each with its log-probability."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The samples of one position."""

    line: TypedLine
    context: Context
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """How many rows are drawn, and how long they are waited for.

    :ivar patience: see :class:`~codex_lsp.sampling.SamplingParams`
    :ivar sure_logprob: see there, too
    """

    name: str
    n: int
    patience: int | None
    sure_logprob: float | None = None


RULES = (
    Rule("one sample", 1, None),
    Rule("2, all waited for", 2, None),
    Rule("4, all waited for", 4, None),
    Rule("8, all waited for", 8, None),
    Rule("4, the first whole line", 4, 0),
    Rule("4, two steps more", 4, 2),
    Rule("4, four steps more", 4, 4),
    Rule("4, eight steps more", 4, 8),
    Rule("2, two steps more", 2, 2),
    Rule("8, two steps more", 8, 2),
    Rule("4, two steps more, one row where 90 % sure", 4, 2, -0.1),
    Rule("4, two steps more, one row where 70 % sure", 4, 2, -0.36),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule came to at one position.

    :ivar steps: how many steps were decoded until the line was shown
    :ivar decoded: how many tokens were decoded for it, all rows
    """

    right: bool
    begins_right: bool
    steps: int
    decoded: int


def draw(
    engine: Engine,
    description: ModelDescription,
    packages: Mapping[str, Mapping[str, str]],
    lines: int,
    seed: int,
) -> Iterator[Drawn]:
    """Sample eight rows at places where no word is begun, one place a line."""
    prompts = PromptBuilder(description, engine.tokenizer)
    params = SamplingParams(
        n=8,
        temperature=description.sampling.temperature,
        top_k=description.sampling.top_k,
        top_p=description.sampling.top_p,
    )
    for files in packages.values():
        known = ""
        for line in type_lines(files, lines, seed):
            whole = line.text + line.rest
            if whole == known or healed_word(line.text):
                continue
            known = whole
            request = CompletionRequest(Document(line.text, "python"), len(line.text))
            context = build_context(request, _CONTEXT)
            if not isinstance(context, Context) or not context.prefix.strip():
                continue
            healed = healed_blank(context.prefix)
            budget = TokenBudget(PREFIX_TOKENS)
            prompt, _ = prompts.build(context, budget, params.max_line_tokens, healed)
            sink = _Keep(engine.tokenizer, prompt, params.n, prompts.stop_ids)
            limit = params.max_line_tokens + len(healed)
            engine.generate(prompt, params, sink, Cancellation(), limit)
            yield Drawn(line, context, tuple(tuple(row) for row in sink.rows))


def play(drawn: Drawn, rule: Rule, tokenizer: Tokenizer, description: ModelDescription) -> Seen:
    """Let the pipeline decide among the samples of one position."""
    engine = Played(tokenizer, drawn.rows[: rule.n])
    sampling = SamplingParams(n=rule.n, patience=rule.patience, sure_logprob=rule.sure_logprob)
    options = CompleterOptions(
        sampling=sampling,
        context=_CONTEXT,
        budget=TokenBudget(PREFIX_TOKENS),
        max_latency_ms=None,
        profile="eager",
    )
    outcome = Completer(engine, description).complete(drawn.context, options)
    text = outcome.result.text if isinstance(outcome.result, Completion) else ""
    return Seen(
        drawn.line.is_right(text),
        drawn.line.begins_right(text),
        engine.steps,
        outcome.work.decoded,
    )


class _Keep:
    """A sink that keeps every row to the end of its line."""

    def __init__(
        self, tokenizer: Tokenizer, prompt: Prompt, n: int, stop_ids: frozenset[int]
    ) -> None:
        self.rows: list[list[tuple[int, float]]] = [[] for _ in range(n)]
        self._decoders = [tokenizer.decoder(prompt.ids) for _ in range(n)]
        self._texts = [""] * n
        self._healed = prompt.healed
        self._stop_ids = stop_ids

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        """Keep the token; the row ends with its line, or its document."""
        self.rows[row].append((token_id, logprob))
        if token_id in self._stop_ids:
            return True
        self._texts[row] += self._decoders[row].step(token_id)
        return "\n" in self._texts[row][len(self._healed) :]


class Played:
    """An engine that gives the rows it was made with, again for each batch, one token a step.

    :ivar steps: how many steps were taken in all
    """

    def __init__(self, tokenizer: Tokenizer, rows: Sequence[Row]) -> None:
        self.tokenizer = tokenizer
        self.steps = 0
        self._rows = rows

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        """Feed the rows until each has ended or been stopped."""
        going = dict(enumerate(self._rows))
        step = 0
        while going:
            going = {
                row: tokens
                for row, tokens in going.items()
                if step < len(tokens) and not sink.feed(row, *tokens[step])
            }
            step += 1
        self.steps += step
        return Generation(Timing())

    def first_token(
        self, prompt: Prompt, allowed: Sequence[int], cancellation: Cancellation
    ) -> FirstToken:
        """Expect none: no word is begun at the places that are played."""
        return FirstToken(allowed[0], 0.0, 0.0, Generation(Timing()))

    def score(self, sequences: Sequence[tuple[int, ...]]) -> PendingScores:
        """Score nothing."""
        return NoScores()

    def close(self) -> None:
        """Nothing to give back."""


def table(seen: Mapping[Rule, Sequence[Seen]]) -> Table:
    """Return what each rule came to; the first is what the others are compared with.

    Steps and tokens are means over the positions. A gain has the standard error of the difference,
    position by position, since all rules meet the same samples.
    """
    base = next(iter(seen.values()))
    rows = []
    for rule, items in seen.items():
        count = len(items)
        steps = sorted(item.steps for item in items)
        rows.append(
            (
                rule.name,
                percent(sum(item.right for item in items) / count),
                _gain(items, base),
                percent(sum(item.begins_right for item in items) / count),
                f"{sum(steps) / count:.1f}",
                str(steps[(count - 1) * 9 // 10]),
                f"{sum(item.decoded for item in items) / count:.1f}",
            )
        )
    return Table(
        "waiting",
        "Whom to wait for",
        (
            "samples",
            "right, %",
            "gain, points",
            "or begins so, %",
            "steps",
            "steps, 90 %",
            "tokens",
        ),
        tuple(rows),
        f"{len(base)} positions. **Right** is all of the rest of the line; **gain** is over one "
        "sample, with its standard error.",
    )


def _gain(items: Sequence[Seen], base: Sequence[Seen]) -> str:
    differences = [one.right - other.right for one, other in zip(items, base, strict=True)]
    count = len(differences)
    mean = sum(differences) / count
    variance = sum((value - mean) ** 2 for value in differences) / count
    return f"{100 * mean:+.1f} ± {100 * math.sqrt(variance / count):.1f}"
