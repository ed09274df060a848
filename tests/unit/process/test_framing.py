from __future__ import annotations

import io

import pytest

from codex_lsp.errors import EngineError
from codex_lsp.options import CompleterOptions, TokenBudget
from codex_lsp.process import framing
from codex_lsp.process.messages import Cancel, Complete, Ended, Failed, Typed
from codex_lsp.types import (
    Alternative,
    Completion,
    Context,
    Outcome,
    Rejection,
    RejectionReason,
    Shape,
    Snippet,
    SnippetKind,
    Work,
)

COMPLETION = Completion("a", 3, 4, -0.5, 1, (Alternative("a", -0.5, 1, 0),))


class Dribble:
    """A stream that gives one byte at a time, as a pipe may."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._inner.read(min(size, 1))


@pytest.mark.parametrize(
    "message",
    [
        Cancel(7),
        Complete(
            4,
            Context(
                "a",
                "b",
                "python",
                Shape.LINE,
                snippets=(Snippet("p/q.py", "x = 1", SnippetKind.IMPORTED),),
            ),
            CompleterOptions(budget=TokenBudget(256, 128, 0.1)),
        ),
        Typed(1, "é\ud800\n"),
        Ended(2, Outcome(Rejection(RejectionReason.EMPTY, "Nothing."))),
        Ended(3, Outcome(COMPLETION, work=Work(1, 2, 3, 4), first_ms=1.5)),
    ],
)
def test_messages_arrive_as_they_were_sent(message: object) -> None:
    stream = Dribble(framing.encode(message) + framing.encode(Cancel(0)))
    assert framing.read(stream) == message
    assert framing.read(stream) == Cancel(0)
    assert framing.read(stream) is None


def test_errors_keep_their_type_and_their_sentence() -> None:
    received = framing.read(io.BytesIO(framing.encode(Failed(1, EngineError("It failed.")))))
    assert type(received.error) is EngineError
    assert str(received.error) == "It failed."


@pytest.mark.parametrize("missing", [1, 5, 12])
def test_a_stream_that_ends_within_a_message_has_ended(missing: int) -> None:
    whole = framing.encode(Cancel(7))
    assert framing.read(io.BytesIO(whole[:-missing])) is None
    assert framing.read(io.BytesIO(whole[:3])) is None
