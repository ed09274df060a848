---The keys in insert mode. A key that has a meaning already keeps it.
local config = require('codex_lsp.config')

local M = {}

---What a key does, and what it does when nothing is shown.
---@type table<string, { desc: string, always?: boolean }>
local actions = {
  accept = { desc = 'accept the suggestion' },
  accept_word = { desc = 'accept the next word of the suggestion' },
  accept_line = { desc = 'accept the next line of the suggestion' },
  next = { desc = 'show the next candidate' },
  prev = { desc = 'show the previous candidate' },
  dismiss = { desc = 'hide the suggestion' },
  trigger = { desc = 'ask for a suggestion', always = true },
}

---Neovim's own mapping of `<Tab>` (0.11 and later): it jumps in snippets.
local snippet_jump = '^vim%.snippet%.jump'

---@param bufnr integer
---@param key string
---@return boolean
local function is_taken(bufnr, key)
  -- `maparg()` looks at the current buffer, and the server attaches to others as well.
  local mapping = vim.api.nvim_buf_call(bufnr, function()
    return vim.fn.maparg(key, 'i', false, true)
  end)
  return next(mapping) ~= nil and not (mapping.desc or ''):find(snippet_jump)
end

---@param key string
---@return string keys what the key does without us
local function fallback(key)
  if key:lower() == '<tab>' and vim.snippet.active({ direction = 1 }) then
    return '<Cmd>lua vim.snippet.jump(1)<CR>'
  end
  return key
end

---@type table<integer, table<string, string>> action by key, by buffer
local mapped = {}

---@param bufnr integer
function M.apply(bufnr)
  local keys = config.get().keymaps
  mapped[bufnr] = mapped[bufnr] or {}
  for name, action in pairs(actions) do
    local key = keys and keys[name]
    if key and key ~= '' and not is_taken(bufnr, key) then
      local run = ("<Cmd>lua require('codex_lsp').%s()<CR>"):format(name)
      -- A command in the mapping's result, so that keys typed ahead come after it.
      vim.keymap.set('i', key, function()
        return (action.always or require('codex_lsp').is_visible()) and run or fallback(key)
      end, { buffer = bufnr, expr = true, desc = 'codex-lsp: ' .. action.desc })
      mapped[bufnr][key] = name
    end
  end
end

---@param bufnr integer
function M.remove(bufnr)
  for key in pairs(mapped[bufnr] or {}) do
    pcall(vim.keymap.del, 'i', key, { buffer = bufnr })
  end
  mapped[bufnr] = nil
end

---What became of each configured key in a buffer, for the health check.
---@param bufnr integer
---@return { name: string, key: string, ours: boolean }[]
function M.report(bufnr)
  local lines = {}
  for name, key in pairs(config.get().keymaps or {}) do
    if key then
      local ours = (mapped[bufnr] or {})[key] == name
      table.insert(lines, { name = name, key = key, ours = ours })
    end
  end
  table.sort(lines, function(a, b)
    return a.name < b.name
  end)
  return lines
end

return M
