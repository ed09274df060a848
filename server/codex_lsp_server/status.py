"""What the server is doing, for the editor's status line: the notification ``didChangeStatus``.

Name and shape are those of GitHub's published completion server, so that its clients understand
them. They are sent to clients that ask for them only: an editor may report a notification that it
does not know as an error.

All news come together here: the model's loading, requests under way, how they ended, and what is
switched off. Several at once make one notification.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from codex_lsp.types import Rejection, RejectionReason

STATUS_METHOD = "didChangeStatus"

_AGAIN_S = 0.2
_OFF = frozenset({RejectionReason.DISABLED, RejectionReason.SECRET_FILE})
_FAILED = frozenset({RejectionReason.NO_MODEL, RejectionReason.ENGINE_FAILED})
LOADING = "Loading the model."

Notify = Callable[[str, dict[str, Any]], None]
Ready = Callable[[], Awaitable[str | Rejection]]
"""Waits a while for the model; gives its name, or the reason why it is not there."""


class Kind(Enum):
    """The kinds of status of GitHub's protocol."""

    NORMAL = "Normal"
    ERROR = "Error"
    WARNING = "Warning"
    INACTIVE = "Inactive"


@dataclass(frozen=True, slots=True)
class State:
    """What is shown. ``message`` is one sentence, or the model's name when all is well."""

    kind: Kind = Kind.NORMAL
    busy: bool = False
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the notification's params."""
        return {"kind": self.kind.value, "busy": self.busy, "message": self.message}


def wants_status(options: object) -> bool:
    """Whether a client's initialization options ask for the status.

    ``statusNotification: true`` does, and so does the ``editorInfo`` that clients of GitHub's
    server introduce themselves with.
    """
    if not isinstance(options, Mapping):
        return False
    return options.get("statusNotification") is True or "editorInfo" in options


class Status:
    """Knows the state and tells its changes. For the event loop's thread only.

    :ivar enabled: the client wants to be told
    """

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._told: State | None = None
        self._busy = 0
        self._loading = False
        self._model = ""
        self._problem = ""
        self._off = ""
        self._scheduled = False
        self._following: asyncio.Task[None] | None = None
        self.enabled = False

    @property
    def state(self) -> State:
        """The state as it is now."""
        if self._off:
            return State(Kind.INACTIVE, message=self._off)
        if self._loading:
            return State(busy=True, message=LOADING)
        if self._problem:
            return State(Kind.ERROR, message=self._problem)
        return State(busy=self._busy > 0, message=self._model)

    def follow(self, ready: Ready) -> None:
        """Show that the model is being loaded, until ``ready`` says otherwise."""
        if self._following is not None:
            self._following.cancel()
        self._following = asyncio.get_running_loop().create_task(self._follow(ready))
        # Told after the task's first step: a model that is ready already shows no loading.
        self._loading = True
        self._changed()

    async def _follow(self, ready: Ready) -> None:
        result = await ready()
        while isinstance(result, Rejection) and result.reason is RejectionReason.MODEL_LOADING:
            await asyncio.sleep(_AGAIN_S)
            result = await ready()
        self._loading = False
        if isinstance(result, Rejection):
            self._problem = result.detail
        else:
            self._problem = ""
            self._model = result
        self._changed()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Show that a request is under way while the block runs."""
        self._busy += 1
        self._changed()
        try:
            yield
        finally:
            self._busy -= 1
            self._changed()

    def answered(self, rejection: Rejection | None) -> None:
        """Take what a request's end says of the state."""
        reason = None if rejection is None else rejection.reason
        detail = "" if rejection is None else rejection.detail
        if reason is not RejectionReason.UNKNOWN_DOCUMENT:
            self.off(detail if reason in _OFF else "")
        if reason in _FAILED:
            self._problem = detail
        elif reason is None:
            self._problem = ""
        self._changed()

    def off(self, why: str) -> None:
        """Say why there are no completions in the document at hand; empty when there are."""
        self._off = why
        self._changed()

    def close(self) -> None:
        """Follow and tell nothing any more."""
        self.enabled = False
        if self._following is not None:
            self._following.cancel()

    def _changed(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._scheduled = False
        state = self.state
        if self.enabled and state != self._told:
            self._told = state
            self._notify(STATUS_METHOD, state.to_json())
