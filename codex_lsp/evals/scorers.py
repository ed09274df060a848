"""Ways to score the samples of one problem, each as a function of them.

``back-translation``
    How likely the problem's docstring is behind the program that a sample makes (Chen et al. 2021,
    section 5), in nats a token. The paper asks a second model that was trained to write docstrings;
    here the model that wrote the sample is asked. The docstring's tokens are the same behind each
    sample, so their mean and their sum order samples alike.
``suffix-likelihood``
    The editor's ranker of that name: the sample's mean log-probability, plus that of the first
    tokens of the text right of the hole behind the sample.
``reference``
    How likely the problem's own solution is behind its prompt, in nats a token: no matter what was
    sampled, so that two models can be compared on the same texts.
``safety``
    The number of weaknesses that a sample brings in, negated, by the checks that the editor ranks
    with.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codex_lsp.engine.base import Engine
from codex_lsp.errors import EngineError, UsageError
from codex_lsp.evals.described import describe
from codex_lsp.evals.problems import Hole, Problem
from codex_lsp.evals.prompts import ProblemPrompts
from codex_lsp.evals.samples import Sample
from codex_lsp.model_dir import ModelDescription
from codex_lsp.ranking import SuffixLikelihood
from codex_lsp.safety.bandit_checks import Bandit
from codex_lsp.safety.check import Safety
from codex_lsp.types import Candidate, Context, FinishReason, Shape, Token

Scorer = Callable[[Problem, Sequence[Sample]], Sequence["float | None"]]
"""Takes all samples of one problem; None stands where there is nothing to score."""

WAIT_S = 600.0
"""How long the samples of a problem are waited for, on a machine however slow."""
_POLL_S = 0.001


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model reads: of ``ids`` the last ``counted`` are scored, 1 or more."""

    ids: tuple[int, ...]
    counted: int


def back_translation(engine: Engine, description: ModelDescription) -> Scorer:
    """Return the scorer; equal samples are read once."""
    bos = ProblemPrompts(description, engine.tokenizer).bos

    def score(problem: Problem, samples: Sequence[Sample]) -> Sequence[float | None]:
        described = describe(problem)
        if described is None:
            return [None] * len(samples)
        said = engine.tokenizer.encode(described.docstring)
        asked = _question(problem)
        readings: dict[str, Reading] = {}
        for text in dict.fromkeys(sample.completion for sample in samples):
            code = described.code(problem, text).rstrip()
            head = engine.tokenizer.encode(f"{code}{asked}")
            readings[text] = Reading(bos + head + said, len(said))
            _refuse_too_long(problem, readings[text], description)
        means = dict(zip(readings, read(engine, list(readings.values())), strict=True))
        return [means[sample.completion] for sample in samples]

    return score


def _question(problem: Problem) -> str:
    """Return what makes a docstring likely behind a program."""
    named = f"the function {problem.entry_point}" if problem.entry_point else "the program"
    return f'\n\n\n# What {named} above has to do, in words:\n"""'


def reference(engine: Engine, description: ModelDescription) -> Scorer:
    """Return the scorer; all samples of a problem are given the same."""
    prompts = ProblemPrompts(description, engine.tokenizer)

    def score(problem: Problem, samples: Sequence[Sample]) -> Sequence[float | None]:
        prompt = prompts.build(problem, 0)
        text = problem.canonical_solution
        if problem.hole is not Hole.LINE:
            text = text.rstrip()
        counted = engine.tokenizer.encode(prompt.healed + text)
        if not counted:
            return [None] * len(samples)
        reading = Reading(prompt.ids + counted, len(counted))
        _refuse_too_long(problem, reading, description)
        return read(engine, [reading]) * len(samples)

    return score


def suffix_likelihood(engine: Engine, description: ModelDescription) -> Scorer:
    """Return the scorer; problems with nothing right of the hole have nothing to score."""
    ranker = SuffixLikelihood(engine, wait_ms=WAIT_S * 1000)

    def score(problem: Problem, samples: Sequence[Sample]) -> Sequence[float | None]:
        if not problem.suffix.strip():
            return [None] * len(samples)
        context = Context(problem.prompt, problem.suffix, "python", Shape.BLOCK)
        said = [sample for sample in samples if sample.mean_logprob is not None]
        found = iter(ranker.scores([_candidate(sample) for sample in said], context))
        return [None if sample.mean_logprob is None else next(found) for sample in samples]

    return score


def _candidate(sample: Sample) -> Candidate:
    """Return what the ranker needs to know of a sample: its text and its mean."""
    token = Token(-1, sample.completion, sample.mean_logprob or 0.0)
    return Candidate((token,), FinishReason.STOP)


def safety() -> Scorer:
    """Return the scorer, which asks no model."""
    bandit = Bandit()
    bandit.load()
    # Nobody waits: bandit may look at every sample.
    checks = Safety(bandit, budget_ms=math.inf)

    def score(problem: Problem, samples: Sequence[Sample]) -> Sequence[float | None]:
        context = Context(problem.prompt, problem.suffix, "python", Shape.BLOCK)
        check = checks.for_request(context)
        return [-float(len(check(sample.completion, 0))) for sample in samples]

    return score


def read(engine: Engine, readings: Sequence[Reading]) -> list[float]:
    """Return the mean log-probability of what is counted of each reading, in nats a token.

    :raises EngineError: the model cannot be run
    """
    pending = engine.score([reading.ids for reading in readings])
    deadline = time.monotonic() + WAIT_S
    while (found := pending.get()) is None:
        if time.monotonic() > deadline:
            raise EngineError(
                f"The model gave no log-probabilities for {WAIT_S:g} s; run the command again, it "
                "goes on where it was."
            )
        time.sleep(_POLL_S)
    return [
        math.fsum(logprobs[-reading.counted :]) / reading.counted
        for reading, logprobs in zip(readings, found, strict=True)
    ]


def _refuse_too_long(problem: Problem, reading: Reading, description: ModelDescription) -> None:
    if len(reading.ids) > description.context_length:
        raise UsageError(
            f"{problem.task_id} takes {len(reading.ids)} tokens to read, but the model's window "
            f"holds {description.context_length}; take a model with a larger one."
        )
