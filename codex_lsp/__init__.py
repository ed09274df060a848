"""codex-lsp: code completion by a local language model. Text in, ranked completions out."""

__version__ = "0.1.0"
