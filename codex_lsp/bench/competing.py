"""What recalled lines do for completions: the same places with them and without them.

The pipeline completes lines of real packages twice. The second time it is given what is recalled.
The state of no prompt is kept in between, so the times are those of a cursor that has just jumped.

The two are compared by the probability that each is right. What makes that of a recalled line is
fitted to the same places; what makes that of a sampled one, to more languages
(:mod:`codex_lsp.evals.quality.calibrating`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from codex_lsp.bench.recall import TypedLine, logistic
from codex_lsp.bench.tables import Table, ms, percent
from codex_lsp.completer import Completer
from codex_lsp.confidence_weights import RecalledWeights
from codex_lsp.context import build_context
from codex_lsp.engine.base import Engine
from codex_lsp.errors import EngineError
from codex_lsp.model_dir import ModelDescription
from codex_lsp.options import CompleterOptions
from codex_lsp.ranking.confidence import recalled_features
from codex_lsp.recall.find import Cursor, recall
from codex_lsp.recalled import RecalledLines
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Document,
    Outcome,
    Rejection,
    Source,
)

LINES = 2
FLOOR = 0.05
EVERY = 7
"""One in so many lines typed so far is completed: each line at another place."""
SOON_MS = 100.0
_SCORE_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a completion offers for the rest of the line.

    :ivar confidence: how likely it is said to be right; 0 when nothing is offered
    :ivar first_ms: how long it took until there was something to show; infinite if there never was
    """

    source: Source | None
    right: bool
    begins_right: bool
    confidence: float
    first_ms: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A recalled line with the model's score."""

    probability: float
    mean_logprob: float
    right: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """One place, completed twice.

    :ivar at_once: recalled lines answered without the model
    """

    typed: int
    without: Shown
    with_lines: Shown
    at_once: bool


def compete(
    engine: Engine,
    description: ModelDescription,
    options: CompleterOptions,
    lines: Iterable[TypedLine],
) -> Iterator[Trial]:
    """Complete one in ``EVERY`` lines without recalled lines and with them.

    :param options: what is asked for; all that there is to show is shown
    :raises EngineError: the model cannot be run
    """
    options = replace(_of_lines(options), profile="eager")
    for line, request in _requests(lines):
        outcomes = []
        for recalled in ((), request.recalled):
            completer = Completer(engine, description)
            outcomes.append(completer.complete(replace(request, recalled=recalled), options))
        shown = [_judge(outcome, line) for outcome in outcomes]
        at_once = shown[1].source is Source.RECALLED and not outcomes[1].work.decoded
        yield Trial(line.typed, shown[0], shown[1], at_once)


def score(
    engine: Engine, options: CompleterOptions, lines: Iterable[TypedLine]
) -> Iterator[list[Scored]]:
    """Have the model score all lines that are recalled at the same places.

    :raises EngineError: the model cannot be run
    """
    options = _of_lines(options)
    for line, request in _requests(lines):
        yield _score(engine, request, options, line)


def _of_lines(options: CompleterOptions) -> CompleterOptions:
    """Return the options for completing lines: lines are compared."""
    return replace(options, context=replace(options.context, max_lines=1))


def _requests(lines: Iterable[TypedLine]) -> Iterator[tuple[TypedLine, CompletionRequest]]:
    """Yield one in ``EVERY`` lines, and the request for the rest of it with what is recalled."""
    for number, line in enumerate(islice(lines, 0, None, EVERY)):
        found = recall(Cursor.at(line.text, len(line.text)), line.index, LINES, FLOOR)
        document = Document(line.text, "python", f"file:///{number}.py")
        yield line, CompletionRequest(document, len(line.text), recalled=found)


def _judge(outcome: Outcome, line: TypedLine) -> Shown:
    if not isinstance(outcome.result, Completion):
        return Shown(None, False, False, 0.0, float("inf"))
    best = outcome.result.alternatives[0]
    text = best.text.partition("\n")[0].rstrip()
    return Shown(
        best.source,
        line.is_right(text),
        line.begins_right(text),
        best.confidence,
        outcome.first_ms,
    )


def _score(
    engine: Engine, request: CompletionRequest, options: CompleterOptions, line: TypedLine
) -> list[Scored]:
    """Have the model score all recalled lines, whether or not the pipeline would."""
    context = build_context(request, options.context)
    if isinstance(context, Rejection) or not request.recalled:
        return []
    lines = RecalledLines(context, engine.tokenizer, ())
    lines.ask(engine)
    deadline = time.monotonic() + _SCORE_LIMIT_S
    ranked = lines.ranked()
    while any(np.isnan(item.draft.candidate.mean_logprob) for item in ranked):
        if time.monotonic() > deadline:
            raise EngineError("No line was scored within a minute; this engine cannot do that.")
        time.sleep(0.001)
        ranked = lines.ranked()
    prior = {item.text: item.probability for item in request.recalled}
    return [
        Scored(
            prior[item.draft.text],
            item.draft.candidate.mean_logprob,
            line.is_right(item.draft.text),
        )
        for item in ranked
        if item.draft.text in prior
    ]


def fit_recalled(lines: Sequence[Scored]) -> RecalledWeights:
    """Fit what makes the probability of a recalled line that the model has scored."""
    x = [recalled_features(line.probability, line.mean_logprob) for line in lines]
    found = logistic(np.array(x), np.array([line.right for line in lines]))
    return RecalledWeights(*map(float, found))


def tables(trials: Sequence[Trial]) -> list[Table]:
    """Return what is shown without recalled lines and with them, and who was right."""
    return [_shown(trials), _winners(trials)]


def _shown(trials: Sequence[Trial]) -> Table:
    rows = []
    for name, shown in (
        ("samples alone", [item.without for item in trials]),
        ("with recalled lines", [item.with_lines for item in trials]),
    ):
        times = [item.first_ms for item in shown]
        rows.append(
            (
                name,
                percent(_mean(item.source is not None for item in shown)),
                percent(_mean(item.right for item in shown)),
                percent(_mean(item.begins_right for item in shown)),
                percent(sum(item.confidence for item in shown) / len(shown)),
                ms(float(np.median(times))),
                percent(_mean(time <= SOON_MS for time in times)),
            )
        )
    return Table(
        "competing",
        "With and without recalled lines",
        (
            "",
            "shown, %",
            "right, %",
            "right or begins so, %",
            "said to be right, %",
            "first, ms",
            "within 100 ms, %",
        ),
        tuple(rows),
        f"Of {len(trials)} places. Said to be right: by the confidence. The times are those of "
        "prompts whose state was not kept.",
    )


def _winners(trials: Sequence[Trial]) -> Table:
    groups: dict[str, list[Trial]] = {"at once, without the model": [], "beside samples": []}
    for item in trials:
        if item.with_lines.source is Source.RECALLED:
            groups["at once, without the model" if item.at_once else "beside samples"].append(item)
    rows = tuple(
        (
            name,
            percent(len(group) / len(trials)),
            percent(_mean(item.with_lines.right for item in group)),
            percent(sum(item.with_lines.confidence for item in group) / max(1, len(group))),
            percent(_mean(item.without.right for item in group)),
        )
        for name, group in groups.items()
    )
    return Table(
        "competing-winners",
        "Where a recalled line is shown",
        (
            "",
            "of all places, %",
            "it is right, %",
            "it is said to be right, %",
            "the best sample is right there, %",
        ),
        rows,
    )


def _mean(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else float("nan")
