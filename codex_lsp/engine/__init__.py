"""What turns token ids into sampled token ids."""

from codex_lsp.engine.base import Cancellation, Engine, Generation, TokenSink

__all__ = ["Cancellation", "Engine", "Generation", "TokenSink"]
