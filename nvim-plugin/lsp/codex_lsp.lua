-- Read by `vim.lsp.enable('codex_lsp')` (Neovim 0.11 and later).
return require('codex_lsp.server').config()
