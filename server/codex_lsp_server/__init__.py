"""The language server: the protocol's side of codex-lsp."""
