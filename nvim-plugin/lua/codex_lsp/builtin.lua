---Suggestions shown by `vim.lsp.inline_completion` (Neovim 0.12 and later).
---
---Neovim asks, after 200 ms without a key, and draws. We stand in between: an answer that comes too
---late is dropped, what the user types through or away is followed at once, and a suggestion that
---grows is drawn anew. To do so we keep the handler that Neovim gave with its request, and call it
---again with other items; nothing of Neovim's own state is touched.
local compat = require('codex_lsp.compat')
local offers = require('codex_lsp.offers')

---@type codex_lsp.Backend
local M = {}

local METHOD = 'textDocument/inlineCompletion'

---What Neovim wants to be told of answers in a buffer, and what it was told last.
---@class codex_lsp.Kept
---@field handler fun(err: any, result: any, ctx: table)
---@field ctx table
---@field group integer? That of Neovim's own, when it gave the handler.
---@field shown integer[] The items it has, by their index in the offer.
---@field place integer The one it shows.

---@type table<integer, codex_lsp.Kept?>
local kept = {}

---@type table<integer, { client_id: integer }?> by buffer, another table after each `attach()`
local attached = {}

---@return boolean
local function in_insert_mode()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

---@param bufnr integer
---@return boolean
local function is_enabled(bufnr)
  return vim.lsp.inline_completion.is_enabled({ bufnr = bufnr })
end

---@param bufnr integer
---@return string
local function group_name(bufnr)
  return 'nvim.lsp.inline_completion:' .. bufnr
end

---The autocommands of Neovim's own, which makes others each time it is switched on.
---@param bufnr integer
---@return integer?
local function group_of(bufnr)
  local ok, found = pcall(vim.api.nvim_get_autocmds, { group = group_name(bufnr) })
  return ok and found[1] and found[1].group or nil
end

---@param bufnr integer
---@return codex_lsp.Kept? # unless Neovim's own is off, or was: then its handler would fail
local function alive(bufnr)
  local to = kept[bufnr]
  return to and is_enabled(bufnr) and to.group == group_of(bufnr) and to or nil
end

---An item as it would be if the server had been asked at the cursor.
---@param offer codex_lsp.Offer
---@param index integer
---@return lsp.InlineCompletionItem
local function at_cursor(offer, index)
  local rest = assert(offers.rest(offer, index))
  local line = vim.api.nvim_buf_get_lines(offer.bufnr, rest.row, rest.row + 1, false)[1] or ''
  local function at(col)
    local character = compat.to_character(line, math.min(col, #line), offer.encoding)
    return { line = rest.row, character = character }
  end
  return {
    insertText = rest.text,
    range = { start = at(rest.col), ['end'] = at(rest.col + rest.replaces) },
    command = offer.items[index].command,
  }
end

---Have Neovim draw what is on offer, or nothing.
---@param bufnr integer
function M.refresh(bufnr)
  local offer, to = offers.get(bufnr), alive(bufnr)
  if not to then
    return
  end
  to.shown, to.place = offer and offers.agreeing(offer) or {}, 1
  local items = {}
  for place, index in ipairs(to.shown) do
    items[place] = at_cursor(assert(offer), index)
  end
  if offer then
    offer.selected = to.shown[1] or offer.selected
  end
  to.handler(nil, { items = items }, to.ctx)
end

---Set by `codex_lsp.attach`: called when something else is shown.
---@param _bufnr integer
function M.on_show(_bufnr) end

---See every inline completion request of the client, and its answer, before Neovim does.
---@param client vim.lsp.Client
local function stand_between(client)
  if rawget(client, 'codex_lsp_request') then
    return
  end
  local request = client.request
  rawset(client, 'codex_lsp_request', request)
  ---@diagnostic disable-next-line: duplicate-set-field
  client.request = function(self, method, params, handler, bufnr)
    if method ~= METHOD or not handler then
      return request(self, method, params, handler, bufnr)
    end
    local at = (bufnr or 0) == 0 and vim.api.nvim_get_current_buf() or bufnr
    local asked, group = attached[at], group_of(at)
    return request(self, method, params, function(err, result, ctx)
      if not asked or attached[at] ~= asked or asked.client_id ~= client.id then
        return
      end
      -- What is on screen stays there when the answer has come too late.
      local on_screen = kept[ctx.bufnr] or { shown = {}, place = 1 }
      kept[ctx.bufnr] = {
        handler = handler,
        ctx = ctx,
        group = group,
        shown = on_screen.shown,
        place = on_screen.place,
      }
      if not err and in_insert_mode() and alive(at) and offers.take(client, result, ctx) then
        M.refresh(ctx.bufnr)
        M.on_show(ctx.bufnr)
      end
    end, bufnr)
  end
end

---See to it that an answer is on its way: Neovim asks when it hears that the cursor has moved.
---@param bufnr integer
function M.expect(bufnr)
  if is_enabled(bufnr) and group_of(bufnr) then
    vim.api.nvim_exec_autocmds('CursorMovedI', { group = group_name(bufnr), modeline = false })
  end
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  if attached[bufnr] then
    return
  end
  stand_between(client)
  attached[bufnr] = { client_id = client.id }
  vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
  if in_insert_mode() then
    M.expect(bufnr)
  end
  local group = vim.api.nvim_create_augroup('codex_lsp.builtin:' .. bufnr, {})
  -- After Neovim's own, which draws the item as it was.
  vim.api.nvim_create_autocmd({ 'CursorMovedI', 'TextChangedI', 'TextChangedP' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      if offers.get(bufnr) then
        M.refresh(bufnr)
      end
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      M.dismiss(bufnr)
    end,
  })
end

---@param bufnr integer
function M.detach(bufnr)
  if not attached[bufnr] then
    return
  end
  offers.withdraw(bufnr)
  attached[bufnr] = nil
  kept[bufnr] = nil
  vim.api.nvim_del_augroup_by_name('codex_lsp.builtin:' .. bufnr)
  if vim.api.nvim_buf_is_loaded(bufnr) then
    vim.lsp.inline_completion.enable(false, { bufnr = bufnr })
  end
end

---@param bufnr integer
function M.dismiss(bufnr)
  offers.withdraw(bufnr)
  M.refresh(bufnr)
end

---@param bufnr integer
function M.trigger(bufnr)
  local at = attached[bufnr]
  local client = at and vim.lsp.get_client_by_id(at.client_id)
  if not client or not in_insert_mode() then
    return
  end
  local with = alive(bufnr)
  if with then
    local params = offers.params(client, bufnr, 1)
    if params then
      client:request(METHOD, params, with.handler, bufnr)
    end
  else
    -- Neovim has not asked yet, so there is no handler of its to call: make it ask.
    M.expect(bufnr)
  end
end

---@param bufnr integer
---@param count integer
---@return boolean
function M.select(bufnr, count)
  local offer, to = offers.get(bufnr), alive(bufnr)
  if not offer or not to or #to.shown == 0 or not M.visible(bufnr) then
    return false
  end
  to.place = (to.place - 1 + count) % #to.shown + 1
  offer.selected = to.shown[to.place]
  vim.lsp.inline_completion.select({ bufnr = bufnr, count = count })
  return true
end

---@param bufnr integer
---@return boolean
function M.visible(bufnr)
  local offer, to = offers.get(bufnr), in_insert_mode() and alive(bufnr)
  return offer ~= nil and to and #to.shown > 0 and offers.rest(offer, offer.selected) ~= nil
    or false
end

---@param bufnr integer
---@return boolean # other clients suggest here too, so that Neovim alone knows what it shows
local function is_shared(bufnr)
  local clients = vim.lsp.get_clients({ bufnr = bufnr, method = METHOD })
  return #clients > 1
end

---Call back with the item that is shown, if it is one of ours; Neovim accepts those of others.
---@param bufnr integer
---@param callback fun(offer: codex_lsp.Offer, index: integer)
---@return boolean # whether there is one
function M.with_shown(bufnr, callback)
  local offer = offers.get(bufnr)
  if not is_shared(bufnr) then
    if offer and M.visible(bufnr) then
      callback(offer, offer.selected)
      return true
    end
    return false
  end
  return vim.lsp.inline_completion.get({
    bufnr = bufnr,
    on_accept = function(item)
      if not offer or item.client_id ~= offer.client_id then
        return item
      end
      for index, ours in ipairs(offer.items) do
        if vim.deep_equal(ours.command, item.command) and offers.rest(offer, index) then
          callback(offer, index)
        end
      end
    end,
  })
end

return M
