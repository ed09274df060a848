"""From candidates to what is shown: filter, merge, rank, and tell the listener."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from codex_lsp.confidence_weights import SampledWeights
from codex_lsp.options import CompleterOptions
from codex_lsp.ordering import Ranked, bonus, consensus, merge, rank, vet
from codex_lsp.postprocess import FILTERS, Draft, apply_filters
from codex_lsp.ranking import FALLBACK, Ranker, too_unsure
from codex_lsp.rows import Decision
from codex_lsp.safety.check import SafetyCheck, unchecked
from codex_lsp.safety.weaknesses import sentence
from codex_lsp.trace import passed, turned_down
from codex_lsp.typed import TypedText
from codex_lsp.types import (
    Alternative,
    Candidate,
    Completion,
    Considered,
    Context,
    FinishReason,
    Rejection,
    RejectionReason,
    Shape,
    Source,
    Trigger,
)

Listener = Callable[[Completion], None]
"""Told the completion as it stands: once the first lines are ranked, then as the block grows."""


class Selection:
    """Decides for one request what is shown; a :class:`~codex_lsp.rows.Judge` of its rows.

    :param recalled: gives the recalled lines that may be shown, best first, when it is decided
    :param safety: finds what a candidate makes insecure
    :param errors: counts the syntax errors that a text brings, given how much it replaces
    :param weights: what makes the confidence of samples
    :ivar result: the answer as it stands
    :ivar first_ms: how long it took until there was something to show; 0 when there never was
    :ivar all_mismatched: no sample began with what the prompt had left out
    """

    def __init__(
        self,
        context: Context,
        options: CompleterOptions,
        ranker: Ranker,
        listener: Listener | None,
        typed: TypedText,
        recalled: Callable[[], Sequence[Ranked]],
        safety: SafetyCheck = unchecked,
        errors: Callable[[str, int], int] = lambda text, replaces: 0,
        weights: SampledWeights = FALLBACK.sampled,
    ) -> None:
        self._context = context
        self._options = options
        self._ranker = ranker
        self._listener = listener
        self._typed = typed
        self._recalled = recalled
        self._safety = safety
        self._errors = errors
        self._weights = weights
        self._started = time.perf_counter()
        self._shown: Completion | None = None
        self._ranked: Sequence[Ranked] = ()
        self._turned_down: list[Considered] = []
        self._best_score = float("-inf")
        self.first_ms = 0.0
        self.result: Completion | Rejection = Rejection(
            RejectionReason.EMPTY, "The model has nothing to add here."
        )
        self.all_mismatched = False

    @property
    def elapsed_ms(self) -> float:
        """How long ago the request began."""
        return (time.perf_counter() - self._started) * 1000

    @property
    def considered(self) -> list[Considered]:
        """What became of the candidates: the ranked ones, then those that filters rejected."""
        ranked = [
            passed(item.draft, rank, item.confidence, item.agreement, item.source, item.findings)
            for rank, item in enumerate(self._ranked)
        ]
        return ranked + self._turned_down

    def accepts(self, line: Candidate) -> bool:
        """Say whether a whole line could be shown; the best such line is the mark for the rest.

        What is insecure is behind all others, so nothing is given up for it.
        """
        draft = apply_filters(line, self._context, FILTERS)
        if isinstance(draft, Rejection) or self._findings(draft):
            return False
        # Where no bound is known no row is ever hopeless, and there is no need of a mark.
        known = math.isfinite(self._ranker.bound(draft.candidate, 0))
        if known and not self._options.terms.parse_errors:
            score = self._ranker.score(draft.candidate, self._context)
            self._best_score = max(self._best_score, score)
        return True

    def hopeless(self, row: Candidate, more: int) -> bool:
        """Say whether a row cannot become better than an accepted line with ``more`` tokens."""
        best = self._ranker.bound(row, more) + bonus(
            self._options.sampling.rows, self._options.terms
        )
        return best < self._best_score

    def decide(self, lines: Mapping[int, Candidate]) -> Decision:
        """Rank the first lines and the recalled ones; show them, and say which row goes on."""
        self.all_mismatched = all(
            line.finish_reason is FinishReason.MISMATCH for line in lines.values()
        )
        drafts = {row: apply_filters(line, self._context, FILTERS) for row, line in lines.items()}
        options, noted = self._options, len(self._turned_down)
        self._note_rejected(lines, drafts)
        sampled = rank(
            drafts, self._ranker, self._context, options.terms, self._weights, self._errors
        )
        ranked = self._vetted(merge(sampled, self._wanted_recalled()))
        if options.consensus and not self._invoked:
            ranked = self._vetted(consensus(ranked, self._context, self._weights))
        self._ranked = ranked
        refusal = self._refusal(ranked) if ranked else _commonest(self._turned_down[noted:])
        if refusal is not None:
            self.result = refusal
            return Decision(None, False)
        best = ranked[0]
        # A line that a filter cut ends there: what the model wrote behind it goes with it.
        go_on = (
            best.row is not None
            and self._context.shape is Shape.BLOCK
            and best.draft.text.split() == lines[best.row].text.split()
            and best.draft.replaces == 0
        )
        self.show(ranked, complete=not go_on)
        return Decision(best.row, go_on)

    def show_sure(self, lines: Sequence[Ranked]) -> bool:
        """Answer with recalled lines alone if the best may be shown; say whether that was done."""
        ranked = self._vetted(lines)
        if not ranked or ranked[0].findings or self._refusal(ranked) is not None:
            return False
        self.show(ranked, complete=True)
        return True

    def show(self, ranked: Sequence[Ranked], complete: bool) -> None:
        """Make ``ranked`` the answer as it stands, and tell the listener."""
        self._ranked = ranked
        alternatives = tuple(self._alternative(item, rank) for rank, item in enumerate(ranked))
        self._tell(self._completion(ranked[0].draft, alternatives, complete))

    def grow(self, winner: Candidate) -> None:
        """Tell the listener that the winner has grown."""
        if self._listener is None or self._shown is None:
            return
        # The row is still being decoded: its half line is no reason to cut anything yet.
        draft = apply_filters(
            replace(winner, finish_reason=FinishReason.STOP), self._context, FILTERS
        )
        if isinstance(draft, Draft):
            draft = self._without_insecure_lines(draft, whole=False)
        if isinstance(draft, Draft) and len(draft.text) > len(self._shown.text):
            self._tell(self._completion(draft, self._shown.alternatives, complete=False))

    def finish(self, winner: Candidate | None) -> None:
        """Make the answer of the whole winner."""
        if winner is None or self._shown is None or self._shown.complete:
            return
        if winner.finish_reason is FinishReason.TYPED_AWAY:
            # What it says so far answers again when the key is taken back: its whole lines.
            winner = replace(winner, finish_reason=FinishReason.LENGTH)
        draft = apply_filters(winner, self._context, FILTERS)
        if isinstance(draft, Draft):
            draft = self._without_insecure_lines(draft, whole=True)
            findings = self._findings(draft)
            best = replace(self._ranked[0], draft=draft, findings=findings)
            self._ranked = [best, *self._ranked[1:]]
            first, *others = self._shown.alternatives
            alternatives = (replace(first, findings=findings), *others)
            self.result = self._completion(draft, alternatives, complete=True)

    @property
    def _invoked(self) -> bool:
        return self._context.trigger is Trigger.INVOKED

    def _findings(self, draft: Draft) -> tuple[str, ...]:
        return self._safety(draft.text, draft.replaces)

    def _vetted(self, ranked: Sequence[Ranked]) -> list[Ranked]:
        """Put what is insecure behind the rest, or drop it, as the options say."""
        vetted = vet(ranked, self._findings)
        if self._options.safety != "reject":
            return vetted
        for item in vetted:
            if item.findings:
                rejection = _unsafe(item.findings)
                self._turned_down.append(turned_down(item.draft.candidate, rejection, item.source))
        return [item for item in vetted if not item.findings]

    def _refusal(self, ranked: Sequence[Ranked]) -> Rejection | None:
        """Return why the best is not to be shown; who asks by hand gets it however unsure it is."""
        if self._invoked:
            return None
        best = ranked[0]
        mean = best.draft.candidate.mean_logprob
        if best.row is not None and mean < self._options.min_mean_logprob:
            return Rejection(
                RejectionReason.LOW_CONFIDENCE,
                f"The best candidate's mean log-probability is {mean:.2f}, "
                f"below the threshold of {self._options.min_mean_logprob:g}.",
            )
        return too_unsure(best.confidence, self._options.profile)

    def _without_insecure_lines(self, draft: Draft, whole: bool) -> Draft:
        """Cut a block before the first line that makes it insecure, where such are not shown.

        :param whole: the last line is whole
        """
        if self._options.safety != "reject":
            return draft
        text, safe = draft.text, 0
        ends = [index for index, char in enumerate(text) if char == "\n"]
        for end in [*ends, len(text)] if whole else ends:
            if self._safety(text[:end], draft.replaces):
                break
            safe = end
        cut = draft.cut(safe)
        return cut if cut is draft else replace(cut, trimmed_by=(*draft.trimmed_by, "safety"))

    def _note_rejected(
        self, lines: Mapping[int, Candidate], drafts: Mapping[int, Draft | Rejection]
    ) -> None:
        for row, draft in drafts.items():
            if isinstance(draft, Rejection):
                self._turned_down.append(turned_down(lines[row], draft))

    def _wanted_recalled(self) -> list[Ranked]:
        return [
            item for item in self._recalled() if self._typed.agrees(item.draft.text, ended=True)
        ]

    def _tell(self, completion: Completion) -> None:
        self._shown = completion
        self.result = replace(completion, complete=True)
        self.first_ms = self.first_ms or self.elapsed_ms
        if self._listener is not None:
            self._listener(completion)

    def _completion(
        self, draft: Draft, alternatives: tuple[Alternative, ...], complete: bool
    ) -> Completion:
        candidate = draft.candidate
        sampled = alternatives[0].source is Source.SAMPLED
        winner = replace(
            alternatives[0],
            text=self._text(draft),
            mean_logprob=candidate.scored_mean_logprob,
            tokens=len(candidate.tokens),
            replaces=draft.replaces,
            end_logprob=candidate.end_logprob if sampled else None,
        )
        return Completion(
            text=winner.text,
            start=self._context.offset,
            end=self._context.offset + draft.replaces,
            mean_logprob=winner.mean_logprob,
            tokens=winner.tokens,
            alternatives=(winner, *alternatives[1:]),
            complete=complete,
        )

    def _alternative(self, item: Ranked, rank: int) -> Alternative:
        return Alternative(
            text=self._text(item.draft),
            mean_logprob=item.draft.candidate.scored_mean_logprob,
            tokens=len(item.draft.candidate.tokens),
            rank=rank,
            agreement=item.agreement,
            replaces=item.draft.replaces,
            source=item.source,
            confidence=item.confidence,
            findings=item.findings,
            end_logprob=None if item.row is None else item.draft.candidate.end_logprob,
        )

    def _text(self, draft: Draft) -> str:
        return draft.text.replace("\n", self._context.line_ending)


def _commonest(turned_down: Sequence[Considered]) -> Rejection:
    """Return the rejection whose reason most candidates share: it says most."""
    rejections = [item.rejection for item in turned_down if item.rejection is not None]
    reasons = [rejection.reason for rejection in rejections]
    return max(rejections, key=lambda item: reasons.count(item.reason))


def _unsafe(findings: Sequence[str]) -> Rejection:
    return Rejection(
        RejectionReason.UNSAFE, f"It would make the code insecure: {sentence(findings[0])}"
    )
