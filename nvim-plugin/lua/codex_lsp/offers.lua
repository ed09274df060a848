---What the server offers in each buffer: the latest answer that still counts, however it is shown.
local compat = require('codex_lsp.compat')
local text = require('codex_lsp.text')

local M = {}

---The argument of an item's accept command, made by the server.
---@class codex_lsp.Argument
---@field id string The completion that the item belongs to.
---@field index integer The item's number in the answer, from 0.
---@field logprob number
---@field meanLogprob number
---@field confidence number How likely it is to be right, 0 to 1.
---@field origin string How the answer came about.
---@field tokens integer
---@field agreement integer
---@field findings? string[] What the item would make insecure.

---An answer to one request. Its items stay as the server made them, but for one that grows.
---@class codex_lsp.Offer
---@field bufnr integer
---@field client_id integer
---@field encoding string
---@field version integer The document's version that it was asked for.
---@field position lsp.Position Where it was asked for.
---@field items lsp.InlineCompletionItem[] In rank order; line ends are line feeds.
---@field anchors codex_lsp.Anchor[] Of each item.
---@field selected integer The item that the user has turned to.
---@field seq integer The number of the latest growth.
---@field growing boolean It may still grow.
---@field told table<integer, true> The items that the server knows to have been shown.

---@type table<integer, codex_lsp.Offer?>
local offers = {}

---@type table<integer, fun(offer?: codex_lsp.Offer)[]>
local waiting = {}

---@param client vim.lsp.Client
---@param bufnr integer
---@return lsp.Position?
local function position_of_cursor(client, bufnr)
  local row, col = text.cursor(bufnr)
  if not row or not col then
    return nil
  end
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
  return { line = row, character = compat.to_character(line, col, client.offset_encoding) }
end

---@param client vim.lsp.Client
---@param bufnr integer
---@param kind 1|2 Invoked by the user, or automatic.
---@return lsp.InlineCompletionParams?
function M.params(client, bufnr, kind)
  local position = position_of_cursor(client, bufnr)
  return position
    and {
      textDocument = { uri = vim.uri_from_bufnr(bufnr) },
      position = position,
      context = { triggerKind = kind },
    }
end

---Whether the buffer and the cursor are still as they were when it was asked.
---@param client vim.lsp.Client
---@param ctx table the context that the handler of the answer was given
---@return boolean
local function is_fresh(client, ctx)
  local bufnr = ctx.bufnr
  if not vim.api.nvim_buf_is_loaded(bufnr) or ctx.version ~= vim.lsp.util.buf_versions[bufnr] then
    return false
  end
  local now = position_of_cursor(client, bufnr)
  return now ~= nil and vim.deep_equal(now, ctx.params.position)
end

---@param bufnr integer
---@param offer codex_lsp.Offer?
local function set(bufnr, offer)
  offers[bufnr] = offer
  local waiters = waiting[bufnr] or {}
  waiting[bufnr] = nil
  for _, waiter in ipairs(waiters) do
    waiter(offer)
  end
end

---Take an answer.
---@param client vim.lsp.Client
---@param result? lsp.InlineCompletionItem[]|lsp.InlineCompletionList
---@param ctx table the context that the handler was given
---@return boolean taken # false: it came too late, and what is shown stays
function M.take(client, result, ctx)
  if not is_fresh(client, ctx) then
    return false
  end
  local bufnr, position = ctx.bufnr, ctx.params.position
  local items = result and (result.items or result) or {}
  local anchors = {}
  for index, item in ipairs(items) do
    item.insertText = item.insertText:gsub('\r\n', '\n')
    anchors[index] = text.anchor(bufnr, item, position, client.offset_encoding)
  end
  set(bufnr, #items > 0 and {
    bufnr = bufnr,
    client_id = client.id,
    encoding = client.offset_encoding,
    version = ctx.version,
    position = position,
    items = items,
    anchors = anchors,
    selected = 1,
    seq = 0,
    growing = true,
    told = {},
  } or nil)
  return true
end

---@param bufnr integer
---@return codex_lsp.Offer?
function M.get(bufnr)
  return offers[bufnr]
end

---@param bufnr integer
function M.clear(bufnr)
  set(bufnr, nil)
end

---Take it away for good: the server need not go on with it.
---@param bufnr integer
function M.withdraw(bufnr)
  local offer = offers[bufnr]
  local argument = offer and M.argument(offer.items[1])
  local client = offer and vim.lsp.get_client_by_id(offer.client_id)
  if offer and argument and client and offer.growing then
    compat.notify(client, 'codexLsp/cancelPartial', { id = argument.id })
  end
  M.clear(bufnr)
end

---Call back once with the next answer in the buffer; nil when there is nothing to offer.
---@param bufnr integer
---@param callback fun(offer?: codex_lsp.Offer)
function M.on_next(bufnr, callback)
  waiting[bufnr] = waiting[bufnr] or {}
  table.insert(waiting[bufnr], callback)
end

---@param item lsp.InlineCompletionItem
---@return codex_lsp.Argument?
function M.argument(item)
  return vim.tbl_get(item, 'command', 'arguments', 1)
end

---What item {index} still has to say at the cursor; nil when the user has typed something else.
---@param offer codex_lsp.Offer
---@param index integer
---@return codex_lsp.Rest?
function M.rest(offer, index)
  local item = offer.items[index]
  return item and text.rest(offer.bufnr, item.insertText, offer.anchors[index])
end

---The items that agree with what was typed: the selected one first, then by rank.
---@param offer codex_lsp.Offer
---@return integer[] indices
function M.agreeing(offer)
  local found = {}
  for index in ipairs(offer.items) do
    if M.rest(offer, index) then
      table.insert(found, index == offer.selected and 1 or #found + 1, index)
    end
  end
  return found
end

---Turn to the next item that agrees, or to one further away.
---@param offer codex_lsp.Offer
---@param count integer negative goes back
---@return integer index, integer total
function M.select(offer, count)
  local found = vim.tbl_filter(function(index)
    return M.rest(offer, index) ~= nil
  end, vim.tbl_keys(offer.items))
  table.sort(found)
  local at = 1
  for place, index in ipairs(found) do
    if index == offer.selected then
      at = place
    end
  end
  at = (at - 1 + count) % math.max(#found, 1) + 1
  offer.selected = found[at] or 1
  return at, #found
end

---@param offer codex_lsp.Offer
---@param growth table
---@return boolean # it goes on from where the offer stands
local function continues(offer, growth)
  return offer.version == growth.version
    and vim.deep_equal(offer.position, growth.position)
    and growth.seq > offer.seq
end

---Take a piece of growth, if it belongs to what is on offer.
---@param client_id integer
---@param growth table the params of `codexLsp/partialCompletion`
---@return codex_lsp.Offer? offer # that has grown
function M.grow(client_id, growth)
  -- Found by its id: to ask for the URI's buffer would make one for a file that was wiped out.
  for _, offer in pairs(offers) do
    for _, item in ipairs(offer.client_id == client_id and offer.items or {}) do
      local argument = M.argument(item)
      if argument and argument.id == growth.id and argument.index == growth.index then
        if not continues(offer, growth) then
          return nil
        end
        offer.seq = growth.seq
        offer.growing = not growth.done
        item.insertText = growth.insertText:gsub('\r\n', '\n')
        return offer
      end
    end
  end
end

return M
