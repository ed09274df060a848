---A source for blink.cmp:
---
---    sources = {
---      default = { 'lsp', 'path', 'codex_lsp' },
---      providers = {
---        codex_lsp = { name = 'codex-lsp', module = 'codex_lsp.blink', async = true },
---      },
---    }
local items = require('codex_lsp.items')

---@class codex_lsp.BlinkSource
local Source = {}
Source.__index = Source

---@return codex_lsp.BlinkSource
function Source.new()
  return setmetatable({}, Source)
end

---@return boolean
function Source:enabled()
  return items.is_available(vim.api.nvim_get_current_buf())
end

---@return string[]
function Source:get_trigger_characters()
  return { '.', '(', '[', '{', ',', '=', ':', ' ' }
end

---@param context { bufnr: integer }
---@param callback fun(response: table)
---@return fun() cancel
function Source:get_completions(context, callback)
  return items.get(context.bufnr, function(entries)
    callback({ items = entries, is_incomplete_forward = true, is_incomplete_backward = true })
  end)
end

---@param _context table
---@param item lsp.CompletionItem
---@param callback fun()
---@param default_implementation fun()
function Source:execute(_context, item, callback, default_implementation)
  default_implementation()
  items.accepted(item)
  callback()
end

return Source
