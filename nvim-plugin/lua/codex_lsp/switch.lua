---Where suggestions are on: a buffer's own switch counts, else its filetype's, else the global one.
local config = require('codex_lsp.config')

local M = {}

---@alias codex_lsp.Scope 'global'|'filetype'|'buffer'

---@type boolean?
local global
---@type table<string, boolean>
local by_filetype = {}

---@param bufnr integer
---@return boolean
function M.is_on(bufnr)
  local own = vim.b[bufnr].codex_lsp_enabled
  if own ~= nil then
    return own == true or own == 1
  end
  local filetype = vim.bo[bufnr].filetype
  for _, given in ipairs({ by_filetype, config.get().filetypes }) do
    if given[filetype] ~= nil then
      return given[filetype]
    end
  end
  if global ~= nil then
    return global
  end
  return config.get().enabled
end

---@param scope codex_lsp.Scope
---@param bufnr integer the buffer, or one of the filetype
---@param on? boolean nil takes the opposite of what holds in the buffer
function M.set(scope, bufnr, on)
  if on == nil then
    on = not M.is_on(bufnr)
  end
  if scope == 'buffer' then
    vim.b[bufnr].codex_lsp_enabled = on
  elseif scope == 'filetype' then
    by_filetype[vim.bo[bufnr].filetype] = on
    vim.b[bufnr].codex_lsp_enabled = nil
  else
    -- A global switch that some buffers ignore would not be believed.
    global = on
    by_filetype = {}
    for _, other in ipairs(vim.api.nvim_list_bufs()) do
      if vim.api.nvim_buf_is_loaded(other) then
        vim.b[other].codex_lsp_enabled = nil
      end
    end
  end
end

return M
