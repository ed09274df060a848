---What a suggestion still has to say at the cursor, and parts of it. Knows buffers, but no server.
local compat = require('codex_lsp.compat')

local M = {}

---What would be inserted at the cursor.
---@class codex_lsp.Rest
---@field row integer The cursor's row, from 0.
---@field col integer The cursor's column in bytes, from 0.
---@field text string
---@field replaces integer How many bytes right of the cursor it replaces.

---@param bufnr integer
---@return integer? row, integer? col # of the cursor in a window that shows the buffer, from 0
function M.cursor(bufnr)
  local win = vim.api.nvim_get_current_win()
  if vim.api.nvim_win_get_buf(win) ~= bufnr then
    win = vim.fn.bufwinid(bufnr)
    if win == -1 then
      return nil
    end
  end
  local row, col = unpack(vim.api.nvim_win_get_cursor(win))
  return row - 1, col
end

---@param bufnr integer
---@param position lsp.Position
---@param encoding string
---@return integer row, integer col
local function to_byte(bufnr, position, encoding)
  local line = vim.api.nvim_buf_get_lines(bufnr, position.line, position.line + 1, false)[1] or ''
  return position.line, compat.to_col(line, position.character, encoding)
end

---Where an item begins.
---@class codex_lsp.Anchor
---@field row integer
---@field col integer
---@field replaces integer How many bytes right of the cursor it replaces.
---@field tail string What stands right of the cursor.

---@param bufnr integer
---@param row integer
---@param col integer
---@return string # what stands in the line from there on
local function tail_of(bufnr, row, col)
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
  return line:sub(col + 1)
end

---Where an item begins, and how much it replaces, in bytes. To be called while the buffer is as it
---was when the item was made.
---@param bufnr integer
---@param item lsp.InlineCompletionItem
---@param position lsp.Position where it was asked for
---@param encoding string
---@return codex_lsp.Anchor
function M.anchor(bufnr, item, position, encoding)
  local range = item.range or { start = position, ['end'] = position }
  local row, col = to_byte(bufnr, range.start, encoding)
  local _, from = to_byte(bufnr, position, encoding)
  local _, to = to_byte(bufnr, range['end'], encoding)
  local tail = tail_of(bufnr, position.line, from)
  return { row = row, col = col, replaces = math.max(to - from, 0), tail = tail }
end

---What is left of a text that begins at an anchor, if what stands between the anchor and the cursor
---is how it begins. Right of the cursor nothing may have changed, but that a bracket or a quote
---which would be replaced may have been typed over.
---@param bufnr integer
---@param text string
---@param anchor codex_lsp.Anchor
---@return codex_lsp.Rest?
function M.rest(bufnr, text, anchor)
  local row, col = M.cursor(bufnr)
  if not row or not col or row < anchor.row or (row == anchor.row and col < anchor.col) then
    return nil
  end
  local ok, typed = pcall(vim.api.nvim_buf_get_text, bufnr, anchor.row, anchor.col, row, col, {})
  if not ok then
    return nil
  end
  local before = table.concat(typed, '\n')
  if #before >= #text or not vim.startswith(text, before) then
    return nil
  end
  local tail = tail_of(bufnr, row, col)
  local typed_over = anchor.tail:sub(1, #anchor.tail - #tail)
  local replaces = anchor.replaces - #typed_over
  if replaces < 0 or typed_over .. tail ~= anchor.tail or not before:find(typed_over, 1, true) then
    return nil
  end
  return { row = row, col = col, text = text:sub(#before + 1), replaces = replaces }
end

-- Bytes of a multi-byte character count as letters.
local word_patterns = { '^%s*[%w_\128-\255]+', '^%s*[^%w%s_\128-\255]+' }

---The next word, or the next run of signs, with the blanks before it.
---@param text string
---@return string
function M.first_word(text)
  for _, pattern in ipairs(word_patterns) do
    local word = text:match(pattern)
    if word then
      return word
    end
  end
  return text
end

---What is left of the line; the next line when nothing is left.
---@param text string
---@return string
function M.first_line(text)
  return text:match('^\n*[^\n]+') or text
end

---Insert at the cursor and put the cursor behind it.
---@param bufnr integer
---@param rest codex_lsp.Rest
---@param text string
---@param replaces integer
function M.insert(bufnr, rest, text, replaces)
  local lines = vim.split(text, '\n', { plain = true })
  local line = vim.api.nvim_buf_get_lines(bufnr, rest.row, rest.row + 1, false)[1] or ''
  local to = math.min(rest.col + replaces, #line)
  vim.api.nvim_buf_set_text(bufnr, rest.row, rest.col, rest.row, to, lines)
  local win = vim.api.nvim_get_current_win()
  if vim.api.nvim_win_get_buf(win) == bufnr then
    local before = #lines == 1 and rest.col or 0
    vim.api.nvim_win_set_cursor(win, { rest.row + #lines, before + #lines[#lines] })
  end
end

return M
