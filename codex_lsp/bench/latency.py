"""How long the engine and the pipeline take, by context length and number of rows.

Each time is a median over repetitions. Between them engine, rows and context take turns, so that a
machine that slows down slows all of them. Terms: **cold** is the time to the first token of a
prompt of which nothing is kept; **first** the time to it with the context's state kept and eight
new tokens behind it, as after a few keys; **step** the time of each further token of all rows;
**line** the time from a request to the ranked first line.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from codex_lsp.bench.corpus import Text
from codex_lsp.bench.metrics import median
from codex_lsp.completer import Completer
from codex_lsp.context import ContextOptions
from codex_lsp.engine.base import Cancellation, Engine
from codex_lsp.options import CompleterOptions, TokenBudget
from codex_lsp.sampling import SamplingParams
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import CompletionRequest, Document, Prompt

CONTEXTS = (64, 128, 256, 512, 1024)
ROWS = (1, 2, 4, 8)
COLD_ROWS = (1, 4)
NEW_TOKENS = 8
STEPS = 8
TYPED_CHARS = 8
MIN_LINE_CHARS = 24
REST_S = 0.25
"""Between two engines: the threads of the one before go on spinning for 0.2 s (OpenMP)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured time in milliseconds.

    :ivar what: ``cold``, ``first``, ``step``, ``line`` or ``cold line``
    :ivar context: the context's length in tokens
    """

    engine: str
    what: str
    context: int
    rows: int
    ms: float


Key = tuple[str, str, int, int]


def medians(samples: Iterable[Sample]) -> dict[Key, float]:
    """Return the median of each (engine, what, context, rows)."""
    groups: dict[Key, list[float]] = {}
    for item in samples:
        groups.setdefault((item.engine, item.what, item.context, item.rows), []).append(item.ms)
    return {key: median(values) for key, values in groups.items()}


def measure_engines(
    engines: Mapping[str, tuple[Engine, Sequence[int]]],
    texts: Sequence[Text],
    contexts: Sequence[int] = CONTEXTS,
    repeats: int = 5,
) -> Iterator[Sample]:
    """Measure ``cold``, ``first`` and ``step`` on bare engines that share a vocabulary.

    :param engines: by name, with the numbers of rows to measure each with
    """
    tokenizer = next(iter(engines.values()))[0].tokenizer
    ids = tokenizer.encode("\n".join(text.content for text in texts))
    cases = [(name, engine, n) for name, (engine, rows) in engines.items() for n in rows]
    fresh = itertools.count()
    for repeat, context in itertools.product(range(repeats), contexts):
        turn = repeat % len(cases)
        for name, engine, n in cases[turn:] + cases[:turn]:
            _rest(len(engines))
            if n in COLD_ROWS:
                start = next(fresh) * 7 % max(1, len(ids) - context)
                prompt = Prompt((), ids[start : start + context])
                yield Sample(name, "cold", context, n, _first_token(engine, prompt, n)[0])
            yield from _warm(name, engine, ids, context, n, repeat)


def _warm(
    name: str, engine: Engine, ids: Sequence[int], context: int, n: int, repeat: int
) -> Iterator[Sample]:
    """Keep the context's state, then measure from there on with new tokens behind it."""
    anchor = tuple(ids[:context])
    _first_token(engine, Prompt(anchor, tuple(ids[context : context + 1])), 1, steps=0)
    start = context + 1 + repeat * NEW_TOKENS
    first, step = _first_token(engine, Prompt(anchor, tuple(ids[start : start + NEW_TOKENS])), n)
    yield Sample(name, "first", context, n, first)
    if step is not None:
        yield Sample(name, "step", context, n, step)


def _first_token(
    engine: Engine, prompt: Prompt, n: int, steps: int = STEPS
) -> tuple[float, float | None]:
    """Return the time to the first token, and that of a step after it, in milliseconds."""
    count = _Count()
    params = SamplingParams(n=n, temperature=0.4)
    done = engine.generate(prompt, params, count, Cancellation(), 1 + steps)
    taken = -(-count.tokens // n) - 1
    return done.timing.prefill, done.timing.decode / taken if taken else None


class _Count:
    """Takes tokens and stops nothing."""

    def __init__(self) -> None:
        self.tokens = 0

    def feed(self, row: int, token_id: int, logprob: float) -> bool:
        self.tokens += 1
        return False


def measure_lines(
    pipelines: Mapping[str, tuple[Completer, Sequence[int]]],
    tokenizer: Tokenizer,
    sampling: SamplingParams,
    texts: Sequence[Text],
    contexts: Sequence[int],
    places: int = 12,
) -> Iterator[Sample]:
    """Measure ``cold line`` and ``line``: the whole pipeline, up to the ranked first line.

    :param pipelines: by name, with the numbers of rows to measure each with
    """
    cases = [(name, completer, n) for name, (completer, rows) in pipelines.items() for n in rows]
    fresh = itertools.count()
    for context in contexts:
        for index, (before, line) in enumerate(_places(tokenizer, texts, context, places)):
            turn = index % len(cases)
            for name, completer, n in cases[turn:] + cases[:turn]:
                _rest(len(pipelines))
                # A first line of its own makes every prompt one of which nothing is kept.
                head = f"# {next(fresh)}\n{before}"
                options = _options(replace(sampling, n=n))
                for what, typed in (("cold line", TYPED_CHARS), ("line", 2 * TYPED_CHARS)):
                    text = head + line[:typed]
                    document = Document(text, "python", head[: head.find("\n")])
                    request = CompletionRequest(document, len(text))
                    took = completer.complete(request, options).timing.total
                    yield Sample(name, what, context, n, took)


def _rest(engines: int) -> None:
    if engines > 1:
        time.sleep(REST_S)


def _options(sampling: SamplingParams) -> CompleterOptions:
    """Return options that complete a line and let the whole text into the prompt."""
    everything = 1_000_000
    return CompleterOptions(
        sampling=sampling,
        context=ContextOptions(max_prefix_chars=everything, max_lines=1),
        budget=TokenBudget(prefix=everything),
        profile="eager",
    )


def _places(
    tokenizer: Tokenizer, texts: Sequence[Text], context: int, count: int
) -> Iterator[tuple[str, str]]:
    """Yield lines to complete, each with ``context`` tokens of text before it."""
    found = 0
    for number in itertools.count(1):
        for text in texts:
            place = _place(tokenizer, text.content, context, number)
            if place is not None:
                yield place
                found += 1
            if found == count:
                return
        if number > count:
            return


def _place(tokenizer: Tokenizer, text: str, context: int, number: int) -> tuple[str, str] | None:
    """Return the ``number``-th of the long lines that have enough text before them."""
    seen = offset = 0
    for line in text.splitlines(keepends=True):
        begin = offset + len(line) - len(line.lstrip())
        offset += len(line)
        if len(line.strip()) < MIN_LINE_CHARS or begin < 5 * context:
            continue
        seen += 1
        # Every fifth: neighbours would share most of their context.
        if seen == 5 * number:
            window = text[max(0, begin - 12 * context) : begin]
            ids, ends = tokenizer.encode_with_ends(window)
            if len(ids) < context:
                return None
            return window[ends[-context - 1] if len(ids) > context else 0 :], line.strip()
    return None
