"""Between the protocol and the library: positions become offsets here, once, and come back here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lsprotocol import types

from codex_lsp.types import Alternative, CompletionRequest, Rejection, RejectionReason, Trigger
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.performance import Origin
from codex_lsp_server.positions import count_units

ACCEPT_COMMAND = "codexLsp.accept"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the client made it, with its place in the document.

    :ivar start: where the inserted text's range begins, in the client's units
    :ivar end: the cursor, or the end of the text that the suggest widget would replace
    :ivar lead: what every item begins with: the suggest widget's selected text
    """

    request: CompletionRequest
    start: types.Position
    end: types.Position
    lead: str = ""


def to_asked(
    document: OpenDocument, params: types.InlineCompletionParams, preceding: str = ""
) -> Asked:
    """Make the request of ``params`` on ``document`` as it is now.

    While the suggest widget has an item selected, the request is for the document as it would be
    with that item accepted, as VS Code expects.

    :param preceding: for the model only: what comes before this document
    """
    snapshot = document.snapshot()
    if preceding:
        snapshot = replace(snapshot, preceding=preceding)
    invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    trigger = Trigger.INVOKED if invoked else Trigger.AUTOMATIC
    selected = params.context.selected_completion_info
    if selected is None:
        offset = document.offset_at(params.position)
        # The position is given back as the client sent it: it knows its own document.
        return Asked(CompletionRequest(snapshot, offset, trigger), params.position, params.position)
    start = document.offset_at(selected.range.start)
    end = document.offset_at(selected.range.end)
    text = snapshot.text[:start] + selected.text + snapshot.text[end:]
    request = CompletionRequest(replace(snapshot, text=text), start + len(selected.text), trigger)
    return Asked(request, selected.range.start, selected.range.end, selected.text)


def at_odds(document: OpenDocument, params: types.InlineCompletionParams) -> Rejection | None:
    """Return why nothing can be shown beside the suggest widget; None if something can.

    Ghost text goes on from what stands in the document. A selected item that was found by the
    middle of its name, such as ``getItem`` by ``item``, is no such text.
    """
    selected = params.context.selected_completion_info
    automatic = params.context.trigger_kind == types.InlineCompletionTriggerKind.Automatic
    if selected is None or not automatic:
        return None
    typed = document.source[
        document.offset_at(selected.range.start) : document.offset_at(params.position)
    ]
    if selected.text.lower().startswith(typed.lower()):
        return None
    return Rejection(
        RejectionReason.SUGGESTION_OPEN,
        "The selected suggestion does not begin with what is typed; close the list or type on.",
    )


def to_item(
    alternative: Alternative,
    asked: Asked,
    document: OpenDocument,
    stream_id: str,
    index: int,
    origin: Origin,
) -> types.InlineCompletionItem:
    """Make the item for one ranked candidate."""
    offset = asked.request.offset
    replaced = asked.request.document.text[offset : offset + alternative.replaces]
    end = types.Position(
        line=asked.end.line,
        character=asked.end.character + count_units(replaced, document.encoding),
    )
    return types.InlineCompletionItem(
        insert_text=asked.lead + alternative.text,
        range=types.Range(start=asked.start, end=end),
        command=types.Command(
            title="Accept completion",
            command=ACCEPT_COMMAND,
            arguments=[
                {
                    "id": stream_id,
                    "index": index,
                    "logprob": alternative.logprob,
                    "meanLogprob": alternative.mean_logprob,
                    "confidence": alternative.confidence,
                    "tokens": alternative.tokens,
                    "agreement": alternative.agreement,
                    "findings": list(alternative.findings),
                    "origin": origin.value,
                }
            ],
        ),
    )
