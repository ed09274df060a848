"""What becomes of suggestions: on screen, accepted, dismissed, and kept; told as counts.

Most editors tell little. One that never sends ``textDocument/didShowCompletion`` is taken to show
each answer when it comes; an accept command alone counts as shown and accepted. A suggestion is
known by its completion's id: what the user types through stays the same suggestion.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from lsprotocol import types

from codex_lsp.statistics.counts import What
from codex_lsp.types import RejectionReason
from codex_lsp_server.answers import Answer
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.feedback import Suggestion, suggestion_of
from codex_lsp_server.performance import Origin
from codex_lsp_server.retention import Followed, Spot, text_between

READABLE_S = 0.75
"""A suggestion counts as shown once it was on screen for so long."""
DISMISSED_S = 2.0
"""An editor may say so late that the one that has gone from the screen was accepted."""
CHECKS = ((30.0, What.KEPT_30S), (120.0, What.KEPT_2MIN), (600.0, What.KEPT_10MIN))
"""When accepted text is looked at again, in seconds."""
REMEMBERED = 32
_OUTDATED = {RejectionReason.SUPERSEDED, RejectionReason.CANCELLED, RejectionReason.STALE}


class Ledger(Protocol):
    """Takes counts."""

    def count(self, language: str, ranker: str, what: What, n: int = 1) -> None:
        """Add to a count."""
        ...

    def took(self, language: str, ranker: str, ms: float) -> None:
        """Add an answer's time."""
        ...


@dataclass(slots=True)
class _Offered:
    """A suggestion that a client was given.

    :ivar texts: of its items, by index, as they were answered last
    :ivar start: where their range begins
    :ivar since: when it came on screen; None while it has not
    :ivar counted: it has been counted as shown
    :ivar ended: it was accepted, or typed to its end: nothing that the user did without
    :ivar accepted: it has been counted as accepted
    :ivar whole: all of it was accepted; what is offered under its id later is another suggestion
    :ivar part: how much was accepted of the text that ``part_of`` is
    :ivar left: when it went from the screen
    """

    document: OpenDocument
    ranker: str
    texts: dict[int, str] = field(default_factory=dict)
    start: Spot = Spot(0, 0)
    since: float | None = None
    left: float | None = None
    counted: bool = False
    ended: bool = False
    accepted: bool = False
    whole: bool = False
    part: int = 0
    part_of: str = ""
    followed: Followed | None = None


class Usage:
    """Watches one session. For the event loop's thread only.

    :param clock: monotonic seconds
    :param later: calls back after so many seconds
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], float],
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._later = later
        self._offered: OrderedDict[str, _Offered] = OrderedDict()
        self._current: _Offered | None = None
        self._told_shown = False
        self._followed: dict[Followed, tuple[_Offered, set[What]]] = {}

    # ---- What the server does

    def answered(self, document: OpenDocument | None, answer: Answer, ranker: str) -> None:
        """Take an answer to a request for inline completions, or for a list."""
        self.settle()
        language = "" if document is None else document.language_id
        self._ledger.count(language, ranker, What.REQUESTS)
        if answer.rejection is not None or document is None or not answer.items:
            self._nothing_to_show(document, answer)
            return
        self._ledger.took(language, ranker, answer.took_ms)
        if answer.origin not in (Origin.MODEL, Origin.RECALLED, None):
            self._ledger.count(language, ranker, What.CACHE_HITS)
        offered = self._take(document, answer.items, ranker)
        if offered is not None and not self._told_shown:
            self._on_screen(offered)

    def grown(self, params: dict[str, Any]) -> None:
        """Take ``codexLsp/partialCompletion``, which is about to be sent."""
        offered = self._offered.get(params["id"])
        if offered is not None:
            offered.texts[params["index"]] = params["insertText"]

    # ---- What the editor tells

    def shown(self, item: Suggestion) -> None:
        """An item is on screen."""
        self._told_shown = True
        offered = self._offered.get(item.id)
        if offered is not None:
            self._on_screen(offered)

    def accepted(self, item: Suggestion) -> None:
        """An item was accepted, or the rest of one."""
        offered = self._offered.get(item.id)
        if offered is None or offered.whole or item.index not in offered.texts:
            return
        text = offered.texts[item.index]
        self._accepted(offered, text, len(text), What.ACCEPTED)
        offered.whole = True
        if self._current is offered:
            self._leave()

    def partly_accepted(self, item: Suggestion) -> None:
        """A part of an item was accepted."""
        offered = self._offered.get(item.id)
        if offered is not None and item.part and not offered.whole:
            self._accepted(offered, item.text, len(item.part), What.PARTLY_ACCEPTED)

    def changed(
        self, document: OpenDocument, changes: Sequence[types.TextDocumentContentChangeEvent]
    ) -> None:
        """Take a document's changes, which it has been given already."""
        for followed in self._followed:
            if followed.document is document:
                followed.changed(changes)
        current = self._current
        if current is not None and current.document is document:
            typed = _typed(document, current.start, changes)
            left = [text for text in current.texts.values() if text.startswith(typed or "")]
            if typed is not None and typed in left:
                current.ended = True
            if typed is None or all(text == typed for text in left):
                self._leave()

    def closed(self, document_uri: str) -> None:
        """Take the end of a document: what was accepted in it is looked at for the last time."""
        if self._current is not None and self._current.document.uri == document_uri:
            self._leave()
        for followed in list(self._followed):
            if followed.document.uri == document_uri:
                self._check_all(followed)
        for name, offered in list(self._offered.items()):
            if offered.document.uri == document_uri:
                self._count_dismissed(offered)
                del self._offered[name]

    # ---- What comes of it

    def settle(self, all_of_it: bool = False) -> None:
        """Count what can be said by now.

        :param all_of_it: nothing more will be told
        """
        current = self._current
        if current is not None:
            self._count_shown_if_readable(current)
        if all_of_it:
            self._leave()
        for offered in self._offered.values():
            if offered.left is not None:
                if all_of_it or self._clock() - offered.left >= DISMISSED_S:
                    self._count_dismissed(offered)

    def close(self) -> None:
        """Take the end of the session: everything is looked at for the last time."""
        self.settle(all_of_it=True)
        for followed in list(self._followed):
            self._check_all(followed)

    def _take(
        self, document: OpenDocument, items: Sequence[types.InlineCompletionItem], ranker: str
    ) -> _Offered | None:
        named = [(_named(item), item) for item in items]
        first, item = named[0]
        if first is None or item.range is None:
            return None
        offered = self._offered.pop(first.id, None)
        if offered is None or offered.whole:
            offered = _Offered(document, ranker)
        self._offered[first.id] = offered
        offered.start = Spot.of(item.range.start)
        offered.texts = {name.index: str(item.insert_text) for name, item in named if name}
        while len(self._offered) > REMEMBERED:
            self._count_dismissed(self._offered.popitem(last=False)[1])
        return offered

    def _nothing_to_show(self, document: OpenDocument | None, answer: Answer) -> None:
        reason = None if answer.rejection is None else answer.rejection.reason
        current = self._current
        if current is not None and current.document is document and reason not in _OUTDATED:
            self._leave()

    def _on_screen(self, offered: _Offered) -> None:
        if self._current is not offered:
            self._leave()
            self._current = offered
        offered.left = None
        if offered.since is None:
            offered.since = self._clock()

    def _leave(self) -> None:
        current, self._current = self._current, None
        if current is not None:
            self._count_shown_if_readable(current)
            current.left = self._clock()
            current.since = None

    def _count_shown_if_readable(self, offered: _Offered) -> None:
        if offered.since is not None and self._clock() - offered.since >= READABLE_S:
            self._count_shown(offered)

    def _count_shown(self, offered: _Offered) -> None:
        if not offered.counted:
            offered.counted = True
            self._count(offered, What.SHOWN)

    def _count_dismissed(self, offered: _Offered) -> None:
        if offered.counted and not offered.ended:
            self._count(offered, What.DISMISSED)
        offered.ended = True

    def _accepted(self, offered: _Offered, text: str, length: int, what: What) -> None:
        """Count that the first ``length`` characters of an item are accepted by now."""
        self._count_shown(offered)
        if not offered.accepted:
            offered.accepted = offered.ended = True
            self._count(offered, what)
        before = offered.part if offered.part_of == text else 0
        offered.part_of, offered.part = text, length
        saved = max(0, length - before)
        self._count(offered, What.SAVED, saved)
        if offered.followed is None:
            self._follow(offered, text[:length])
        elif saved:
            followed = offered.followed
            followed.extend(followed.text + text[before:length])

    def _follow(self, offered: _Offered, text: str) -> None:
        followed = Followed(offered.document, text, offered.start)
        offered.followed = followed
        self._followed[followed] = (offered, {what for _, what in CHECKS})
        for delay, what in CHECKS:
            self._later(delay, partial(self._check, followed, what))

    def _check(self, followed: Followed, what: What) -> None:
        if followed not in self._followed:
            return
        offered, left = self._followed[followed]
        left.remove(what)
        if not left:
            del self._followed[followed]
        if followed.kept():
            self._count(offered, what)

    def _check_all(self, followed: Followed) -> None:
        for what in list(self._followed[followed][1]):
            self._check(followed, what)

    def _count(self, offered: _Offered, what: What, n: int = 1) -> None:
        self._ledger.count(offered.document.language_id, offered.ranker, what, n)


def _named(item: types.InlineCompletionItem) -> Suggestion | None:
    arguments = None if item.command is None else item.command.arguments
    return suggestion_of(arguments[0]) if arguments else None


def _typed(
    document: OpenDocument,
    start: Spot,
    changes: Sequence[types.TextDocumentContentChangeEvent],
) -> str | None:
    """Return what stands from a suggestion's start to where was written last; None before it."""
    last = changes[-1] if changes else None
    if not isinstance(last, types.TextDocumentContentChangePartial):
        return None
    end = Spot.of(last.range.start).after(last.text, document)
    return None if end < start else text_between(document, start, end)
