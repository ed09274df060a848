---Code completion by a local model, shown as ghost text. See |codex-lsp|.
local attach = require('codex_lsp.attach')
local compat = require('codex_lsp.compat')
local config = require('codex_lsp.config')
local events = require('codex_lsp.events')
local offers = require('codex_lsp.offers')
local status = require('codex_lsp.status')
local switch = require('codex_lsp.switch')
local text = require('codex_lsp.text')

local M = {}

---Configure the plugin and serve all files. Not needed with `vim.lsp.enable('codex_lsp')`.
---@param opts? codex_lsp.Opts
function M.setup(opts)
  config.set(opts)
  -- Some plugin managers do not source it in a folder below the plugin's own.
  vim.cmd.runtime('plugin/codex_lsp.lua')
  require('codex_lsp.server').enable()
end

---@return integer
local function here()
  return vim.api.nvim_get_current_buf()
end

---Do it now, or as soon as it is allowed: an `<expr>` mapping may change no text while it is
---evaluated (|E565|).
---@param action fun()
local function now_or_soon(action)
  local ok, problem = pcall(action)
  if ok then
    return
  end
  if not tostring(problem):find('E565', 1, true) then
    error(problem, 0)
  end
  vim.schedule(action)
end

---@alias codex_lsp.Part 'all'|'word'|'line'

---@param offer codex_lsp.Offer
---@param index integer
---@param rest codex_lsp.Rest
---@param part string
local function tell_part(offer, index, rest, part)
  local client = vim.lsp.get_client_by_id(offer.client_id)
  if not client then
    return
  end
  local item = offer.items[index]
  local before = item.insertText:sub(1, #item.insertText - #rest.text + #part)
  compat.notify(client, 'textDocument/didPartiallyAcceptCompletion', {
    item = item,
    acceptedLength = compat.to_character(before, #before, 'utf-16'),
  })
end

---@param offer codex_lsp.Offer
---@param index integer
local function tell_all(offer, index)
  local client = vim.lsp.get_client_by_id(offer.client_id)
  local command = offer.items[index].command
  if client and command then
    compat.request(client, 'workspace/executeCommand', {
      command = command.command,
      arguments = command.arguments,
    }, function() end, offer.bufnr)
  end
end

---@param bufnr integer
---@param offer codex_lsp.Offer
---@param index integer
---@param what codex_lsp.Part
local function insert(bufnr, offer, index, what)
  local rest = offers.rest(offer, index)
  if not rest then
    return
  end
  local part = rest.text
  if what == 'word' then
    part = text.first_word(rest.text)
  elseif what == 'line' then
    part = text.first_line(rest.text)
  end
  local whole = part == rest.text
  text.insert(bufnr, rest, part, whole and rest.replaces or 0)
  offer.selected = index
  if whole then
    offers.clear(bufnr)
    tell_all(offer, index)
  else
    tell_part(offer, index, rest, part)
  end
  events.emit('CodexLspAccept', { bufnr = bufnr, part = whole and 'all' or what })
end

---@param what codex_lsp.Part
---@return boolean # whether there was a suggestion
local function accept(what)
  local bufnr = here()
  local backend = attach.backend()
  return backend.with_shown(bufnr, function(offer, index)
    now_or_soon(function()
      insert(bufnr, offer, index, what)
      backend.refresh(bufnr)
    end)
  end)
end

---Accept the whole suggestion.
---@return boolean # whether there was one, so that a mapping can do something else
function M.accept()
  return accept('all')
end

---Accept the next word of the suggestion, with the blanks before it.
---@return boolean
function M.accept_word()
  return accept('word')
end

---Accept the rest of the suggestion's line; the next line when nothing is left of it.
---@return boolean
function M.accept_line()
  return accept('line')
end

---Show the next candidate.
---@param count? integer default: 1
---@return boolean # whether there is a suggestion
function M.next(count)
  local bufnr = here()
  local backend = attach.backend()
  if not backend.visible(bufnr) then
    return false
  end
  now_or_soon(function()
    if backend.select(bufnr, count or 1) then
      attach.on_show(bufnr)
    end
  end)
  return true
end

---Show the previous candidate.
---@param count? integer default: 1
---@return boolean
function M.prev(count)
  return M.next(-(count or 1))
end

---Hide the suggestion until the next key.
---@return boolean # whether there was one
function M.dismiss()
  local bufnr = here()
  local backend = attach.backend()
  if not backend.visible(bufnr) then
    return false
  end
  now_or_soon(function()
    backend.dismiss(bufnr)
    events.emit('CodexLspDismiss', { bufnr = bufnr })
  end)
  return true
end

---Ask for a suggestion now, and for a new one where there is one.
function M.trigger()
  attach.backend().trigger(here())
end

---@return boolean # whether a suggestion is shown in the current buffer
function M.is_visible()
  return attach.backend().visible(here())
end

---Switch suggestions on, off or over.
---@param scope? codex_lsp.Scope default: 'global'
---@param on? boolean default: the opposite of what holds in the current buffer
---@return boolean on what holds in the current buffer now
function M.toggle(scope, on)
  switch.set(scope or 'global', here(), on)
  attach.update_all()
  return switch.is_on(here())
end

---@param scope? codex_lsp.Scope default: 'global'
function M.enable(scope)
  M.toggle(scope, true)
end

---@param scope? codex_lsp.Scope default: 'global'
function M.disable(scope)
  M.toggle(scope, false)
end

---@param bufnr? integer default: the current one
---@return boolean
function M.is_enabled(bufnr)
  return switch.is_on(bufnr or here())
end

M.status = status.get
M.statusline = status.statusline

return M
