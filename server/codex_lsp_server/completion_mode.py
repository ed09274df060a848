"""Completions as a list, for editors that show no inline ones: ``textDocument/completion``.

Off unless the setting ``completionItems`` is on. The candidates are those of inline completion, in
the same order; this module only gives them the form that a list takes:

- ``textEdit`` replaces the word before the cursor and what right of it the candidate replaces, on
  one line, as LSP 3.17 asks of a main edit.
- ``filterText`` begins with that word, or clients would drop the item.
- ``sortText`` is the rank, ``labelDetails`` shows the confidence, and ``completionItem/resolve``
  adds the whole candidate as documentation. Both say so where it makes the code insecure.
- ``isIncomplete`` is true: every further character may bring other candidates.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from codex_lsp.safety.weaknesses import Weakness, sentence
from codex_lsp.types import RejectionReason
from codex_lsp_server.answers import Answer
from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.positions import count_units

if TYPE_CHECKING:
    from codex_lsp_server.pygls_mends import MendedServer

logger = logging.getLogger(__name__)

TRIGGER_CHARACTERS = (".", "(", "[", "{", ",", "=", ":", " ")
"""Where a list is asked for; besides, clients ask in every word."""
MAX_LABEL_CHARS = 60

_REGISTRATION_ID = "codex-lsp-completion"
_WORD = re.compile(r"\w*\Z")
_INDENTATION = re.compile(r"[ \t]*")
_LASTING = frozenset(
    {
        RejectionReason.DISABLED,
        RejectionReason.SECRET_FILE,
        RejectionReason.UNKNOWN_DOCUMENT,
    }
)
"""Reasons that further typing does not do away with."""

Complete = Callable[[types.InlineCompletionParams], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class ItemSupport:
    """What the client can do with a completion item.

    :ivar markup: the best format that it can show documentation in; None for mere strings
    :ivar resolves: it asks for the documentation when it wants to show it
    :ivar adjusts_indentation: it indents each line as the cursor's, whatever the item asks for
    """

    label_details: bool = False
    markup: types.MarkupKind | None = None
    resolves: bool = False
    adjusts_indentation: bool = False

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> ItemSupport:
        """Read the client's capabilities."""
        document = capabilities.text_document
        completion = None if document is None else document.completion
        item = None if completion is None else completion.completion_item
        if completion is None or item is None:
            return cls()
        kinds = (types.MarkupKind.Markdown, types.MarkupKind.PlainText)
        formats = item.documentation_format or ()
        lazily, modes = item.resolve_support, item.insert_text_mode_support
        adjusts = completion.insert_text_mode == types.InsertTextMode.AdjustIndentation
        return cls(
            label_details=bool(item.label_details_support),
            markup=next((kind for kind in kinds if kind in formats), None),
            # Before 3.16 there was no list of properties, and the documentation was one of them.
            resolves=lazily is None or "documentation" in lazily.properties,
            adjusts_indentation=adjusts
            and (modes is None or types.InsertTextMode.AsIs not in modes.value_set),
        )


def to_inline(
    params: types.CompletionParams, document: OpenDocument | None
) -> types.InlineCompletionParams:
    """Return the inline completion request for the same place.

    A list is asked for at most keys, and ``Invoked`` does not tell those requests from a user's own
    (LSP: "also typing an identifier"), so all count as automatic: what is known already is reused.
    """
    position = params.position
    if document is not None:
        # The list's edit is counted from here, so the position has to be one that exists.
        position = document.position_at(document.offset_at(position))
    return types.InlineCompletionParams(
        types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
        params.text_document,
        position,
    )


def to_list(
    answer: Answer, document: OpenDocument | None, support: ItemSupport
) -> types.CompletionList:
    """Make the list of an answer that was given for ``document`` as it is now."""
    if answer.rejection is not None or document is None:
        lasting = answer.rejection is None or answer.rejection.reason in _LASTING
        return types.CompletionList(is_incomplete=not lasting, items=[])
    items = [
        _to_item(item, rank, document, support)
        for rank, item in enumerate(answer.items)
        if isinstance(item.insert_text, str) and item.range is not None
    ]
    return types.CompletionList(is_incomplete=True, items=items)


def resolve(item: types.CompletionItem, support: ItemSupport) -> types.CompletionItem:
    """Add the documentation: the whole candidate."""
    edit = item.text_edit
    data = item.data if isinstance(item.data, dict) else {}
    language = data.get("language")
    if isinstance(edit, types.TextEdit) and item.documentation is None:
        item.documentation = documentation(
            edit.new_text,
            language if isinstance(language, str) else "",
            support,
            _warnings(data.get("findings")),
        )
    return item


def documentation(
    text: str, language: str, support: ItemSupport, warnings: Sequence[str] = ()
) -> types.MarkupContent | str:
    """Show a candidate as the client can: as a code block, or as it is; warnings stand above."""
    text = text.strip("\r\n")
    above = "".join(f"{warning}\n\n" for warning in warnings)
    if support.markup is None:
        return above + text
    if support.markup is types.MarkupKind.PlainText:
        return types.MarkupContent(types.MarkupKind.PlainText, above + text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return types.MarkupContent(
        types.MarkupKind.Markdown, f"{above}{fence}{language}\n{text}\n{fence}"
    )


def _warnings(findings: object) -> list[str]:
    """Return what findings mean; what a client made of them may be anything."""
    known = {weakness.value for weakness in Weakness}
    codes = findings if isinstance(findings, list) else []
    return [f"Insecure: {sentence(code)}" for code in codes if code in known]


def _to_item(
    inline: types.InlineCompletionItem, rank: int, document: OpenDocument, support: ItemSupport
) -> types.CompletionItem:
    assert inline.range is not None
    word = _word_before(document, inline.range.start)
    text = word + str(inline.insert_text)
    start = types.Position(
        inline.range.start.line,
        inline.range.start.character - count_units(word, document.encoding),
    )
    mode: types.InsertTextMode | None = types.InsertTextMode.AsIs
    if support.adjusts_indentation:
        mode, text = None, _without_indentation(text, document, inline.range.start.line)
    label = _label(text)
    facts = _facts(inline)
    findings = facts.get("findings", [])
    sure = f"codex-lsp {_confidence(facts)}" + (", insecure" if findings else "")
    item = types.CompletionItem(
        label=label,
        label_details=(
            types.CompletionItemLabelDetails(description=sure) if support.label_details else None
        ),
        detail=None if support.label_details else sure,
        kind=types.CompletionItemKind.Text,
        sort_text=f"{rank:04d}",
        filter_text=text.splitlines()[0] or label,
        insert_text_format=types.InsertTextFormat.PlainText,
        # The model has indented the lines already.
        insert_text_mode=mode,
        text_edit=types.TextEdit(types.Range(start, inline.range.end), text),
        command=inline.command,
        data={"language": document.language_id} | ({"findings": findings} if findings else {}),
    )
    return item if support.resolves else resolve(item, support)


def _word_before(document: OpenDocument, position: types.Position) -> str:
    offset = document.offset_at(position)
    line_start = document.offset_at(types.Position(position.line, 0))
    found = _WORD.search(document.source[line_start:offset])
    return "" if found is None else found[0]


def _without_indentation(text: str, document: OpenDocument, line: int) -> str:
    """Take off later lines what a client that adjusts indentation puts before them."""
    indentation = _INDENTATION.match(document.lines[line])
    assert indentation is not None
    first, *more = text.split("\n")
    return "\n".join([first, *(other.removeprefix(indentation[0]) for other in more)])


def _label(text: str) -> str:
    """Return one line to know the candidate by."""
    first, *more = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    if len(first) > MAX_LABEL_CHARS:
        return first[: MAX_LABEL_CHARS - 1] + "…"
    return f"{first} …" if more else first


def _facts(item: types.InlineCompletionItem) -> dict[str, Any]:
    """Return what the inline item tells of its candidate."""
    arguments = None if item.command is None else item.command.arguments
    first: Any = arguments[0] if arguments else None
    return first if isinstance(first, dict) else {}


def _confidence(facts: dict[str, Any]) -> str:
    """Return in per cent how likely the candidate is to be right."""
    share = facts.get("confidence")
    return f"{round(100 * share) if isinstance(share, (int, float)) else 0} %"


class CompletionMode:
    """Offers the list to the client, or withdraws the offer. For the event loop's thread only.

    :param complete: answers an inline completion request
    """

    def __init__(self, server: MendedServer, complete: Complete) -> None:
        self._server = server
        self._complete = complete
        self._on = False
        self._static = False
        self._registered = False
        self._served = False
        self._offering: asyncio.Task[None] | None = None

    def start(self, on: bool) -> None:
        """Say at ``initialize`` whether there will be lists; that is for all of the session."""
        self._on = self._static = on
        if on:
            self._serve()

    def use(self, on: bool) -> None:
        """Take the setting: offer the list, or withdraw it, where the client lets us."""
        self._on = on
        if self._static or on == self._registered or not self._can_register():
            return
        before = self._offering
        self._offering = asyncio.get_running_loop().create_task(self._offer(before))

    def _can_register(self) -> bool:
        document = self._server.client_capabilities.text_document
        completion = None if document is None else document.completion
        return completion is not None and bool(completion.dynamic_registration)

    def _serve(self) -> None:
        if self._served:
            return
        self._served = True
        server = self._server

        @server.feature(types.TEXT_DOCUMENT_COMPLETION, _options())
        async def completion(params: types.CompletionParams) -> types.CompletionList:
            return await self._list(params)

        @server.feature(types.COMPLETION_ITEM_RESOLVE)
        def resolve_item(item: types.CompletionItem) -> types.CompletionItem:
            return resolve(item, ItemSupport.of(server.client_capabilities))

    async def _list(self, params: types.CompletionParams) -> types.CompletionList:
        if not self._on:
            return types.CompletionList(is_incomplete=False, items=[])
        document = self._server.documents.get_open_document(params.text_document.uri)
        answer = await self._complete(to_inline(params, document))
        return to_list(answer, document, ItemSupport.of(self._server.client_capabilities))

    async def _offer(self, before: asyncio.Task[None] | None) -> None:
        """Register or unregister, one after the other, until the client knows what is set."""
        if before is not None:
            await asyncio.wait({before})
        wanted = self._on
        if wanted == self._registered:
            return
        try:
            if wanted:
                self._serve()
                await self._register()
            else:
                await self._unregister()
            self._registered = wanted
        except Exception as error:  # it cannot, whatever it said of itself
            logger.info("the client refused to change completion: %s", type(error).__name__)

    async def _register(self) -> None:
        options = _options()
        registration = types.Registration(
            id=_REGISTRATION_ID,
            method=types.TEXT_DOCUMENT_COMPLETION,
            register_options=types.CompletionRegistrationOptions(
                trigger_characters=options.trigger_characters,
                resolve_provider=options.resolve_provider,
            ),
        )
        await self._server.client_register_capability_async(
            types.RegistrationParams(registrations=[registration])
        )

    async def _unregister(self) -> None:
        gone = types.Unregistration(id=_REGISTRATION_ID, method=types.TEXT_DOCUMENT_COMPLETION)
        await self._server.client_unregister_capability_async(
            types.UnregistrationParams(unregisterations=[gone])
        )


def _options() -> types.CompletionOptions:
    return types.CompletionOptions(
        trigger_characters=list(TRIGGER_CHARACTERS), resolve_provider=True
    )
