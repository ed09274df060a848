"""What the model may see of a document, and how much it is asked for."""

from codex_lsp.context.window import ContextOptions, build_context

__all__ = ["ContextOptions", "build_context"]
