---`:CodexLsp`, its sub-commands and their completion.
local M = {}

local scopes = { 'global', 'filetype', 'buffer' }

---@param level? integer
local function say(message, level)
  vim.notify('codex-lsp: ' .. message, level or vim.log.levels.INFO)
end

---@param on? boolean
---@return fun(scope?: string)
local function switcher(on)
  return function(scope)
    local codex = require('codex_lsp')
    local now = codex.toggle(scope or 'global', on)
    say(('suggestions are %s here.'):format(now and 'on' or 'off'))
  end
end

local function status()
  local state, message = require('codex_lsp').status()
  say(('%s%s'):format(state, message ~= '' and ': ' .. message or ''))
end

---@param name string
---@return fun()
local function call(name)
  return function()
    require('codex_lsp')[name]()
  end
end

---@type table<string, { run: fun(argument?: string), arguments?: string[] }>
local commands = {
  enable = { run = switcher(true), arguments = scopes },
  disable = { run = switcher(false), arguments = scopes },
  toggle = { run = switcher(nil), arguments = scopes },
  status = { run = status },
  accept = { run = call('accept') },
  dismiss = { run = call('dismiss') },
  trigger = { run = call('trigger') },
  next = { run = call('next') },
  prev = { run = call('prev') },
  start = {
    run = function()
      require('codex_lsp.server').enable()
    end,
  },
  stop = {
    run = function()
      require('codex_lsp.server').stop(false)
    end,
  },
  restart = {
    run = function()
      require('codex_lsp.server').stop(true)
    end,
  },
  explain = {
    run = function()
      require('codex_lsp.report').explain()
    end,
  },
  stats = {
    run = function()
      require('codex_lsp.report').stats()
    end,
  },
  health = {
    run = function()
      vim.cmd.checkhealth('codex_lsp')
    end,
  },
  log = {
    run = function()
      vim.cmd.tabedit(
        vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
      )
    end,
  },
}

---@param args { fargs: string[] }
function M.run(args)
  local name, argument, more = unpack(args.fargs)
  local command = commands[name or 'status']
  if not command then
    say(('there is no :CodexLsp %s.'):format(name), vim.log.levels.ERROR)
  elseif more or (argument and not vim.tbl_contains(command.arguments or {}, argument)) then
    local allowed = command.arguments and ('one of ' .. table.concat(command.arguments, ', '))
    say((':CodexLsp %s takes %s.'):format(name, allowed or 'no argument'), vim.log.levels.ERROR)
  else
    command.run(argument)
  end
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line:sub(1, #line - #lead)), '%s+')
  local choices = {} ---@type string[]
  if #words == 1 then
    choices = vim.tbl_keys(commands)
    table.sort(choices)
  elseif #words == 2 and commands[words[2]] then
    choices = commands[words[2]].arguments or {}
  end
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, lead)
  end, choices)
end

return M
