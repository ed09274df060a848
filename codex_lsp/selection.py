"""From candidates to what is shown: filter, merge, rank, and tell the listener."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from codex_lsp.options import CompleterOptions
from codex_lsp.postprocess import FILTERS, Draft, apply_filters
from codex_lsp.ranking import Ranker, sampled_confidence
from codex_lsp.rows import Decision
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
)

Listener = Callable[[Completion], None]
"""Told the completion as it stands: once the first lines are ranked, then as the block grows."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate that may be shown.

    :ivar row: the row that it was sampled in; None for a recalled line
    :ivar agreement: how many candidates came to this text
    """

    draft: Draft
    confidence: float
    row: int | None = None
    agreement: int = 1

    @property
    def source(self) -> Source:
        """Where it came from."""
        return Source.RECALLED if self.row is None else Source.SAMPLED


class Selection:
    """Decides for one request what is shown; a :class:`~codex_lsp.rows.Judge` of its rows.

    :param recalled: gives the recalled lines that may be shown, best first, when it is decided
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
    ) -> None:
        self._context = context
        self._options = options
        self._ranker = ranker
        self._listener = listener
        self._typed = typed
        self._recalled = recalled
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
            passed(item.draft, rank, item.confidence, item.agreement, item.source)
            for rank, item in enumerate(self._ranked)
        ]
        return ranked + self._turned_down

    def accepts(self, line: Candidate) -> bool:
        """Say whether a whole line could be shown; the best such line is the mark for the rest."""
        draft = apply_filters(line, self._context, FILTERS)
        if isinstance(draft, Rejection):
            return False
        # Where no bound is known no row is ever hopeless, and there is no need of a mark.
        if math.isfinite(self._ranker.bound(draft.candidate, 0)):
            score = self._ranker.score(draft.candidate, self._context)
            self._best_score = max(self._best_score, score)
        return True

    def hopeless(self, row: Candidate, more: int) -> bool:
        """Say whether a row cannot become better than an accepted line with ``more`` tokens."""
        return self._ranker.bound(row, more) < self._best_score

    def decide(self, lines: Mapping[int, Candidate]) -> Decision:
        """Rank the first lines and the recalled ones; show them, and say which row goes on."""
        self.all_mismatched = all(
            line.finish_reason is FinishReason.MISMATCH for line in lines.values()
        )
        drafts = {row: apply_filters(line, self._context, FILTERS) for row, line in lines.items()}
        self._note_rejected(lines, drafts)
        ranked = merge(self._rank(drafts), self._wanted_recalled())
        self._ranked = ranked
        if not ranked:
            self.result = _commonest(drafts.values())
            return Decision(None, False)
        best = ranked[0]
        mean = best.draft.candidate.mean_logprob
        if best.row is not None and mean < self._options.min_mean_logprob:
            self.result = Rejection(
                RejectionReason.LOW_CONFIDENCE,
                f"The best candidate's mean log-probability is {mean:.2f}, "
                f"below the threshold of {self._options.min_mean_logprob:g}.",
            )
            return Decision(None, False)
        # A line that a filter cut ends there: what the model wrote behind it goes with it.
        go_on = (
            best.row is not None
            and self._context.shape is Shape.BLOCK
            and best.draft.text == lines[best.row].text.rstrip()
            and best.draft.replaces == 0
        )
        self.show(ranked, complete=not go_on)
        return Decision(best.row, go_on)

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
        if isinstance(draft, Draft) and len(draft.text) > len(self._shown.text):
            self._tell(self._completion(draft, self._shown.alternatives, complete=False))

    def finish(self, winner: Candidate | None) -> None:
        """Make the answer of the whole winner."""
        if winner is None or self._shown is None or self._shown.complete:
            return
        draft = apply_filters(winner, self._context, FILTERS)
        if isinstance(draft, Draft):
            self._ranked = [replace(self._ranked[0], draft=draft), *self._ranked[1:]]
            self.result = self._completion(draft, self._shown.alternatives, complete=True)

    def _rank(self, drafts: Mapping[int, Draft | Rejection]) -> list[Ranked]:
        """Return the different drafts, best first; of equal ones the best, with their number."""
        best: dict[str, tuple[float, Ranked]] = {}
        typed = len(self._context.line_before.strip())
        kept = {row: draft for row, draft in drafts.items() if isinstance(draft, Draft)}
        candidates = [draft.candidate for draft in kept.values()]
        scores = self._ranker.scores(candidates, self._context)
        for (row, draft), score in zip(kept.items(), scores, strict=True):
            confidence = sampled_confidence(draft.candidate.mean_logprob, typed)
            item = Ranked(draft, confidence, row)
            if draft.text in best:
                old_score, old = best[draft.text]
                agreement = old.agreement + 1
                if score <= old_score:
                    score, item = old_score, old
                item = replace(item, agreement=agreement)
            best[draft.text] = (score, item)
        order = sorted(best.values(), key=lambda entry: (-entry[0], entry[1].row))
        return [item for _, item in order]

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
        winner = replace(
            alternatives[0],
            text=self._text(draft),
            mean_logprob=candidate.scored_mean_logprob,
            tokens=len(candidate.tokens),
            replaces=draft.replaces,
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
        )

    def _text(self, draft: Draft) -> str:
        return draft.text.replace("\n", self._context.line_ending)


def merge(sampled: Sequence[Ranked], recalled: Sequence[Ranked]) -> list[Ranked]:
    """Put recalled lines before the first sample that is less likely to be right.

    The samples keep their order. A text that is both was found twice: the sample stays, which can
    be continued, with the higher confidence of the two.
    """
    result = list(sampled)
    for item in recalled:
        same = next((other for other in result if other.draft.text == item.draft.text), None)
        if same is not None:
            result.remove(same)
            confidence = max(same.confidence, item.confidence)
            item = replace(same, confidence=confidence, agreement=same.agreement + 1)
        place = next(
            (i for i, other in enumerate(result) if other.confidence < item.confidence),
            len(result),
        )
        result.insert(place, item)
    return result


def _commonest(drafts: Iterable[Draft | Rejection]) -> Rejection:
    """Return the rejection whose reason most candidates share: it says most."""
    rejections = [draft for draft in drafts if isinstance(draft, Rejection)]
    reasons = [rejection.reason for rejection in rejections]
    return max(rejections, key=lambda item: reasons.count(item.reason))
