---Ghost text of our own, for Neovim without inline completion, and for suggestions on demand.
local compat = require('codex_lsp.compat')
local config = require('codex_lsp.config')
local offers = require('codex_lsp.offers')

---@class codex_lsp.Backend
local M = {}

M.namespace = vim.api.nvim_create_namespace('codex_lsp.ghost')

---@class codex_lsp.GhostState
---@field client vim.lsp.Client
---@field timer uv.uv_timer_t Runs while the user pauses, then the server is asked.
---@field request? integer The id of the request that is under way.
---@field hint? string Shown behind the text: which candidate this is.

---@type table<integer, codex_lsp.GhostState>
local attached = {}

---@return boolean
local function in_insert_mode()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

---@param bufnr integer
local function clear(bufnr)
  vim.api.nvim_buf_clear_namespace(bufnr, M.namespace, 0, -1)
end

---How the rest is drawn: what it replaces stays on the screen, so it is not drawn twice.
---@param bufnr integer
---@param rest codex_lsp.Rest
---@return string shown, 'inline'|'overlay' place
local function drawn(bufnr, rest)
  if rest.replaces == 0 then
    return rest.text, 'inline'
  end
  local line = vim.api.nvim_buf_get_lines(bufnr, rest.row, rest.row + 1, false)[1]
  local replaced = line:sub(rest.col + 1, rest.col + rest.replaces)
  if not rest.text:find('\n', 1, true) and vim.endswith(rest.text, replaced) then
    return rest.text:sub(1, #rest.text - #replaced), 'inline'
  end
  return rest.text, 'overlay'
end

---@param bufnr integer
---@return boolean # a menu of completions has an entry selected, which would be accepted first
local function menu_is_used(bufnr)
  return vim.api.nvim_get_current_buf() == bufnr
    and vim.fn.pumvisible() == 1
    and vim.fn.complete_info({ 'selected' }).selected ~= -1
end

---Draw what is on offer, or nothing.
---@param bufnr integer
function M.refresh(bufnr)
  clear(bufnr)
  local offer, state = offers.get(bufnr), attached[bufnr]
  local index = offer and offers.agreeing(offer)[1]
  if not offer or not index or not state or menu_is_used(bufnr) then
    return
  end
  offer.selected = index
  local rest = assert(offers.rest(offer, index))
  local shown, place = drawn(bufnr, rest)
  local lines = vim.split(shown, '\n', { plain = true })
  local chunks = {}
  for _, line in ipairs(lines) do
    table.insert(chunks, { { line, 'CodexLspGhostText' } })
  end
  if state.hint then
    table.insert(chunks[#chunks], { state.hint, 'CodexLspHint' })
  end
  vim.api.nvim_buf_set_extmark(bufnr, M.namespace, rest.row, rest.col, {
    virt_text = chunks[1],
    virt_text_pos = place,
    virt_lines = vim.list_slice(chunks, 2),
    hl_mode = 'combine',
  })
end

---@param bufnr integer
---@param kind 1|2
local function ask(bufnr, kind)
  local state = attached[bufnr]
  if not state or vim.api.nvim_get_current_buf() ~= bufnr then
    return
  end
  local client = state.client
  local params = offers.params(client, bufnr, kind)
  if not params or not in_insert_mode() then
    return
  end
  -- The request before is not cancelled: the server lets it go on where it still fits.
  local id ---@type integer?
  local function answered(err, result, ctx)
    if state.request == id then
      state.request = nil
    end
    if err or attached[bufnr] ~= state or not in_insert_mode() then
      return
    end
    if offers.take(client, result, ctx) then
      state.hint = nil
      M.refresh(bufnr)
      M.on_show(bufnr)
    end
  end
  local _
  _, id = compat.request(client, 'textDocument/inlineCompletion', params, answered, bufnr)
  state.request = id
end

---Set by `codex_lsp.attach`: called when something else is shown.
---@param _bufnr integer
function M.on_show(_bufnr) end

---The user has typed or moved: keep what still agrees, and ask anew after a pause.
---@param bufnr integer
local function changed(bufnr)
  local state = attached[bufnr]
  if not state then
    return
  end
  state.hint = nil
  M.refresh(bufnr)
  if config.get().auto_trigger then
    state.timer:start(
      config.get().debounce_ms,
      0,
      vim.schedule_wrap(function()
        ask(bufnr, 2)
      end)
    )
  end
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  if attached[bufnr] then
    return
  end
  attached[bufnr] = { client = client, timer = assert(vim.uv.new_timer()) }
  local group = vim.api.nvim_create_augroup('codex_lsp.ghost:' .. bufnr, {})
  vim.api.nvim_create_autocmd(
    { 'InsertEnter', 'CursorMovedI', 'TextChangedI', 'TextChangedP', 'CompleteChanged' },
    {
      group = group,
      buffer = bufnr,
      callback = function()
        changed(bufnr)
      end,
    }
  )
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      M.dismiss(bufnr)
    end,
  })
  if in_insert_mode() then
    changed(bufnr)
  end
end

---@param bufnr integer
function M.detach(bufnr)
  local state = attached[bufnr]
  if not state then
    return
  end
  M.dismiss(bufnr)
  attached[bufnr] = nil
  state.timer:close()
  vim.api.nvim_del_augroup_by_name('codex_lsp.ghost:' .. bufnr)
end

---Hide it, and wait for no answer any more.
---@param bufnr integer
function M.dismiss(bufnr)
  local state = attached[bufnr]
  if state then
    state.timer:stop()
    if state.request then
      compat.cancel(state.client, state.request)
      state.request = nil
    end
  end
  offers.withdraw(bufnr)
  if vim.api.nvim_buf_is_loaded(bufnr) then
    clear(bufnr)
  end
end

---@param bufnr integer
function M.trigger(bufnr)
  ask(bufnr, 1)
end

---See to it that an answer is on its way.
---@param bufnr integer
function M.expect(bufnr)
  local state = attached[bufnr]
  if state and not state.request and not state.timer:is_active() then
    ask(bufnr, 2)
  end
end

---@param bufnr integer
---@param count integer
---@return boolean
function M.select(bufnr, count)
  local offer, state = offers.get(bufnr), attached[bufnr]
  if not offer or not state or not M.visible(bufnr) then
    return false
  end
  local at, total = offers.select(offer, count)
  state.hint = (' (%d/%d)'):format(at, total)
  M.refresh(bufnr)
  return true
end

---@param bufnr integer
---@return boolean
function M.visible(bufnr)
  local offer = offers.get(bufnr)
  -- While keys are typed ahead nothing is drawn anew.
  return offer ~= nil
    and #vim.api.nvim_buf_get_extmarks(bufnr, M.namespace, 0, -1, { limit = 1 }) > 0
    and offers.rest(offer, offer.selected) ~= nil
end

---Call back with the item that is shown.
---@param bufnr integer
---@param callback fun(offer: codex_lsp.Offer, index: integer)
---@return boolean # whether there is one
function M.with_shown(bufnr, callback)
  local offer = offers.get(bufnr)
  if not offer or not M.visible(bufnr) then
    return false
  end
  callback(offer, offer.selected)
  return true
end

return M
