"""``python -m codex_lsp`` is ``codex-lsp``."""

from codex_lsp.cli import main

if __name__ == "__main__":
    main()
