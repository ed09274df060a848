"""Lines seen before that begin like the one being typed: candidates without decoding."""

from codex_lsp.recall.find import Cursor, Recalled, recall

__all__ = ["Cursor", "Recalled", "recall"]
