---What is done for each buffer that the server serves: who shows suggestions, keys, highlights.
local compat = require('codex_lsp.compat')
local config = require('codex_lsp.config')
local events = require('codex_lsp.events')
local keymaps = require('codex_lsp.keymaps')
local offers = require('codex_lsp.offers')
local switch = require('codex_lsp.switch')

local M = {}

---Who shows suggestions.
---@class codex_lsp.Backend
---@field attach fun(client: vim.lsp.Client, bufnr: integer)
---@field detach fun(bufnr: integer)
---@field refresh fun(bufnr: integer) Draw what is on offer, or nothing.
---@field dismiss fun(bufnr: integer)
---@field trigger fun(bufnr: integer) Ask the server now.
---@field expect fun(bufnr: integer) See to it that an answer is on its way.
---@field select fun(bufnr: integer, count: integer): boolean
---@field visible fun(bufnr: integer): boolean
---@field with_shown fun(bufnr: integer, f: fun(offer: codex_lsp.Offer, i: integer)): boolean
---@field on_show fun(bufnr: integer)

---@type table<integer, integer> client by buffer
local served = {}

---@return 'builtin'|'ghost'
function M.backend_name()
  local options = config.get()
  if not compat.has_inline_completion() or options.backend == 'ghost' then
    return 'ghost'
  end
  -- Neovim's own asks at every pause and cannot be told not to.
  return options.auto_trigger and 'builtin' or 'ghost'
end

---@return codex_lsp.Backend
function M.backend()
  local backend = require('codex_lsp.' .. M.backend_name())
  backend.on_show = M.on_show
  return backend
end

local function define_highlights()
  local hint = compat.has_inline_completion() and 'ComplHint' or 'NonText'
  vim.api.nvim_set_hl(0, 'CodexLspGhostText', { default = true, link = hint })
  local more = compat.has_inline_completion() and 'ComplHintMore' or 'MoreMsg'
  vim.api.nvim_set_hl(0, 'CodexLspHint', { default = true, link = more })
end

---Something is shown: tell the server, once for each item, and whoever listens.
---@param bufnr integer
function M.on_show(bufnr)
  local offer = offers.get(bufnr)
  if not offer or not M.backend().visible(bufnr) then
    return
  end
  local index = offer.selected
  local client = vim.lsp.get_client_by_id(offer.client_id)
  if client and not offer.told[index] then
    offer.told[index] = true
    compat.notify(client, 'textDocument/didShowCompletion', { item = offer.items[index] })
  end
  events.emit('CodexLspShow', { bufnr = bufnr, index = index, count = #offer.items })
end

---Take `codexLsp/partialCompletion`.
---@param client_id integer
---@param growth table
function M.grow(client_id, growth)
  local offer = offers.grow(client_id, growth)
  if offer and served[offer.bufnr] then
    M.backend().refresh(offer.bufnr)
  end
end

---Ask for a suggestion where the user is, if one would be shown.
---@param client_id integer
function M.expect(client_id)
  local bufnr = vim.api.nvim_get_current_buf()
  local inserting = vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
  if served[bufnr] == client_id and inserting and config.get().auto_trigger then
    if switch.is_on(bufnr) and not offers.get(bufnr) then
      M.backend().expect(bufnr)
    end
  end
end

---Show suggestions in a buffer, or show none any more, as it is switched.
---@param bufnr integer
function M.update(bufnr)
  local client = vim.lsp.get_client_by_id(served[bufnr] or -1)
  if client and switch.is_on(bufnr) then
    M.backend().attach(client, bufnr)
  else
    M.backend().detach(bufnr)
  end
  vim.cmd.redrawstatus({ bang = true })
end

---Do so in all buffers.
function M.update_all()
  for bufnr in pairs(served) do
    M.update(bufnr)
  end
end

---@param bufnr integer
local function on_detach(bufnr)
  served[bufnr] = nil
  M.backend().detach(bufnr)
  keymaps.remove(bufnr)
  offers.clear(bufnr)
end

---@param client vim.lsp.Client
---@param bufnr integer
local function watch(client, bufnr)
  local group = vim.api.nvim_create_augroup('codex_lsp.buffer:' .. bufnr, {})
  -- A buffer that is wiped out does not always get to hear `LspDetach`.
  vim.api.nvim_create_autocmd({ 'LspDetach', 'BufWipeout' }, {
    group = group,
    buffer = bufnr,
    callback = function(args)
      if args.event == 'BufWipeout' or args.data.client_id == client.id then
        pcall(vim.api.nvim_del_augroup_by_name, 'codex_lsp.buffer:' .. bufnr)
        on_detach(bufnr)
      end
    end,
  })
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    buffer = bufnr,
    callback = function()
      M.update(bufnr)
    end,
  })
  vim.api.nvim_create_autocmd('BufEnter', {
    group = group,
    buffer = bufnr,
    callback = function()
      local document = { uri = vim.uri_from_bufnr(bufnr) }
      compat.notify(client, 'textDocument/didFocus', { textDocument = document })
    end,
  })
end

---Tell the server of the project that a buffer is in, unless it knows.
---@param client vim.lsp.Client
---@param bufnr integer
local function add_folder(client, bufnr)
  local root = vim.fs.root(bufnr, require('codex_lsp.server').root_markers)
  if not root then
    return
  end
  local folder = { uri = vim.uri_from_fname(root), name = root }
  client.workspace_folders = client.workspace_folders or {}
  for _, known in ipairs(client.workspace_folders) do
    if known.uri == folder.uri then
      return
    end
  end
  table.insert(client.workspace_folders, folder)
  compat.notify(client, 'workspace/didChangeWorkspaceFolders', {
    event = { added = { folder }, removed = {} },
  })
end

---Take `LspAttach`.
---@param args { buf: integer, data: { client_id: integer } }
function M.on_attach(args)
  local client = vim.lsp.get_client_by_id(args.data.client_id)
  if not client or client.name ~= 'codex_lsp' or served[args.buf] == client.id then
    return
  end
  define_highlights()
  if served[args.buf] then
    -- By a client that is on its way out: who shows suggestions would stay with it.
    M.backend().detach(args.buf)
  end
  served[args.buf] = client.id
  add_folder(client, args.buf)
  watch(client, args.buf)
  keymaps.apply(args.buf)
  M.update(args.buf)
  events.emit('CodexLspAttach', { bufnr = args.buf, client_id = client.id })
end

return M
