"""The frozen values that flow through the pipeline, in the order in which they appear.

Offsets are indices into ``str`` (code points). A log-probability is a natural logarithm, taken at
temperature 1 over the full vocabulary. Nothing here knows a language server, an editor or a file.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from codex_lsp.reasons import RejectionReason as RejectionReason

_T = TypeVar("_T")


class Trigger(Enum):
    """What made the request."""

    AUTOMATIC = "automatic"
    INVOKED = "invoked"


class FinishReason(Enum):
    """Why a candidate's decoding ended."""

    STOP = "stop"
    """A stop rule was met: the candidate is whole."""
    END_OF_TEXT = "end_of_text"
    """The model ended the document."""
    LENGTH = "length"
    """The token limit was reached: the candidate may be cut in the middle."""
    MISMATCH = "mismatch"
    """It does not begin with what the prompt asked it to begin with (:attr:`Prompt.healed`)."""
    TYPED_AWAY = "typed_away"
    """The user has typed something else meanwhile."""
    REPETITION = "repetition"
    """It said the same over and over (:mod:`codex_lsp.cycles`): the end may be half a line."""


class Shape(Enum):
    """How much is to be completed."""

    LINE = "line"
    """The rest of the line."""
    BLOCK = "block"
    """The rest of the line and the lines that belong to its block."""


@dataclass(frozen=True, slots=True)
class Document:
    """An immutable snapshot of a text.

    :ivar language: the editor's language identifier, such as ``python``; empty when unknown
    :ivar preceding: text that comes before the document for the model only: a notebook's earlier
        cells
    """

    text: str
    language: str = ""
    uri: str = ""
    version: int = 0
    preceding: str = ""


@dataclass(frozen=True, slots=True)
class Recalled:
    """The end of a line that stands elsewhere in the file or the project, and begins like this one.

    :ivar text: the line from the cursor on
    :ivar probability: how likely it is to be what the user wants, by where and how it was found
    """

    text: str
    probability: float


class SnippetKind(Enum):
    """What a snippet was chosen for."""

    IMPORTED = "imported"
    """It defines a name that the document imports."""
    RECENT = "recent"
    """The user has just been there."""
    SIMILAR = "similar"
    """It shares rare words with the lines above the cursor."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of another file that the model may see, without what looks like a secret.

    :ivar path: the file's, for people and the model: relative to the project, with slashes
    :ivar text: whole lines, line feeds between them and none at the end
    """

    path: str
    text: str
    kind: SnippetKind


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Complete ``document`` at ``offset`` (0 ≤ offset ≤ len(document.text)).

    :ivar recalled: candidates that need no decoding, the most promising first
    :ivar snippets: pieces of other files, the most useful first
    """

    document: Document
    offset: int
    trigger: Trigger = Trigger.AUTOMATIC
    recalled: tuple[Recalled, ...] = ()
    snippets: tuple[Snippet, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the model may see, cut out of a document: all that is needed from here on.

    It is small whatever the document's size, so it can be sent to another process.

    :ivar prefix: the text left of the cursor, starting at a line's beginning
    :ivar prefix_start: the offset of the prefix in all the text left of the cursor
    :ivar suffix: the text right of the cursor
    :ivar indent_unit: one level of indentation in this file: a tab or a number of blanks
    :ivar line_ending: what ends a line of the document; prefix and suffix have line feeds
    :ivar uri: the document's
    :ivar offset: the cursor's, in the document as it is
    :ivar trigger: see :class:`CompletionRequest`
    :ivar recalled: see :class:`CompletionRequest`
    :ivar snippets: see :class:`CompletionRequest`
    :ivar found: what has been found out about it by name, see :meth:`once`; no part of its value
    """

    prefix: str
    suffix: str
    language: str
    shape: Shape
    indent_unit: str = "    "
    line_ending: str = "\n"
    prefix_start: int = 0
    uri: str = ""
    offset: int = 0
    trigger: Trigger = Trigger.AUTOMATIC
    recalled: tuple[Recalled, ...] = ()
    snippets: tuple[Snippet, ...] = ()
    found: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    def once(self, name: str, find: Callable[[Context], _T]) -> _T:
        """Return what ``find`` makes of this context; it is asked the first time only.

        A growing block passes the filters with each token, and what stands around it stays the
        same. What is found goes with the request: nothing of the user's text outlives it here.
        """
        if name not in self.found:
            self.found[name] = find(self)
        result: _T = self.found[name]
        return result

    @property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        return self.prefix[self.prefix.rfind("\n") + 1 :]

    @property
    def line_after(self) -> str:
        """The cursor's line from the cursor on, without its line ending."""
        return self.suffix.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids for the engine: the state after ``anchor_ids`` can be reused while a user types.

    :ivar healed: text taken off the end of the prompt that every candidate has to begin with
        (token healing: a blank before the cursor belongs to the token that follows it)
    """

    anchor_ids: tuple[int, ...]
    tail_ids: tuple[int, ...]
    healed: str = ""

    @property
    def ids(self) -> tuple[int, ...]:
        """All of the prompt."""
        return self.anchor_ids + self.tail_ids


@dataclass(frozen=True, slots=True)
class Token:
    """One decoded token.

    :ivar text: the characters that this token completes; empty for the first bytes of a character
        that the next token finishes
    """

    id: int
    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sample, as far as it is kept.

    :ivar end_logprob: the log-probability of what the model said next, which is where the text
        ends: a line feed, a stop token, or what a filter cut; None where that is not known, or was
        said by the last token kept
    """

    tokens: tuple[Token, ...]
    finish_reason: FinishReason
    end_logprob: float | None = None

    @property
    def text(self) -> str:
        """The text of the kept tokens."""
        return "".join(token.text for token in self.tokens)

    @property
    def total_logprob(self) -> float:
        """The sum of the kept tokens' log-probabilities."""
        return sum(token.logprob for token in self.tokens)

    @property
    def mean_logprob(self) -> float:
        """The mean log-probability over the kept tokens (Chen et al. 2021, section 3.1).

        Minus infinity without tokens.
        """
        return self.total_logprob / len(self.tokens) if self.tokens else float("-inf")

    @property
    def ended_logprob(self) -> float:
        """The log-probability that the model says just this: the kept tokens, and the end."""
        return self.total_logprob + (self.end_logprob or 0.0)

    @property
    def ended_mean_logprob(self) -> float:
        """The same for each of the tokens, the end being one; minus infinity without tokens."""
        count = len(self.tokens) + (self.end_logprob is not None)
        return self.ended_logprob / count if self.tokens else float("-inf")

    @property
    def scored_mean_logprob(self) -> float | None:
        """The same, None where the model was not asked (a token's log-probability is NaN)."""
        mean = self.mean_logprob
        return None if math.isnan(mean) else mean


class Source(Enum):
    """Where a candidate came from. Values are part of the JSON and the protocol."""

    SAMPLED = "sampled"
    """Decoded by the model."""
    RECALLED = "recalled"
    """A line that stands elsewhere, scored by the model."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A ranked candidate: what would be inserted, and how sure the model is of it.

    :ivar rank: 0 is the best
    :ivar agreement: how many samples came to this text
    :ivar replaces: how many characters right of the cursor, on its line, the text replaces
    :ivar mean_logprob: None for a recalled line that the model was not asked about
    :ivar end_logprob: see :class:`Candidate`; None for a recalled line
    :ivar confidence: how likely it is to be right (0 to 1), by :mod:`codex_lsp.ranking.confidence`
    :ivar findings: what it would make insecure: values of
        :class:`~codex_lsp.safety.weaknesses.Weakness`
    """

    text: str
    mean_logprob: float | None
    tokens: int
    rank: int
    agreement: int = 1
    replaces: int = 0
    source: Source = Source.SAMPLED
    confidence: float = 0.0
    findings: tuple[str, ...] = ()
    end_logprob: float | None = None

    @property
    def logprob(self) -> float | None:
        """The log-probability of the whole, its end included; None where it was not asked for."""
        if self.mean_logprob is None:
            return None
        return self.mean_logprob * self.tokens + (self.end_logprob or 0.0)


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer to a request.

    :ivar start: where the replaced range begins, in the document of the request
    :ivar end: where it ends; past the offset where text right of the cursor is replaced
    :ivar alternatives: all candidates in rank order, the one shown first
    :ivar mean_logprob: None where the first is a recalled line that was not scored
    :ivar complete: False while the winner is still being continued
    """

    text: str
    start: int
    end: int
    mean_logprob: float | None
    tokens: int
    alternatives: tuple[Alternative, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why there is no completion, or why a candidate is none.

    :ivar detail: one sentence for the user
    :ivar by: the name of the filter that rejected the candidate; empty when no filter did
    """

    reason: RejectionReason
    detail: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall time of one request by stage, in milliseconds."""

    prefill: float = 0.0
    decode: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Work:
    """What one request made the model do, in tokens.

    :ivar read: prompt tokens that were read, without those whose state was kept
    :ivar kept: prompt tokens whose state was kept
    :ivar decoded: sampled tokens of all rows, those included that were thrown away
    :ivar scored: tokens of candidates that were read to be scored
    """

    read: int = 0
    kept: int = 0
    decoded: int = 0
    scored: int = 0

    def __add__(self, other: Work) -> Work:
        """Add up the work of two steps."""
        return Work(
            self.read + other.read,
            self.kept + other.kept,
            self.decoded + other.decoded,
            self.scored + other.scored,
        )


@dataclass(frozen=True, slots=True)
class Considered:
    """A candidate as the decision saw it: what became of it, and by what.

    :ivar text: what would be inserted; of a rejected candidate, what it said before the filters
    :ivar rank: 0 is the best; None for a rejected candidate
    :ivar trimmed_by: the filters that changed it, in the order in which they ran
    :ivar rejection: why it is not among those that may be shown
    :ivar findings: what it would make insecure, see :class:`Alternative`
    """

    text: str
    mean_logprob: float | None
    tokens: int
    source: Source
    rank: int | None = None
    confidence: float | None = None
    agreement: int = 1
    trimmed_by: tuple[str, ...] = ()
    rejection: Rejection | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A request's end: the completion or the reason why there is none, and what it took.

    :ivar first_ms: how long it took until there was something to show; 0 when there never was
    :ivar considered: the candidates that the decision was made from, the ranked ones first
    """

    result: Completion | Rejection
    timing: Timing = field(default_factory=Timing)
    work: Work = field(default_factory=Work)
    first_ms: float = 0.0
    considered: tuple[Considered, ...] = ()
