---The suggestion's candidates as entries of a completion menu, for nvim-cmp and blink.cmp.
---
---They come from the same request as the ghost text, so the two never stand in each other's way.
local attach = require('codex_lsp.attach')
local compat = require('codex_lsp.compat')
local offers = require('codex_lsp.offers')
local status = require('codex_lsp.status')
local switch = require('codex_lsp.switch')

local M = {}

local WAIT_MS = 3000
local MAX_LABEL_CHARS = 60

---@param text string
---@return string # one line to know the candidate by
local function label(text)
  local lines = vim.tbl_filter(function(line)
    return line ~= ''
  end, vim.tbl_map(vim.trim, vim.split(text, '\n')))
  local first = lines[1] or ''
  if vim.fn.strchars(first) > MAX_LABEL_CHARS then
    return vim.fn.strcharpart(first, 0, MAX_LABEL_CHARS - 1) .. '…'
  end
  return #lines > 1 and first .. ' …' or first
end

---@param argument codex_lsp.Argument
---@return string
local function details(argument)
  local insecure = #(argument.findings or {}) > 0 and ', insecure' or ''
  return ('%.0f %%%s'):format(100 * argument.confidence, insecure)
end

---@param offer codex_lsp.Offer
---@param index integer
---@param place integer from 1
---@return lsp.CompletionItem?
local function to_entry(offer, index, place)
  local rest = offers.rest(offer, index)
  if not rest then
    return nil
  end
  local line = vim.api.nvim_buf_get_lines(offer.bufnr, rest.row, rest.row + 1, false)[1] or ''
  local word = line:sub(1, rest.col):match('[%w_\128-\255]*$')
  local text = word .. rest.text
  local argument = offers.argument(offer.items[index])
  local filetype = vim.bo[offer.bufnr].filetype
  return {
    label = label(text),
    labelDetails = argument and { description = details(argument) },
    kind = vim.lsp.protocol.CompletionItemKind.Text,
    sortText = ('%04d'):format(place - 1),
    filterText = vim.split(text, '\n')[1],
    insertTextFormat = vim.lsp.protocol.InsertTextFormat.PlainText,
    insertTextMode = 1,
    textEdit = {
      newText = text,
      -- Both menus count bytes in entries of sources such as this.
      range = {
        start = { line = rest.row, character = rest.col - #word },
        ['end'] = { line = rest.row, character = rest.col + rest.replaces },
      },
    },
    documentation = { kind = 'markdown', value = ('````%s\n%s\n````'):format(filetype, text) },
    -- A copy: the menus change the entries that they are given.
    command = vim.deepcopy(offer.items[index].command),
    data = { bufnr = offer.bufnr, client_id = offer.client_id },
  }
end

---@param offer codex_lsp.Offer
---@return lsp.CompletionItem[]
local function to_entries(offer)
  local entries = {}
  for place, index in ipairs(offers.agreeing(offer)) do
    table.insert(entries, to_entry(offer, index, place))
  end
  return entries
end

---Whether a menu may ask in this buffer.
---@param bufnr integer
---@return boolean
function M.is_available(bufnr)
  return status.client(bufnr) ~= nil and switch.is_on(bufnr)
end

---Give the candidates at the cursor: those on offer, or those of the answer that is awaited.
---@param bufnr integer
---@param callback fun(entries: lsp.CompletionItem[]) called once
---@return fun() cancel
function M.get(bufnr, callback)
  local timer ---@type uv.uv_timer_t?
  local given = false
  local function give(offer)
    if given then
      return
    end
    given = true
    if timer then
      timer:close()
    end
    callback(offer and to_entries(offer) or {})
  end
  local offer = offers.get(bufnr)
  if offer and #offers.agreeing(offer) > 0 then
    give(offer)
  elseif not M.is_available(bufnr) then
    give(nil)
  else
    timer = vim.defer_fn(function()
      timer = nil
      give(nil)
    end, WAIT_MS)
    offers.on_next(bufnr, give)
    attach.backend().expect(bufnr)
  end
  return function()
    given = true
  end
end

---An entry was inserted: tell the server, and take the ghost text away.
---@param entry lsp.CompletionItem
function M.accepted(entry)
  local data = entry.data or {}
  local client = vim.lsp.get_client_by_id(data.client_id or -1)
  if client and entry.command then
    compat.request(client, 'workspace/executeCommand', {
      command = entry.command.command,
      arguments = entry.command.arguments,
    }, function() end, data.bufnr)
  end
  if data.bufnr then
    -- The server goes on with what has been accepted.
    offers.clear(data.bufnr)
    attach.backend().dismiss(data.bufnr)
  end
end

return M
