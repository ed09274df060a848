---`:checkhealth codex_lsp`
local attach = require('codex_lsp.attach')
local compat = require('codex_lsp.compat')
local config = require('codex_lsp.config')
local keymaps = require('codex_lsp.keymaps')
local status = require('codex_lsp.status')
local switch = require('codex_lsp.switch')

local M = {}

local health = vim.health

local function check_neovim()
  health.start('Neovim')
  if vim.fn.has('nvim-0.10') == 0 then
    health.error('Neovim 0.10 or later is needed.')
    return
  end
  local builtin = attach.backend_name() == 'builtin'
  local shown = builtin and 'vim.lsp.inline_completion' or 'our own ghost text'
  health.ok(('Neovim %s; suggestions are shown by %s.'):format(tostring(vim.version()), shown))
  if not compat.has_inline_completion() and config.get().backend == 'builtin' then
    health.warn("backend = 'builtin' needs Neovim 0.12; our own ghost text is used.")
  end
end

---@param arguments string[]
---@return string? output of the server's executable, nil when it failed
local function ask_executable(arguments)
  local command = vim.list_extend({ config.get().cmd[1] }, arguments)
  local ok, done = pcall(function()
    return vim.system(command, { text = true }):wait(20000)
  end)
  return ok and done.code == 0 and vim.trim(done.stdout) or nil
end

local function check_server()
  health.start('Server')
  local executable = config.get().cmd[1]
  if vim.fn.executable(executable) == 0 then
    health.error(('`%s` is not an executable.'):format(executable), {
      'Install it with `pipx install .` in a clone of the repository, or',
      'set `cmd` to where it is: { "/path/to/codex-lsp", "serve", "--stdio" }.',
    })
    return
  end
  local version = ask_executable({ '--version' })
  health.ok(('%s (%s)'):format(vim.fn.exepath(executable), version or 'no version'))
  local path = ask_executable({ 'models', 'path' })
  if path then
    health.ok('The default model is installed: ' .. path)
  elseif not config.get().settings.model then
    health.warn('The default model is not installed.', { 'Run `codex-lsp models pull`.' })
  end
  health.info('`codex-lsp doctor` checks the rest: CPU, memory, checksums, speed.')
end

local function check_clients()
  health.start('Buffers')
  local clients = vim.lsp.get_clients({ name = 'codex_lsp' })
  if #clients == 0 then
    health.warn('The server is not running.', {
      "Call `vim.lsp.enable('codex_lsp')` or `require('codex_lsp').setup()`, and open a file.",
    })
  end
  for _, client in ipairs(clients) do
    local buffers = vim.lsp.get_buffers_by_client_id(client.id)
    health.ok(('Client %d serves %d buffer(s).'):format(client.id, #buffers))
    for _, bufnr in ipairs(buffers) do
      local state, message = status.get(bufnr)
      local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ':~:.')
      local line = ('%s: %s%s'):format(name, state, message ~= '' and ', ' .. message or '')
      if state == 'error' then
        health.error(line)
      elseif not switch.is_on(bufnr) then
        health.info(line .. ' (`:CodexLsp enable buffer` switches it on)')
      else
        health.info(line)
      end
    end
  end
end

local function check_keys()
  health.start('Keys in insert mode')
  local bufnr ---@type integer?
  for _, client in ipairs(vim.lsp.get_clients({ name = 'codex_lsp' })) do
    bufnr = bufnr or vim.lsp.get_buffers_by_client_id(client.id)[1]
  end
  if not bufnr then
    health.info('They are mapped in the buffers that the server serves.')
    return
  end
  for _, key in ipairs(keymaps.report(bufnr)) do
    if key.ours then
      health.ok(('%s: %s'):format(key.key, key.name))
    else
      local call = ("require('codex_lsp').%s()"):format(key.name)
      health.warn(
        ('%s is mapped to something else, so it does not %s.'):format(key.key, key.name),
        {
          ('Call `%s` from that mapping; it returns whether it did anything.'):format(call),
          'Or choose another key with `keymaps`.',
        }
      )
    end
  end
end

function M.check()
  check_neovim()
  check_server()
  check_clients()
  check_keys()
end

return M
