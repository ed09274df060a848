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

---How the descriptions of our mappings begin.
local prefix = 'codex-lsp: '

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

---@param keys string
---@return string # as Neovim has them when they are typed
local function typed(keys)
  return vim.api.nvim_replace_termcodes(keys, true, true, true)
end

---@type fun()? what the command is to do that a mapping gave last
local to_do

---@param action fun()
---@return string keys that do it, with the keys typed ahead after them
local function command(action)
  to_do = action
  return typed("<Cmd>lua require('codex_lsp.keymaps').run()<CR>")
end

---Called by the keys of `command()`.
function M.run()
  local action = to_do
  to_do = nil
  if action then
    action()
  end
end

---The mapping that a key has in all buffers by now: plugins that load late map it after us.
---@param key string
---@return table<string, any>?
local function global_mapping(key)
  -- Our own says how Neovim writes the key: `<Tab>` and `<C-I>` are two.
  local lhs = vim.fn.maparg(key, 'i', false, true).lhsraw
  for _, mapping in ipairs(vim.api.nvim_get_keymap('i')) do
    if mapping.lhsraw == lhs then
      return mapping
    end
  end
end

---@param mapping table<string, any>
---@return string keys, boolean escape # what it types; byte 128 has to be escaped in it
local function expand(mapping)
  if mapping.expr ~= 1 then
    return mapping.callback and command(mapping.callback) or typed(mapping.rhs), false
  end
  local keys
  if mapping.callback then
    keys = mapping.callback()
  else
    -- Its special keys were replaced when it was made.
    local expression = typed(mapping.rhs):gsub('\128\254X', '\128')
    keys = vim.api.nvim_eval(expression)
  end
  keys = type(keys) == 'string' and keys or ''
  if mapping.replace_keycodes == 1 then
    return typed(keys), false
  end
  return keys, true
end

---@param key string
---@return string keys, boolean escape, boolean remap # what the key does without us
local function fallback(key)
  local mapping = global_mapping(key)
  if mapping then
    local keys, escape = expand(mapping)
    return keys, escape, mapping.noremap ~= 1 or mapping.script == 1
  elseif key:lower() == '<tab>' and vim.snippet.active({ direction = 1 }) then
    return typed('<Cmd>lua vim.snippet.jump(1)<CR>'), false, false
  end
  return typed(key), false, false
end

---Do what a key does without us, before the keys that were typed ahead.
---@param key string
local function feed_fallback(key)
  local keys, escape, remap = fallback(key)
  local itself = typed(key)
  if remap and vim.startswith(keys, itself) then
    -- As in every mapping: what begins with its own key is not mapped again there.
    vim.api.nvim_feedkeys(keys:sub(#itself + 1), 'im', escape)
    keys, escape, remap = itself, false, false
  end
  vim.api.nvim_feedkeys(keys, remap and 'im' or 'in', escape)
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
      local function act()
        -- Keys typed ahead may have taken it away since the mapping was looked up.
        if require('codex_lsp')[name]() == false then
          feed_fallback(key)
        end
      end
      vim.keymap.set('i', key, function()
        if action.always or require('codex_lsp').is_visible() then
          return command(act)
        end
        feed_fallback(key)
        return ''
      end, {
        buffer = bufnr,
        expr = true,
        replace_keycodes = false,
        desc = prefix .. action.desc,
      })
      mapped[bufnr][key] = name
    end
  end
end

---@param bufnr integer
function M.remove(bufnr)
  local mappings = vim.api.nvim_buf_is_valid(bufnr) and vim.api.nvim_buf_get_keymap(bufnr, 'i')
  -- Somebody else may have mapped the key since.
  for _, mapping in ipairs(mappings or {}) do
    if vim.startswith(mapping.desc or '', prefix) then
      pcall(vim.keymap.del, 'i', mapping.lhs, { buffer = bufnr })
    end
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
