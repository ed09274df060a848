"""Completes texts with the cursor marked, by a written model."""

from __future__ import annotations

from codex_lsp.completer import Completer
from codex_lsp.options import CompleterOptions
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Document,
    Rejection,
)
from tests.unit.fake_engine import FakeEngine, description

CURSOR = "¦"


def request(marked: str, **facts: str) -> CompletionRequest:
    """Make a request from a text with the cursor marked in it."""
    offset = marked.index(CURSOR)
    return CompletionRequest(Document(marked.replace(CURSOR, ""), **facts), offset)


def complete(engine: FakeEngine, marked: str, **sampling: int | float) -> Completion | Rejection:
    options = CompleterOptions(profile="eager", sampling=SamplingParams(**{"n": 2, **sampling}))
    return Completer(engine, description()).complete(request(marked), options).result


def completion_of(result: Completion | Rejection) -> Completion:
    assert isinstance(result, Completion), result
    return result
