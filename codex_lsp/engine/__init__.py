"""What turns token ids into sampled token ids."""

from codex_lsp.engine.base import (
    Cancellation,
    Engine,
    Generation,
    NoScores,
    PendingScores,
    TokenSink,
)

__all__ = ["Cancellation", "Engine", "Generation", "NoScores", "PendingScores", "TokenSink"]
