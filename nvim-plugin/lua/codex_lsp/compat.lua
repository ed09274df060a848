---What differs between Neovim 0.10 and 0.12.
local M = {}

local methods = vim.fn.has('nvim-0.11') == 1

---@return boolean # Neovim can show inline completion itself
function M.has_inline_completion()
  return vim.fn.has('nvim-0.12') == 1 and vim.lsp.inline_completion ~= nil
end

---@param client vim.lsp.Client
---@param method string
---@param params table
---@param handler fun(err?: table, result?: any, ctx: table)
---@param bufnr integer
---@return boolean sent, integer? request_id
function M.request(client, method, params, handler, bufnr)
  if methods then
    return client:request(method, params, handler, bufnr)
  end
  return client.request(method, params, handler, bufnr)
end

---@param client vim.lsp.Client
---@param method string
---@param params table
function M.notify(client, method, params)
  if methods then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

---@param client vim.lsp.Client
---@param request_id integer
function M.cancel(client, request_id)
  if methods then
    client:cancel_request(request_id)
  else
    client.cancel_request(request_id)
  end
end

---@param client vim.lsp.Client
function M.stop(client)
  if methods then
    client:stop()
  else
    client.stop()
  end
end

---@param client vim.lsp.Client
---@return boolean # it is gone, or (0.11 and later) on its way out
function M.is_stopped(client)
  if methods then
    return client:is_stopped()
  end
  return client.is_stopped()
end

---A byte column as the protocol counts, in the client's encoding.
---@param line string
---@param col integer
---@param encoding string
---@return integer
function M.to_character(line, col, encoding)
  if encoding == 'utf-8' then
    return col
  end
  if methods then
    return vim.str_utfindex(line, encoding, col, false)
  end
  local utf32, utf16 = vim.str_utfindex(line, math.min(col, #line))
  return encoding == 'utf-16' and utf16 or utf32
end

---A position's character as a byte column; one past the end is the end.
---@param line string
---@param character integer
---@param encoding string
---@return integer
function M.to_col(line, character, encoding)
  if encoding == 'utf-8' then
    return math.min(character, #line)
  end
  if methods then
    return vim.str_byteindex(line, encoding, character, false)
  end
  local ok, col = pcall(vim.str_byteindex, line, character, encoding == 'utf-16')
  return ok and col or #line
end

return M
