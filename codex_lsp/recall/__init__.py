"""Lines seen before that begin like the one being typed: candidates without decoding."""

from codex_lsp.recall.find import Cursor, recall

__all__ = ["Cursor", "recall"]
