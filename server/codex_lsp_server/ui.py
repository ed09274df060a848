"""What the server says to the person in front of the editor."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

Report = Callable[[str, "int | None"], None]
"""Takes a short line and the share done in per cent, None where it is not known."""


_CREATE_LIMIT_S = 2.0
"""How long a client may take to make room for progress: what it is of waits for that."""


class Ui:
    """Messages, questions and progress, as far as the client can show them."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._told: set[str] = set()

    def error(self, text: str) -> None:
        """Show an error; it names its cause and the mend."""
        self._show(types.MessageType.Error, text)

    def error_once(self, text: str) -> None:
        """Show an error that may come back with every key pressed, the first time only."""
        if text not in self._told:
            self._told.add(text)
            self.error(text)

    def warning(self, text: str) -> None:
        """Show a warning."""
        self._show(types.MessageType.Warning, text)

    def info(self, text: str) -> None:
        """Show a piece of news."""
        self._show(types.MessageType.Info, text)

    def _show(self, kind: types.MessageType, text: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(type=kind, message=text))

    async def ask(self, text: str, action: str) -> bool | None:
        """Ask whether to do ``action``; None when the client cannot ask."""
        window = self._server.client_capabilities.window
        if window is None or window.show_message is None:
            return None
        try:
            answer = await self._server.window_show_message_request_async(
                types.ShowMessageRequestParams(
                    type=types.MessageType.Info,
                    message=text,
                    actions=[types.MessageActionItem(title=action)],
                )
            )
        except Exception:  # it cannot, whatever it said of itself
            return None
        return answer is not None and answer.title == action

    @asynccontextmanager
    async def progress(self, title: str) -> AsyncIterator[Report]:
        """Show progress while the block runs; the given function reports from the loop's thread."""
        window = self._server.client_capabilities.window
        if window is None or not window.work_done_progress:
            yield lambda message, percentage: None
            return
        progress = self._server.work_done_progress
        token = f"codex-lsp-{uuid.uuid4()}"
        try:
            await asyncio.wait_for(progress.create_async(token), _CREATE_LIMIT_S)
        except Exception:  # the client refuses, or does not answer: then it does without
            yield lambda message, percentage: None
            return
        progress.begin(token, types.WorkDoneProgressBegin(title=title, percentage=0))

        def report(message: str, percentage: int | None) -> None:
            progress.report(
                token, types.WorkDoneProgressReport(message=message, percentage=percentage)
            )

        try:
            yield report
        finally:
            with contextlib.suppress(Exception):
                progress.end(token, types.WorkDoneProgressEnd())
