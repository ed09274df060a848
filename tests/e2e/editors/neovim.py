"""A real Neovim with our plugin and the real server, driven over its RPC interface."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pynvim

PLUGIN = Path(__file__).parents[3] / "nvim-plugin"
DEADLINE_S = 60.0

EXECUTABLE = Path(sys.executable).with_name("codex-lsp")
LUA_COMMAND = f"{{ [[{EXECUTABLE}]], 'serve', '--stdio' }}"
SETTINGS = "{ seed = 1, profile = 'eager' }"
"""Deterministic samples, and all of them, so that tests can say what is suggested."""

ADD = "def add(a, b):\n    return \n"
"""A text to complete in its second line."""

SHOWN = """
local shown = {}
for _, name in ipairs({ 'codex_lsp.ghost', 'nvim.lsp.inline_completion' }) do
  local namespace = vim.api.nvim_create_namespace(name)
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })) do
    local lines = vim.list_extend({ mark[4].virt_text or {} }, mark[4].virt_lines or {})
    for _, line in ipairs(lines) do
      local text = ''
      for _, chunk in ipairs(line) do
        text = text .. chunk[1]
      end
      table.insert(shown, text)
    end
  end
end
return shown
"""


def environment(home: Path) -> dict[str, str]:
    """An empty home, but for the place where the model is; the server is on the path."""
    from codex_lsp.model_dir import data_home

    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {
        **kept,
        "HOME": str(home),
        "CODEX_LSP_HOME": str(data_home()),
        "PATH": f"{EXECUTABLE.parent}:{kept['PATH']}",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }


class Neovim:
    """One editor. Nothing is slept for: waits poll for what they wait for, up to a deadline."""

    def __init__(self, command: Path, home: Path, init: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        script = home / "init.lua"
        script.write_text(init, encoding="utf-8")
        self._home = home
        self._given = environment(home)
        before = dict(os.environ)
        # pynvim starts the process itself and hands its own environment on.
        os.environ.clear()
        os.environ.update(self._given)
        try:
            self.api = pynvim.attach(
                "child", argv=[str(command), "--embed", "--headless", "-n", "-u", str(script)]
            )
        finally:
            os.environ.clear()
            os.environ.update(before)

    def lua(self, code: str, *arguments: Any) -> Any:
        return self.api.exec_lua(code, *arguments)

    def open(self, name: str, text: str) -> Path:
        """Write a file and edit it."""
        path = self._home / name
        path.write_text(text, encoding="utf-8", newline="")
        self.api.command(f"edit {path}")
        return path

    def until(self, what: str, true: Callable[[], Any]) -> Any:
        """Wait until something is true; give it."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            found = true()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"it never came to this: {what}; messages: {self.messages()}")

    def until_lua(self, code: str, *arguments: Any) -> Any:
        return self.until(code, lambda: self.lua(code, *arguments))

    def messages(self) -> str:
        return str(self.api.command_output("messages"))

    def served(self) -> None:
        """Wait until the server has loaded its model for this buffer."""
        self.until_lua("return require('codex_lsp').status() == 'ready'")

    def served_but_off(self) -> None:
        """Wait until the server serves this buffer, in which suggestions are off."""
        self.until_lua("return select(2, require('codex_lsp').status()) == 'Switched off here.'")

    def press(self, keys: str) -> None:
        """Type keys as a user does."""
        self.api.input(keys)

    def shown(self) -> list[str]:
        """The lines of ghost text on the screen."""
        return list(self.lua(SHOWN))

    def suggested(self) -> list[str]:
        """Wait for ghost text, and give its lines."""
        return list(self.until("ghost text", self.shown))

    def lines(self) -> list[str]:
        return list(self.api.current.buffer[:])

    def until_lines(self, wanted: list[str]) -> None:
        self.until(f"{wanted}", lambda: self.lines() == wanted)

    def close(self) -> None:
        """Leave; the server goes as well."""
        with contextlib.suppress(OSError, EOFError):
            self.api.command("qall!")
        self.api.close()


def setup(options: Mapping[str, str] | None = None) -> str:
    """An init.lua that calls ``setup``; the options' values are Lua."""
    given = {"cmd": LUA_COMMAND, "settings": SETTINGS, **(options or {})}
    inner = ", ".join(f"{name} = {value}" for name, value in given.items())
    return f"""
vim.opt.runtimepath:prepend([[{PLUGIN}]])
require('codex_lsp').setup({{ {inner} }})
"""


def begin(nvim: Neovim, text: str, keys: str, name: str = "a.py") -> Path:
    """Open a file, wait for the server, and press keys."""
    path = nvim.open(name, text)
    nvim.served()
    nvim.press(keys)
    return path
