"""Options that change who shows what, in the newest Neovim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.model_dir import ModelDir
from tests.e2e.editors.neovim import LUA_COMMAND, SETTINGS, Neovim, begin, setup

ADD = "def add(a, b):\n    return \n"

Run = Callable[[str], Neovim]


@pytest.fixture
def run(tool: Any, model: ModelDir, tmp_path: Path) -> Iterator[Run]:
    editors: list[Neovim] = []

    def start(init: str) -> Neovim:
        editors.append(Neovim(tool("nvim-0.12"), tmp_path, init))
        return editors[-1]

    yield start
    for editor in editors:
        editor.close()


def test_suggestions_on_demand_and_by_other_keys(run: Run) -> None:
    keys = "{ accept = '<C-l>', accept_word = false, trigger = '<C-j>' }"
    nvim = run(setup({"auto_trigger": "false", "keymaps": keys, "filetypes": "{ lua = false }"}))
    nvim.open("b.lua", "local x\n")
    nvim.served_but_off()
    nvim.open("a.py", ADD)
    nvim.served()
    nvim.press("jA")
    nvim.until("insert mode", lambda: nvim.api.api.get_mode()["mode"] == "i")
    # The server answers in order: whatever had been asked for by itself would be here by now.
    nvim.lua(
        "local client = vim.lsp.get_clients({ name = 'codex_lsp' })[1]\n"
        "client:request_sync('codexLsp/performance', vim.empty_dict(), 20000, 0)"
    )
    assert nvim.shown() == []
    nvim.press("<C-j>")
    assert nvim.suggested() == ["a + b"]
    assert nvim.lua("return require('codex_lsp.attach').backend_name()") == "ghost"
    assert nvim.lua("return vim.fn.maparg('<M-Right>', 'i')") == ""
    nvim.press("<C-l>")
    nvim.until_lines(["def add(a, b):", "    return a + b"])


def test_another_client_with_suggestions_in_the_same_buffer(run: Run) -> None:
    nvim = run(
        setup()
        + f"""
vim.api.nvim_create_autocmd('FileType', {{
  callback = function(args)
    vim.lsp.start({{
      name = 'other',
      cmd = {LUA_COMMAND},
      init_options = {SETTINGS},
    }}, {{ bufnr = args.buf }})
  end,
}})
"""
    )
    nvim.open("a.py", ADD)
    nvim.served()
    nvim.until_lua("return #vim.lsp.get_clients({ method = 'textDocument/inlineCompletion' }) == 2")
    nvim.press("jA")
    # Should the other client's answer come first, Neovim shows that one until ours is there.
    nvim.until_lua("return require('codex_lsp.offers').get(vim.api.nvim_get_current_buf()) ~= nil")
    assert nvim.suggested() == ["a + b"]
    nvim.press("<M-Right>")
    nvim.until_lines(["def add(a, b):", "    return a"])
    nvim.until("the rest", lambda: nvim.shown()[:1] == [" + b"])
    nvim.press("<Tab>")
    nvim.until_lines(["def add(a, b):", "    return a + b"])


TOO_LATE = """
local client = vim.lsp.get_clients({ name = 'codex_lsp' })[1]
local params = {
  textDocument = { uri = vim.uri_from_bufnr(0) },
  position = { line = 0, character = 0 },
  context = { triggerKind = 2 },
}
local nothing = function() end
client:request('textDocument/inlineCompletion', params, nothing, vim.api.nvim_get_current_buf())
"""
ANSWERED = "return vim.tbl_isempty(vim.lsp.get_clients({ name = 'codex_lsp' })[1].requests)"


def test_an_answer_that_comes_too_late_leaves_what_is_shown_to_be_accepted(run: Run) -> None:
    nvim = run(setup())
    begin(nvim, ADD, "jA")
    assert nvim.suggested() == ["a + b"]
    nvim.until_lua(ANSWERED)
    nvim.lua(TOO_LATE)
    nvim.until_lua(ANSWERED)
    assert nvim.shown() == ["a + b"]
    nvim.press("<Tab>")
    nvim.until_lines(["def add(a, b):", "    return a + b"])


KEYS = """
local clients = vim.lsp.get_clients({ name = 'codex_lsp' })
local keys = {}
for _, bufnr in ipairs(clients[1] and vim.lsp.get_buffers_by_client_id(clients[1].id) or {}) do
  local name = vim.fs.basename(vim.api.nvim_buf_get_name(bufnr))
  keys[name] = #vim.tbl_filter(function(mapping)
    return vim.startswith(mapping.desc or '', 'codex-lsp: ')
  end, vim.api.nvim_buf_get_keymap(bufnr, 'i'))
end
return keys
"""


def test_every_open_file_gets_the_keys(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text(ADD, encoding="utf-8")
    nvim = run(setup())
    nvim.open("a.py", ADD)
    nvim.api.command(f"split {tmp_path / 'b.py'}")
    nvim.api.command("wincmd p")
    # The server comes when both are open, and attaches to the one that is not at hand as well.
    nvim.until("both are served", lambda: len(nvim.lua(KEYS)) == 2)
    assert nvim.lua(KEYS) == {"a.py": 7, "b.py": 7}


def test_growth_for_a_file_that_is_gone_brings_no_buffer_back(run: Run) -> None:
    nvim = run(setup())
    nvim.open("a.py", ADD)
    nvim.served()
    growth = {
        "uri": "file:///gone.py",
        "id": "1",
        "index": 0,
        "version": 1,
        "position": {"line": 0, "character": 0},
        "seq": 1,
        "insertText": "x",
        "done": True,
    }
    nvim.lua("require('codex_lsp.attach').grow(...)", 1, growth)
    assert nvim.lua("return vim.fn.bufexists('/gone.py')") == 0


REST = """
local text = require('codex_lsp.text')
local before, after, col = ...
vim.api.nvim_buf_set_lines(0, 0, -1, false, { before })
local at = { line = 0, character = 10 }
local range = { start = at, ['end'] = { line = 0, character = 11 } }
local item = { insertText = 'a) + b', range = range }
local bufnr = vim.api.nvim_get_current_buf()
local anchor = text.anchor(bufnr, item, at, 'utf-8')
vim.api.nvim_buf_set_lines(0, 0, -1, false, { after })
vim.api.nvim_win_set_cursor(0, { 1, col })
local rest = text.rest(bufnr, item.insertText, anchor)
return rest and { rest.text, rest.replaces } or {}
"""


@pytest.mark.parametrize(
    ("after", "left"),
    [
        ("print(foo(|))", ["a) + b", 1]),
        ("print(foo(a|))", [") + b", 1]),
        ("print(foo(a)|)", [" + b", 0]),  # the bracket was typed over
        ("print(foo(a|)))", []),  # a bracket was closed by itself
        ("print(foo(a|)", []),  # what follows is not what it was made for
    ],
)
def test_only_what_would_be_replaced_may_go_right_of_the_cursor(
    run: Run, after: str, left: list[object]
) -> None:
    nvim = run(setup())
    nvim.api.command("set virtualedit=onemore")
    col = after.index("|")
    assert nvim.lua(REST, "print(foo())", after.replace("|", ""), col) == left
