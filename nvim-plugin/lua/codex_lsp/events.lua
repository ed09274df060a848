---`User` autocommands, for those who want to know what happens.
local M = {}

---@alias codex_lsp.Event
---| 'CodexLspAttach' The server serves a buffer.
---| 'CodexLspShow' A suggestion is shown, or another candidate of it.
---| 'CodexLspAccept' A suggestion was accepted, or a part of it.
---| 'CodexLspDismiss' A suggestion was dismissed.
---| 'CodexLspStatus' The server's status changed.

---@param event codex_lsp.Event
---@param data table<string, any>
function M.emit(event, data)
  vim.api.nvim_exec_autocmds('User', { pattern = event, modeline = false, data = data })
end

return M
