if vim.g.loaded_codex_lsp then
  return
end
vim.g.loaded_codex_lsp = true

vim.api.nvim_create_user_command('CodexLsp', function(args)
  require('codex_lsp.command').run(args)
end, {
  nargs = '*',
  desc = 'Code completion by a local model',
  complete = function(lead, line)
    return require('codex_lsp.command').complete(lead, line)
  end,
})

vim.api.nvim_create_autocmd('LspAttach', {
  group = vim.api.nvim_create_augroup('codex_lsp.attach', {}),
  callback = function(args)
    require('codex_lsp.attach').on_attach(args)
  end,
})
