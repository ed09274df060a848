---What the server tells of its suggestions, in a window: `:CodexLsp explain` and `stats`.
local compat = require('codex_lsp.compat')
local status = require('codex_lsp.status')

local M = {}

---@class codex_lsp.TracedCandidate
---@field text string
---@field rank integer|vim.NIL 0 is the best
---@field meanLogprob number|vim.NIL
---@field confidence number|vim.NIL
---@field agreement integer
---@field trimmedBy string[]
---@field findings string[] what it would make insecure
---@field rejected string|vim.NIL
---@field rejectedBy string

---@class codex_lsp.Trace
---@field outcome string
---@field decision string
---@field sentence string
---@field position { line: integer, character: integer }
---@field ms { total: number, first: number, prefill: number, decode: number }
---@field work { read: integer, kept: integer, decoded: integer, scored: integer }
---@field candidates codex_lsp.TracedCandidate[]

---@param name string
---@param lines string[]
local function show(name, lines)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].filetype = 'codex_lsp_report'
  vim.cmd(('botright sbuffer %d'):format(bufnr))
  pcall(vim.api.nvim_buf_set_name, bufnr, 'codex-lsp://' .. name)
  vim.wo.wrap = false
  vim.api.nvim_win_set_height(0, math.min(#lines, math.floor(vim.o.lines / 2)))
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr, nowait = true })
end

---@param method string
---@param params table
---@param take fun(result: table)
local function ask(method, params, take)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = status.client(bufnr)
  if not client then
    vim.notify('codex-lsp: the server does not serve this buffer.', vim.log.levels.WARN)
    return
  end
  compat.request(client, method, params, function(err, result)
    if err then
      vim.notify('codex-lsp: ' .. err.message, vim.log.levels.ERROR)
    elseif type(result) == 'table' then
      take(result)
    end
  end, bufnr)
end

---@param value any
---@param format string
---@return string
local function shown(value, format)
  return type(value) == 'number' and format:format(value) or ''
end

---@param candidate codex_lsp.TracedCandidate
---@return string
local function fate(candidate)
  if type(candidate.rejected) == 'string' then
    local by = candidate.rejectedBy ~= '' and ' by ' .. candidate.rejectedBy or ''
    return ('rejected%s: %s'):format(by, candidate.rejected)
  end
  local said = 'kept'
  if #candidate.trimmedBy > 0 then
    said = 'trimmed by ' .. table.concat(candidate.trimmedBy, ', ')
  end
  if #candidate.findings > 0 then
    said = said .. '; insecure: ' .. table.concat(candidate.findings, ', ')
  end
  return said
end

---@param trace codex_lsp.Trace
---@return string[]
local function trace_lines(trace)
  local ms, work = trace.ms, trace.work
  local lines = {
    ('%s · %s · %s'):format(trace.outcome, trace.decision, trace.sentence),
    ('line %d · %.0f ms: first %.0f, prefill %.0f, decode %.0f'):format(
      trace.position.line + 1,
      ms.total,
      ms.first,
      ms.prefill,
      ms.decode
    ),
    ('tokens: %d read, %d kept, %d decoded, %d scored'):format(
      work.read,
      work.kept,
      work.decoded,
      work.scored
    ),
  }
  for _, candidate in ipairs(trace.candidates) do
    local rank = type(candidate.rank) == 'number' and tostring(candidate.rank + 1) or '-'
    local sure = type(candidate.confidence) == 'number' and candidate.confidence * 100 or nil
    local text = candidate.text:gsub('\r?\n', '⏎')
    table.insert(
      lines,
      ('%2s  %4s  %7s  ×%d  %s  │%s│'):format(
        rank,
        shown(sure, '%.0f%%'),
        shown(candidate.meanLogprob, '%.3f'),
        candidate.agreement,
        fate(candidate),
        text
      )
    )
  end
  return lines
end

---Show why there was a suggestion for this buffer the last time, or none.
function M.explain()
  local params = { uri = vim.uri_from_bufnr(0), last = 1 }
  ask('codexLsp/explain', params, function(result)
    local trace = result.traces[1]
    local none = { 'Nothing has been asked for in this buffer yet.' }
    show('explain', trace and trace_lines(trace) or none)
  end)
end

local row = '%-16s %6s %8s %7s %9s %5s %5s %7s %7s'

---@param name string
---@param figures table<string, any>
---@return string
local function figures_line(name, figures)
  local rate = figures.acceptanceRate
  return row:format(
    name,
    figures.shown,
    figures.accepted,
    figures.partiallyAccepted,
    figures.dismissed,
    shown(type(rate) == 'number' and rate * 100 or nil, '%.0f%%'),
    figures.keptAfter30s,
    figures.charactersSaved,
    shown(figures.latencyMs.median, '%d ms')
  )
end

---@param told table the answer to `codexLsp/statistics`
---@return string[]
function M.stats_lines(told)
  if not told.enabled then
    return { 'Statistics are off.' }
  elseif type(told.since) ~= 'string' then
    return { 'Nothing has been counted yet.' }
  end
  local lines = {
    ('Since %s: %d requests.'):format(told.since, told.totals.requests),
    row:format('', 'shown', 'accepted', 'by part', 'dismissed', 'rate', '30 s', 'chars', 'median'),
    figures_line('all', told.totals),
  }
  for _, figures in ipairs(told.byLanguage) do
    table.insert(lines, figures_line(figures.language, figures))
  end
  return lines
end

---Show how suggestions fare on this machine.
function M.stats()
  ask('codexLsp/statistics', vim.empty_dict(), function(told)
    show('stats', M.stats_lines(told))
  end)
end

return M
