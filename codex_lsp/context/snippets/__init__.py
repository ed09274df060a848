"""Pieces of other files for the prompt: found, chosen, and written as comments."""

from codex_lsp.context.snippets.choose import Budget, Place, choose
from codex_lsp.context.snippets.comments import as_comment

__all__ = ["Budget", "Place", "as_comment", "choose"]
