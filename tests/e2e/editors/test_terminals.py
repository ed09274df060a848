"""Editors in a terminal: Neovim's screen, Emacs with lsp-mode and with eglot, Helix.

The configurations are those of ``docs/editors``, read from the pages.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.model_dir import ModelDir
from tests.e2e.editors.neovim import environment, setup
from tests.e2e.editors.pages import blocks
from tests.e2e.editors.terminal import Terminal

ADD = "def add(a, b):\n    return \n"
Open = Callable[..., Terminal]


@pytest.fixture
def terminal(tool: Any, model: ModelDir, tmp_path: Path) -> Iterator[Open]:
    """Run an editor on a file, the server being on its path."""
    tool("tmux")
    opened: list[Terminal] = []

    def run(*command: str) -> Terminal:
        opened.append(Terminal(command, environment(tmp_path), tmp_path, f"t{len(opened)}"))
        return opened[-1]

    yield run
    for one in opened:
        one.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_text(ADD, encoding="utf-8")
    return path


@pytest.mark.parametrize("which", ["nvim-0.12", "nvim-0.10"])
def test_neovim_shows_ghost_text_on_the_screen(
    which: str, tool: Any, terminal: Open, file: Path, tmp_path: Path
) -> None:
    init = tmp_path / "init.lua"
    init.write_text(setup(), encoding="utf-8")
    editor = terminal(str(tool(which)), "-n", "-u", str(init), str(file))
    editor.until_screen("def add")
    editor.type("jA")
    editor.until_screen("    return a + b")
    assert file.read_text(encoding="utf-8") == ADD
    editor.press("Tab", "Escape")
    editor.type(":w")
    editor.press("Enter")
    editor.until_file(file, "def add(a, b):\n    return a + b\n")


def emacs(tmp_path: Path, folders: list[Path], configuration: str) -> list[str]:
    """Write an init file that finds the packages and has the page's configuration."""
    paths = "\n".join(
        f'(add-to-list \'load-path "{path}")'
        for folder in folders
        for path in sorted((folder / "usr/share/emacs/site-lisp/elpa-src").iterdir())
    )
    init = tmp_path / "init.el"
    autoloads = "\n".join(
        f'(load "{path}" t t)'
        for folder in folders
        for path in sorted(folder.rglob("*-autoloads.el"))
    )
    quiet = (
        "(setq inhibit-startup-screen t make-backup-files nil auto-save-default nil"
        " create-lockfiles nil lsp-session-file nil lsp-guess-root-without-session t)\n"
        "(menu-bar-mode -1)\n"
    )
    init.write_text(f"{paths}\n{autoloads}\n{quiet}\n{configuration}\n", encoding="utf-8")
    return ["emacs", "-nw", "-q", "-l", str(init)]


def need_emacs(tool: Any, packages: str) -> list[Path]:
    folders = [tool("emacs-packages"), *([tool(packages)] if packages else [])]
    if shutil.which("emacs") is None:
        pytest.skip("emacs is not installed")
    return folders


def test_emacs_lsp_mode_shows_inline_completion(
    tool: Any, terminal: Open, file: Path, tmp_path: Path
) -> None:
    folders = need_emacs(tool, "")
    (configuration, *_) = blocks("emacs.md", "elisp")
    editor = terminal(*emacs(tmp_path, folders, configuration), str(file))
    editor.until_screen("def add")
    editor.until_screen("LSP[codex-lsp:")
    editor.press("Down", "C-e", "Space", "BSpace")
    editor.until_screen("    return a + b")
    assert file.read_text(encoding="utf-8") == ADD
    editor.press("C-c", "Enter")
    editor.press("C-x", "C-s")
    editor.until_file(file, "def add(a, b):\n    return a + b\n")


def test_emacs_eglot_completes_at_point(
    tool: Any, terminal: Open, file: Path, tmp_path: Path
) -> None:
    folders = need_emacs(tool, "eglot")
    (_, configuration, *_) = blocks("emacs.md", "elisp")
    editor = terminal(*emacs(tmp_path, folders[1:], configuration), str(file))
    editor.until_screen("def add")
    editor.until_screen("[eglot:")
    editor.press("Down", "C-e", "a", "C-M-i")
    editor.until_screen("    return a + b")
    editor.press("C-x", "C-s")
    editor.until_file(file, "def add(a, b):\n    return a + b\n")


def test_helix_completes_from_its_menu(
    tool: Any, terminal: Open, file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / ".config" / "helix"
    folder.mkdir(parents=True)
    (languages, *_) = blocks("helix.md", "toml")
    (folder / "languages.toml").write_text(languages, encoding="utf-8")
    editor = terminal(str(tool("helix")), str(file))
    editor.until_screen("def add")
    editor.type("jA")
    editor.until_screen("INS")
    # While the model is being loaded, a menu may be asked for and come to nothing.
    editor.press_until("C-x", "a + b")
    editor.press("Tab")
    editor.until_screen("    return a + b")
    editor.press("Escape")
    # A key that comes with it would be one with Alt.
    editor.until_screen("NOR")
    editor.type(":w")
    editor.press("Enter")
    editor.until_file(file, "def add(a, b):\n    return a + b\n")
