"""Options that change who shows what, in the newest Neovim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.model_dir import ModelDir
from tests.e2e.editors.neovim import LUA_COMMAND, SETTINGS, Neovim, setup

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
