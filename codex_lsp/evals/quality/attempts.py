"""Every hole through the editor's pipeline, in several ways, on the same samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from codex_lsp.completer import Completer
from codex_lsp.engine.base import Engine
from codex_lsp.evals.quality.draws import ROWS, Draw, DrawnEngine
from codex_lsp.evals.quality.holes import Hole
from codex_lsp.evals.quality.judging import Judge, Judgement
from codex_lsp.model_dir import ModelDescription
from codex_lsp.options import CompleterOptions
from codex_lsp.prompt import PromptBuilder
from codex_lsp.sampling import SamplingParams
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.types import Completion, CompletionRequest, Document, Rejection

MAX_BLOCK_TOKENS = 64
"""Blocks are cut here, and not at the editor's 128: it takes half of the time off."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was shown at a hole, or why nothing was.

    :ivar text: None when nothing was shown; ``reason`` says why, as the protocol spells it
    :ivar replaces: how many characters right of the cursor it takes the place of
    :ivar mean_logprob: of the first line, which is what is ranked; in nats a token
    :ivar tokens: of the first line
    :ivar end_logprob: of what the model said behind the first line; None where there is nothing
    :ivar agreement: how many samples came to the first line
    :ivar samples: of how many that the filters let pass
    :ivar steps: how many steps were decoded, of all rows at once
    :ivar scored: how many tokens were read to score candidates
    :ivar confidence: what the pipeline says of it
    """

    text: str | None
    reason: str = ""
    replaces: int = 0
    mean_logprob: float = 0.0
    tokens: int = 0
    confidence: float = 0.0
    judgement: Judgement | None = None
    end_logprob: float | None = None
    agreement: int = 1
    samples: int = 1
    steps: int = 0
    scored: int = 0

    @property
    def ended_logprob(self) -> float:
        """The log-probability that the model says just the first line, in nats."""
        return self.mean_logprob * self.tokens + (self.end_logprob or 0.0)

    @property
    def ended_mean_logprob(self) -> float:
        """The same for each of its tokens, the end being one."""
        count = self.tokens + (self.end_logprob is not None)
        return self.ended_logprob / count if count else 0.0

    @property
    def exact(self) -> bool:
        """Whether the cursor's line came to be the file's own."""
        return self.judgement is not None and self.judgement.exact

    @property
    def similarity(self) -> float:
        """The edit similarity; 0 when nothing was shown."""
        return 0.0 if self.judgement is None else self.judgement.similarity

    @property
    def kept(self) -> float | None:
        """The share of it that is kept; None when nothing was shown."""
        return None if self.judgement is None else self.judgement.kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """All attempts at one hole.

    :ivar editor: as the editor does it by default, but for recalled lines and the time limit
    :ivar greedy: one row, decoded without chance
    :ivar rows: each drawn sample as if it were the only one
    """

    hole: str
    group: str
    kind: str
    typed: int
    expected_chars: int
    editor: Attempt
    greedy: Attempt
    rows: tuple[Attempt, ...]

    def as_record(self) -> dict[str, Any]:
        """Return it as what a line of the results file holds."""
        return dataclasses.asdict(self)

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Outcome:
        """Read what :meth:`as_record` gives."""
        fields = dict(record)
        fields["editor"] = _attempt(record["editor"])
        fields["greedy"] = _attempt(record["greedy"])
        fields["rows"] = tuple(_attempt(row) for row in record["rows"])
        return cls(**fields)


def _attempt(record: dict[str, Any]) -> Attempt:
    found = record["judgement"]
    return Attempt(**{**record, "judgement": None if found is None else Judgement(**found)})


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What completes holes: a model's description and tokenizer, and the user's options."""

    description: ModelDescription
    tokenizer: Tokenizer
    options: CompleterOptions = field(default_factory=CompleterOptions)

    @classmethod
    def default(
        cls,
        description: ModelDescription,
        tokenizer: Tokenizer,
        change: Callable[[CompleterOptions], CompleterOptions] = lambda options: options,
    ) -> Pipeline:
        """Return the pipeline with the editor's defaults, but that it shows what is unsure too.

        Nothing depends on the clock.

        :param change: makes another default of the editor's
        """
        sampling = SamplingParams(**dataclasses.asdict(description.sampling))
        sampling = replace(sampling, n=ROWS, max_tokens=MAX_BLOCK_TOKENS)
        options = CompleterOptions(sampling=sampling, max_latency_ms=None, profile="eager")
        return cls(description, tokenizer, change(options))

    def attempt(
        self, hole: Hole, known: Sequence[Draw], live: Callable[[], Engine]
    ) -> tuple[Outcome, list[Draw]]:
        """Complete ``hole`` in every way; return what came of it, and all draws of the hole.

        :raises EngineError: the model cannot be run
        :raises UsageError: the extra ``eval`` is not installed
        """
        stop_ids = PromptBuilder(self.description, self.tokenizer).stop_ids
        engine = DrawnEngine(hole, self.tokenizer, stop_ids, live, known)
        judge = Judge(hole)
        sampling = self.options.sampling
        editor = self._one(hole, engine, judge, sampling)
        rows = []
        for row in range(ROWS):
            engine.first_row = row
            rows.append(self._one(hole, engine, judge, replace(sampling, n=1)))
        engine.first_row = 0
        greedy = self._one(hole, engine, judge, replace(sampling, temperature=0.0))
        outcome = Outcome(
            hole.id,
            hole.file.group,
            hole.kind,
            hole.typed,
            len(hole.expected),
            editor,
            greedy,
            tuple(rows),
        )
        return outcome, engine.draws

    def _one(
        self, hole: Hole, engine: DrawnEngine, judge: Judge, sampling: SamplingParams
    ) -> Attempt:
        context = self.options.context
        if hole.kind != "block":
            # A line is missing, so a line is asked for.
            context = replace(context, max_lines=1)
        options = replace(self.options, sampling=sampling, context=context)
        document = Document(
            hole.before + hole.after, hole.file.language, f"file:///{hole.file.name}"
        )
        request = CompletionRequest(document, hole.start)
        shown: list[Completion] = []

        def complete() -> Completion | Rejection:
            shown.clear()
            engine.steps = engine.scored = 0
            # A new completer: where an anchor lies must not depend on what was tried before.
            completer = Completer(engine, self.description)
            return completer.complete(request, options, listener=shown.append).result

        result = engine.run(complete)
        if isinstance(result, Rejection):
            return Attempt(None, result.reason.value, steps=engine.steps, scored=engine.scored)
        replaces = result.end - result.start
        alternatives = shown[0].alternatives
        first = alternatives[0]
        return Attempt(
            result.text,
            replaces=replaces,
            mean_logprob=first.mean_logprob or 0.0,
            tokens=first.tokens,
            confidence=first.confidence,
            judgement=judge.judge(result.text, replaces),
            end_logprob=first.end_logprob,
            agreement=first.agreement,
            samples=sum(item.agreement for item in alternatives),
            steps=engine.steps,
            scored=engine.scored,
        )
