"""What the editor tells of the suggestions it shows: shown, accepted, accepted in part, focus.

LSP has no events for these. The notifications are those of GitHub's published completion server, by
name and shape; what is told stays in this process. An item is known by the argument of its accept
command (:func:`codex_lsp_server.convert.to_item`), which clients send back as they got it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lsprotocol import types

from codex_lsp_server.positions import column_of_character

SHOWN_METHOD = "textDocument/didShowCompletion"
PARTLY_ACCEPTED_METHOD = "textDocument/didPartiallyAcceptCompletion"
FOCUS_METHOD = "textDocument/didFocus"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item that the editor speaks of.

    :ivar id: the completion it belongs to
    :ivar index: its place among the items of one answer
    :ivar text: the whole text it would insert; empty where the client did not say
    :ivar part: how much of it is accepted by now; empty where that is not what was told
    """

    id: str
    index: int
    text: str = ""
    part: str = ""


Listener = Callable[[Suggestion], None]


def suggestion_of(argument: object, text: object = "") -> Suggestion | None:
    """Read an accept command's argument; None when it is none of ours."""
    if not isinstance(argument, Mapping) or not isinstance(argument.get("id"), str):
        return None
    index = argument.get("index")
    return Suggestion(
        argument["id"],
        index if isinstance(index, int) else 0,
        text if isinstance(text, str) else "",
    )


def _item_of(params: object) -> Suggestion | None:
    item = params.get("item") if isinstance(params, Mapping) else None
    command = item.get("command") if isinstance(item, Mapping) else None
    arguments = command.get("arguments") if isinstance(command, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(arguments, Sequence) or not arguments:
        return None
    return suggestion_of(arguments[0], item.get("insertText"))


class Feedback:
    """Takes the editor's news and hands them on. For the event loop's thread only.

    :param cancel_stream: stops the growing of a completion, by its id
    :ivar on_shown: called with each item that was shown
    :ivar on_accepted: called with each item that was accepted as a whole
    :ivar on_partly_accepted: called with each item of which a part was accepted
    :ivar on_focus: called with the URI of the document that the user turned to, None for none
    """

    def __init__(self, cancel_stream: Callable[[str], None]) -> None:
        self._cancel_stream = cancel_stream
        self._preferred: Suggestion | None = None
        self.on_shown: list[Listener] = []
        self.on_accepted: list[Listener] = []
        self.on_partly_accepted: list[Listener] = []
        self.on_focus: list[Callable[[str | None], None]] = []

    def shown(self, params: object) -> None:
        """Take ``textDocument/didShowCompletion``."""
        suggestion = _item_of(params)
        if suggestion is not None:
            _call(self.on_shown, suggestion)

    def accepted(self, argument: object) -> None:
        """Take the accept command."""
        suggestion = suggestion_of(argument)
        if suggestion is not None:
            self._preferred = None
            _call(self.on_accepted, suggestion)

    def partly_accepted(self, params: object) -> None:
        """Take ``textDocument/didPartiallyAcceptCompletion``: the user wants this one.

        The rest of it is answered without asking the model again, as when the user had typed the
        part; :meth:`order` puts it first, whatever its rank.
        """
        suggestion = _item_of(params)
        length = params.get("acceptedLength") if isinstance(params, Mapping) else None
        if suggestion is None or not isinstance(length, int):
            return
        # The length counts UTF-16 code units, whatever was agreed on for positions.
        end = column_of_text(suggestion.text, length)
        rest = suggestion.text[end:]
        self._preferred = Suggestion(suggestion.id, suggestion.index, rest)
        if suggestion.index > 0:
            # Only the first item grows, and that is not the one.
            self._cancel_stream(suggestion.id)
        _call(self.on_partly_accepted, replace(suggestion, part=suggestion.text[:end]))

    def order(
        self, items: Sequence[types.InlineCompletionItem]
    ) -> Sequence[types.InlineCompletionItem]:
        """Put the rest of what was accepted in part before its siblings."""
        preferred = self._preferred
        if preferred is None or preferred.index == 0:
            return items
        for item in items:
            arguments: Sequence[Any] = (item.command and item.command.arguments) or ()
            found = suggestion_of(arguments[0]) if arguments else None
            rest = str(item.insert_text)
            if found is not None and found.id == preferred.id and preferred.text.endswith(rest):
                return [item, *(other for other in items if other is not item)]
        return items

    def focused(self, params: object) -> None:
        """Take ``textDocument/didFocus``."""
        document = params.get("textDocument") if isinstance(params, Mapping) else None
        uri = document.get("uri") if isinstance(document, Mapping) else None
        for listener in self.on_focus:
            listener(uri if isinstance(uri, str) else None)


def column_of_text(text: str, units: int) -> int:
    """Return the index into a text of many lines of a length in UTF-16 code units."""
    if text.isascii():
        return min(max(units, 0), len(text))
    # Line endings count as the one or two characters they are, so no line is looked at alone.
    flat = text.replace("\r", " ").replace("\n", " ")
    return column_of_character(flat, units, "utf-16")


def _call(listeners: Sequence[Listener], suggestion: Suggestion) -> None:
    for listener in listeners:
        listener(suggestion)
