"""The ways to install the plugin, by the lines of ``docs/editors/neovim.md``."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.model_dir import ModelDir
from tests.e2e.editors.neovim import PLUGIN, Neovim
from tests.e2e.editors.pages import blocks

ADD = "def add(a, b):\n    return \n"
CLONE, SETUP, PACK, LAZY, *_ = blocks("neovim.md", "lua")
_, GET, LINK, *_ = blocks("neovim.md", "sh")

Run = Callable[[str, str], Neovim]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a clone of the repository where the page says."""
    (tmp_path / ".local" / "share").mkdir(parents=True)
    (tmp_path / ".local" / "share" / "codex-lsp.git").symlink_to(PLUGIN.parent)
    return tmp_path


@pytest.fixture
def run(tool: Any, model: ModelDir, home: Path) -> Iterator[Run]:
    editors: list[Neovim] = []

    def start(which: str, init: str) -> Neovim:
        editors.append(Neovim(tool(which), home, init))
        return editors[-1]

    yield start
    for editor in editors:
        editor.close()


def check(nvim: Neovim) -> None:
    """Suggestions are shown and accepted, and the command and the help are there."""
    nvim.until_lua("return vim.v.vim_did_enter == 1")
    nvim.open("a.py", ADD)
    nvim.served()
    nvim.press("jA")
    assert nvim.suggested()[0].startswith("a + b")
    nvim.press("<Tab>")
    nvim.until("the suggestion", lambda: nvim.lines()[1].startswith("    return a + b"))
    assert nvim.api.funcs.getcompletion("CodexLsp restart", "cmdline") == ["restart"]
    assert nvim.lua("return vim.api.nvim_get_runtime_file('doc/codex-lsp.txt', false)[1]")


@pytest.mark.parametrize("which", ["nvim-0.12", "nvim-0.11"])
def test_a_clone_and_a_bare_enable(which: str, run: Run) -> None:
    assert "clone REPOSITORY" in GET
    check(run(which, CLONE))


def test_a_clone_and_setup(run: Run) -> None:
    runtimepath, enable = CLONE.strip().splitlines()[1:]
    assert enable == "vim.lsp.enable('codex_lsp')"
    check(run("nvim-0.10", f"{runtimepath}\n{SETUP}"))


def test_a_package_folder(run: Run, home: Path) -> None:
    subprocess.run(
        ["sh", "-ec", LINK], env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, check=True
    )
    check(run("nvim-0.12", "vim.lsp.enable('codex_lsp')"))


def test_vim_pack(run: Run, home: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    repository = home / "repository"
    shutil.copytree(PLUGIN, repository / "nvim-plugin")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-C", str(repository)]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "All"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    lines = PACK.replace("REPOSITORY", repository.as_uri())
    # Nobody is there to say yes to the question whether to install it.
    check(run("nvim-0.12", lines.replace("} })", "} }, { confirm = false })")))


def test_a_manager_that_loads_plugins_itself(run: Run) -> None:
    config = f"spec.config({{ dir = [[{PLUGIN.parent}]] }})"
    check(run("nvim-0.12", f"vim.go.loadplugins = false\nlocal spec = {LAZY}\n{config}"))
