"""What turns token ids into sampled token ids."""

from codex_lsp.engine.base import (
    Cancellation,
    Engine,
    FirstToken,
    Generation,
    NoScores,
    PendingScores,
    TokenSink,
)

__all__ = [
    "Cancellation",
    "Engine",
    "FirstToken",
    "Generation",
    "NoScores",
    "PendingScores",
    "TokenSink",
]
