---How the server is started, and what is done with what it says.
local compat = require('codex_lsp.compat')
local config = require('codex_lsp.config')

local M = {}

M.name = 'codex_lsp'

M.root_markers = { '.git', 'pyproject.toml', 'package.json', 'Cargo.toml', 'go.mod' }

---How long a server may take to go; one that hangs never answers `shutdown`.
local SHUTDOWN_MS = 3000
local POLL_MS = 50

---When a client was told to go: Neovim 0.10 does not say so of one that still shuts down.
---@type table<integer, integer>
local stopped = {}

---@type uv.uv_timer_t? looks whether they are gone
local poll

---One server for all projects: each would load the model again.
---@param client vim.lsp.Client
---@return boolean
local function is_ours(client)
  return client.name == M.name and not stopped[client.id] and not compat.is_stopped(client)
end

---The client's configuration, as `vim.lsp.config` and `vim.lsp.start` take it.
---@return vim.lsp.ClientConfig
function M.config()
  local options = config.get()
  return {
    name = M.name,
    cmd = options.cmd,
    root_markers = M.root_markers,
    reuse_client = is_ours,
    settings = { codexLsp = next(options.settings) and options.settings or vim.empty_dict() },
    init_options = vim.tbl_extend('force', options.settings, {
      partialCompletion = true,
      statusNotification = true,
    }),
    handlers = {
      ['codexLsp/partialCompletion'] = function(_, growth, ctx)
        require('codex_lsp.attach').grow(ctx.client_id, growth)
      end,
      ['didChangeStatus'] = function(...)
        require('codex_lsp.status').on_change(...)
      end,
    },
    on_init = function()
      -- For those who put the plugin on the runtime path after its `plugin/` file was due.
      vim.cmd.runtime('plugin/codex_lsp.lua')
    end,
  }
end

---@return boolean # this Neovim has `vim.lsp.enable`
local function can_enable()
  return vim.fn.has('nvim-0.11') == 1
end

---Start a client for a buffer (Neovim 0.10).
---@param bufnr integer
local function start(bufnr)
  if vim.bo[bufnr].buftype ~= '' or not vim.api.nvim_buf_is_loaded(bufnr) then
    return
  end
  local given = M.config()
  given.root_markers, given.reuse_client = nil, nil
  given.root_dir = vim.fs.root(bufnr, M.root_markers)
  vim.lsp.start(given, { bufnr = bufnr, reuse_client = is_ours })
end

---Serve all files from now on, and those that are open.
function M.enable()
  if can_enable() then
    vim.lsp.enable(M.name)
    return
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('codex_lsp.server', {}),
    callback = function(args)
      start(args.buf)
    end,
  })
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.bo[bufnr].filetype ~= '' then
      start(bufnr)
    end
  end
end

---Wait until clients are gone, and end those that do not go.
---@param clients vim.lsp.Client[]
---@param done fun()
local function when_gone(clients, done)
  if poll then
    poll:close()
  end
  local timer = assert(vim.uv.new_timer())
  poll = timer
  local function look()
    if poll ~= timer then
      return
    end
    for _, client in ipairs(clients) do
      if vim.lsp.get_client_by_id(client.id) then
        if vim.uv.now() - stopped[client.id] < SHUTDOWN_MS then
          return
        end
        client.rpc.terminate()
      end
    end
    poll = nil
    timer:close()
    done()
  end
  timer:start(POLL_MS, POLL_MS, vim.schedule_wrap(look))
end

---Stop the server; where it is to be started anew, it comes back for the open files.
---@param again boolean
function M.stop(again)
  -- Also one that has not answered `initialize` yet.
  local clients = vim.lsp.get_clients({ name = M.name, _uninitialized = true })
  if can_enable() then
    vim.lsp.enable(M.name, false)
  else
    pcall(vim.api.nvim_del_augroup_by_name, 'codex_lsp.server')
  end
  for _, client in ipairs(clients) do
    if not stopped[client.id] then
      stopped[client.id] = vim.uv.now()
      if not compat.is_stopped(client) then
        compat.stop(client)
      end
    end
  end
  when_gone(clients, function()
    if again then
      M.enable()
    end
  end)
end

return M
