---The options of the plugin. They come from `setup()`, or from `vim.g.codex_lsp` for those who only
---call `vim.lsp.enable('codex_lsp')`.
local M = {}

---Keys in insert mode; `false` maps none. A key that is mapped already is left alone.
---@class codex_lsp.Keymaps
---@field accept string|false The whole suggestion.
---@field accept_word string|false Its next word.
---@field accept_line string|false Its next line.
---@field next string|false The next candidate.
---@field prev string|false The previous candidate.
---@field dismiss string|false Hide it.
---@field trigger string|false Ask for one now.

---@class codex_lsp.Icons
---@field ready string
---@field busy string
---@field error string
---@field off string

---@class codex_lsp.Config
---@field cmd string[] How the server is started.
---@field settings table<string, any> The server's settings, such as `{ samples = 8 }`.
---@field enabled boolean Suggest in every file, unless switched off for its type or buffer.
---@field filetypes table<string, boolean> On or off by filetype, such as `{ markdown = false }`.
---@field auto_trigger boolean Suggest while typing; else only on `trigger`.
---@field debounce_ms integer How long to wait after a key before asking (our own ghost text).
---@field backend 'auto'|'builtin'|'ghost' Who shows suggestions: Neovim 0.12 itself, or we.
---@field keymaps codex_lsp.Keymaps|false
---@field icons codex_lsp.Icons For the statusline.

---What `setup()` and `vim.g.codex_lsp` take: any part of the configuration.
---@class codex_lsp.Opts
---@field cmd? string[]
---@field settings? table<string, any>
---@field enabled? boolean
---@field filetypes? table<string, boolean>
---@field auto_trigger? boolean
---@field debounce_ms? integer
---@field backend? 'auto'|'builtin'|'ghost'
---@field keymaps? table<string, string|false>|false
---@field icons? table<string, string>

---@type codex_lsp.Config
local defaults = {
  cmd = { 'codex-lsp', 'serve', '--stdio' },
  settings = {},
  enabled = true,
  filetypes = {},
  auto_trigger = true,
  debounce_ms = 50,
  backend = 'auto',
  keymaps = {
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-C-Right>',
    next = '<M-]>',
    prev = '<M-[>',
    dismiss = '<C-]>',
    trigger = '<M-\\>',
  },
  icons = { ready = '●', busy = '◌', error = '✗', off = '○' },
}

---@type codex_lsp.Config?
local current

local backends = { auto = true, builtin = true, ghost = true }

---@param keys table<string, any>
---@return string? problem
local function check_keys(keys)
  for name, key in pairs(keys) do
    if defaults.keymaps[name] == nil then
      return ('there is no option keymaps.%s'):format(name)
    elseif type(key) ~= 'string' and key ~= false then
      return ('keymaps.%s has to be a string or false, not a %s'):format(name, type(key))
    end
  end
end

---@param name string
---@param value any
---@return string? problem
local function check(name, value)
  local default = defaults[name]
  if default == nil then
    return ('there is no option %s'):format(name)
  end
  if name == 'keymaps' and value == false then
    return nil
  end
  if type(value) ~= type(default) then
    return ('%s has to be a %s, not a %s'):format(name, type(default), type(value))
  end
  if name == 'backend' and not backends[value] then
    return ("backend has to be 'auto', 'builtin' or 'ghost', not '%s'"):format(value)
  end
  if name == 'keymaps' then
    return check_keys(value)
  end
end

---Take options; a wrong one is told and left out, the rest counts.
---@param opts codex_lsp.Opts?
---@return codex_lsp.Config
function M.set(opts)
  local good = {}
  for name, value in pairs(opts or {}) do
    local problem = check(name, value)
    if problem then
      vim.notify(('codex-lsp: %s; it is ignored.'):format(problem), vim.log.levels.WARN)
    else
      good[name] = value
    end
  end
  current = vim.tbl_deep_extend('force', defaults, good)
  return current
end

---@return codex_lsp.Config
function M.get()
  return current or M.set(vim.g.codex_lsp)
end

return M
