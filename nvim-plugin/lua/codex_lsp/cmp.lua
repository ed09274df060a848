---A source for nvim-cmp:
---
---    require('cmp').register_source('codex_lsp', require('codex_lsp.cmp').new())
local items = require('codex_lsp.items')

---@class codex_lsp.CmpSource
local Source = {}
Source.__index = Source

---@return codex_lsp.CmpSource
function Source.new()
  return setmetatable({}, Source)
end

---@return string
function Source:get_debug_name()
  return 'codex_lsp'
end

---@return boolean
function Source:is_available()
  return items.is_available(vim.api.nvim_get_current_buf())
end

---@return string
function Source:get_position_encoding_kind()
  return 'utf-8'
end

---@return string[]
function Source:get_trigger_characters()
  return { '.', '(', '[', '{', ',', '=', ':', ' ' }
end

---@param request { context: { bufnr: integer } }
---@param callback fun(response: { items: lsp.CompletionItem[], isIncomplete: boolean })
function Source:complete(request, callback)
  items.get(request.context.bufnr, function(entries)
    callback({ items = entries, isIncomplete = true })
  end)
end

---@param entry lsp.CompletionItem
---@param callback fun(entry: lsp.CompletionItem)
function Source:execute(entry, callback)
  items.accepted(entry)
  callback(entry)
end

return Source
