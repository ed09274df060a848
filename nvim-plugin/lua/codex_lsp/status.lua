---What the server says of itself, and the statusline component.
local config = require('codex_lsp.config')
local events = require('codex_lsp.events')
local switch = require('codex_lsp.switch')

local M = {}

---The params of the server's `didChangeStatus`.
---@class codex_lsp.Status
---@field kind 'Normal'|'Error'|'Warning'|'Inactive'
---@field busy boolean
---@field message string

---@type table<integer, codex_lsp.Status?>
local by_client = {}

---Take `didChangeStatus`.
---@param _err any
---@param status codex_lsp.Status
---@param ctx { client_id: integer }
function M.on_change(_err, status, ctx)
  local before = by_client[ctx.client_id]
  by_client[ctx.client_id] = status
  local ready = status.kind == 'Normal' and not status.busy
  if ready and (not before or before.message ~= status.message) then
    -- The model has been loaded: somebody may be waiting since the last key.
    require('codex_lsp.attach').expect(ctx.client_id)
  end
  events.emit('CodexLspStatus', { client_id = ctx.client_id, status = status })
  vim.cmd.redrawstatus({ bang = true })
end

---@param bufnr integer
---@return vim.lsp.Client?
function M.client(bufnr)
  return vim.lsp.get_clients({ bufnr = bufnr, name = 'codex_lsp' })[1]
end

---@param bufnr? integer default: the current one
---@return 'ready'|'busy'|'error'|'off' state, string message
function M.get(bufnr)
  bufnr = bufnr or vim.api.nvim_get_current_buf()
  local client = M.client(bufnr)
  if not client then
    return 'off', 'The server does not serve this buffer.'
  elseif not switch.is_on(bufnr) then
    return 'off', 'Switched off here.'
  end
  local status = by_client[client.id]
  if not status then
    return 'busy', 'The server is starting.'
  elseif status.kind == 'Error' then
    return 'error', status.message
  elseif status.kind == 'Inactive' then
    return 'off', status.message
  end
  return status.busy and 'busy' or 'ready', status.message
end

---A component for the statusline: an icon for the state. Empty where there is no server.
---@return string
function M.statusline()
  if not M.client(vim.api.nvim_get_current_buf()) then
    return ''
  end
  return config.get().icons[(M.get())]
end

return M
