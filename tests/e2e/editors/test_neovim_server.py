"""Real Neovims on a server that hangs, answers late or goes when a test wants it to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.editors.neovim import PLUGIN, Neovim

SERVER = """
_G.told = {}    -- what the servers were told
_G.items = { 'a + b' }
_G.started, _G.hangs, _G.held = 0, false, nil

local function list(id)
  local items = {}
  for index, text in ipairs(_G.items) do
    local argument = { id = tostring(id), index = index - 1, confidence = 0.5 }
    local command = { title = '', command = 'accept', arguments = { argument } }
    items[index] = { insertText = text, command = command }
  end
  return { items = items }
end

local function serve(dispatchers)
  _G.started = _G.started + 1
  local id, closing = 0, false
  local function exit(signal)
    if not closing then
      closing = true
      vim.schedule(function()
        dispatchers.on_exit(0, signal)
      end)
    end
  end
  return {
    request = function(method, params, callback, on_reply)
      id = id + 1
      local this, result = id, nil
      table.insert(_G.told, { method, params })
      if method == 'initialize' then
        result = { capabilities = { textDocumentSync = 1, inlineCompletionProvider = {} } }
      elseif method == 'textDocument/inlineCompletion' then
        result = list(id)
      elseif method == 'shutdown' and _G.hangs then
        return true, id
      end
      local function answer()
        if on_reply then
          on_reply(this)
        end
        callback(nil, result)
      end
      if _G.held and method == 'textDocument/inlineCompletion' then
        table.insert(_G.held, answer)
      else
        vim.schedule(answer)
      end
      return true, id
    end,
    notify = function(method, params)
      table.insert(_G.told, { method, params })
      if method == 'exit' then
        exit(0)
      end
      return true
    end,
    is_closing = function()
      return closing
    end,
    terminate = function()
      exit(15)
    end,
  }
end

local server = require('codex_lsp.server')
local config = server.config
server.config = function()
  return vim.tbl_extend('force', config(), { cmd = serve })
end
function _G.count(method)
  return #vim.tbl_filter(function(message)
    return message[1] == method
  end, _G.told)
end
"""

INIT = f"""
vim.opt.runtimepath:prepend([[{PLUGIN}]])
vim.o.swapfile = false
{SERVER}
require('codex_lsp').setup()
"""

CLIENTS = """
return vim.tbl_map(function(client)
  return client.id
end, vim.lsp.get_clients({ bufnr = 0, name = 'codex_lsp' }))
"""


@pytest.fixture(params=["nvim-0.12", "nvim-0.10"])
def nvim(request: pytest.FixtureRequest, tool: Any, tmp_path: Path) -> Iterator[Neovim]:
    editor = Neovim(tool(request.param), tmp_path, INIT)
    editor.open("a.txt", "x\n")
    editor.until("a server", lambda: editor.lua(CLIENTS))
    yield editor
    editor.close()


@pytest.fixture
def newest(nvim: Neovim) -> Neovim:
    if not nvim.lua("return require('codex_lsp.compat').has_inline_completion()"):
        pytest.skip("this Neovim has no inline completion")
    return nvim


def visible(nvim: Neovim) -> bool:
    return bool(nvim.lua("return require('codex_lsp').is_visible()"))


def test_a_server_on_its_way_out_is_not_used_again(nvim: Neovim) -> None:
    nvim.press("A(")
    nvim.suggested()
    (first,) = nvim.lua(CLIENTS)
    nvim.lua("vim.cmd('CodexLsp stop') vim.cmd('CodexLsp start')")
    nvim.until("another server", lambda: nvim.lua(CLIENTS) not in ([], [first]))
    nvim.until("it alone", lambda: len(nvim.lua(CLIENTS)) == 1)
    nvim.press("(")
    assert nvim.suggested() == ["a + b"]
    nvim.press("<Tab>")
    nvim.until_lines(["x((a + b"])


NOTE_TIMERS = """
local new_timer, made = vim.uv.new_timer, {}
vim.uv.new_timer = function()
  local timer = new_timer()
  table.insert(made, timer)
  return timer
end
function _G.polls()
  return #vim.tbl_filter(function(timer)
    return not timer:is_closing() and timer:get_repeat() == 50
  end, made)
end
"""
LATER = """
local now = vim.uv.now
vim.uv.now = function()
  return now() + 3000
end
"""


def test_a_server_that_does_not_go_is_ended(nvim: Neovim) -> None:
    (first,) = nvim.lua(CLIENTS)
    nvim.lua(NOTE_TIMERS)
    nvim.lua("_G.hangs = true")
    nvim.api.command("CodexLsp restart")
    nvim.api.command("CodexLsp restart")
    assert nvim.lua("return _G.polls()") == 1
    assert nvim.lua(CLIENTS) == [first]
    nvim.lua(LATER)
    nvim.until("another server", lambda: len(set(nvim.lua(CLIENTS)) - {first}) == 1)
    nvim.until("it alone", lambda: len(nvim.lua(CLIENTS)) == 1)
    assert nvim.lua("return _G.started") == 2
    assert nvim.lua("return _G.polls()") == 0


def test_an_answer_from_before_it_was_switched_off_is_dropped(newest: Neovim) -> None:
    newest.lua("_G.held = {}")
    newest.press("A(")
    newest.until_lua("return #_G.held == 1")
    newest.api.command("CodexLsp disable buffer")
    newest.api.command("CodexLsp enable buffer")
    newest.lua("_G.held[1]()")
    assert newest.shown() == []
    newest.until_lua("return #_G.held == 2")
    newest.lua("_G.held[2]()")
    assert newest.shown() == ["a + b"]
    # Neovim's own switch does the same to what it has given us.
    newest.lua("vim.lsp.inline_completion.enable(false) vim.lsp.inline_completion.enable(true)")
    assert not visible(newest)
    newest.press("a")
    newest.until_lua("return #_G.held == 3")
    newest.lua("_G.held[3]()")
    assert newest.shown() == ["a + b"]
    assert "inline_completion" not in newest.messages()


def test_what_is_not_on_the_screen_is_not_accepted(newest: Neovim) -> None:
    newest.press("A(")
    newest.suggested()
    newest.press("<Esc>")
    newest.until("nothing", lambda: newest.shown() == [])
    before = newest.lua("return _G.count('textDocument/inlineCompletion')")
    newest.api.command("CodexLsp trigger")
    assert newest.lua("return _G.count('textDocument/inlineCompletion')") == before
    newest.press("a")
    newest.suggested()
    newest.lua("vim.lsp.inline_completion.enable(false)")
    assert newest.shown() == []
    assert not visible(newest)
    newest.press("<Tab>y")
    newest.until_lines(["x(\ty"])


MAPPED = """
vim.keymap.set('i', '<C-]>', 'somebody', { buffer = 0 })
"""
OURS = """
return vim.tbl_map(function(mapping)
  return vim.startswith(mapping.desc or '', 'codex-lsp') and 'ours' or mapping.rhs
end, vim.api.nvim_buf_get_keymap(0, 'i'))
"""


def test_a_mapping_that_somebody_else_has_made_stays(nvim: Neovim) -> None:
    assert nvim.lua(OURS) == ["ours"] * 7
    nvim.lua(MAPPED)
    nvim.api.command("CodexLsp stop")
    nvim.until("no server", lambda: nvim.lua(CLIENTS) == [])
    assert nvim.lua(OURS) == ["somebody"]


LATE = {
    "vim.keymap.set('i', '<Tab>', '’<C-v>u0031')": "’1",
    "vim.keymap.set('i', '<Tab>', function() vim.api.nvim_put({ '2' }, 'c', false, true) end)": "2",
    "vim.keymap.set('i', '<Tab>', function() return '3x<BS>' end, { expr = true })": "3",
    "vim.keymap.set('i', '<Tab>', function() return nil end, { expr = true })": "",
    "vim.keymap.set('i', '<Tab>', '<Plug>(four)', { remap = true })": "4",
    'vim.cmd([[imap <expr> <Tab> "\\<Plug>(four)"]])': "4",
    'vim.cmd([[imap <expr> <Tab> "\\<Tab>\\<Plug>(four)"]])': "\t4",
    "vim.cmd([[inoremap <expr> <Tab> '’6<BS>5']])": "’5",
    "vim.cmd('inoremap <Tab> <Nop>')": "",
}


def test_a_key_that_is_mapped_later_does_that_where_nothing_is_shown(nvim: Neovim) -> None:
    nvim.lua("_G.items = {}")
    nvim.api.command("inoremap <Plug>(four) 4")
    for mapping, typed in LATE.items():
        nvim.lua(mapping)
        nvim.press("<Esc>0C<Tab>y")
        nvim.until_lines([typed + "y"])
    nvim.lua("vim.keymap.set('i', '<C-]>', 'six')")
    nvim.press("<Esc>0C<C-]>y")
    nvim.until_lines(["sixy"])


def test_a_key_typed_ahead_is_not_lost(nvim: Neovim) -> None:
    nvim.press("A(")
    nvim.suggested()
    # The mapping is looked up while what was shown is not yet taken away by the letter.
    nvim.press("x<Tab>y")
    nvim.until_lines(["x(x\ty"])


ENDED = "return _G.count('codexLsp/cancelPartial')"
DONE = """
local client = vim.lsp.get_clients({ name = 'codex_lsp' })[1]
local offer = require('codex_lsp.offers').get(vim.api.nvim_get_current_buf())
require('codex_lsp.attach').grow(client.id, {
  id = offer.items[1].command.arguments[1].id,
  index = 0,
  version = offer.version,
  position = offer.position,
  seq = 1,
  insertText = 'a + b',
  done = true,
})
"""


def test_what_grows_is_ended_when_it_is_not_shown_any_more(nvim: Neovim) -> None:
    ways = ("<Esc>", "<C-]><Esc>", "<Cmd>new<CR><Cmd>close<CR><Esc>", "<Cmd>CodexLsp disable<CR>")
    for count, way in enumerate(ways, start=1):
        nvim.press("A(")
        nvim.suggested()
        assert nvim.lua(ENDED) == count - 1
        nvim.press(way)
        nvim.until("nothing", lambda: nvim.shown() == [])
        nvim.until_lua(f"{ENDED} == ...", count)
    nvim.press("<Cmd>CodexLsp enable<CR><Esc>A(")
    nvim.suggested()
    nvim.lua(DONE)
    nvim.press("<Esc>")
    nvim.until("nothing", lambda: nvim.shown() == [])
    assert nvim.lua(ENDED) == len(ways)
