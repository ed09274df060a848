"""Real editors on the real server. One that cannot be had here is named in the skip's reason."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from codex_lsp.model_dir import ModelDir

ROOT = Path(__file__).parents[3]


def _load_installer() -> ModuleType:
    """The script that installs the editors knows where they are."""
    path = ROOT / "scripts" / "install_editors.py"
    spec = importlib.util.spec_from_file_location("install_editors", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def installer() -> ModuleType:
    return _load_installer()


@pytest.fixture(scope="session")
def tool(installer: ModuleType):  # type: ignore[no-untyped-def]
    """Give a tool's command, or its folder; skip the test where it cannot be had."""

    def find(name: str) -> Path:
        try:
            folder: Path = installer.install(name)
        except installer.MissingError as error:
            pytest.skip(f"{name} cannot be installed here: {error}")
        return installer.BIN / name if installer.TOOLS[name].command else folder

    return find


@pytest.fixture(scope="module", params=["nvim-0.12", "nvim-0.10"])
def neovim(
    request: pytest.FixtureRequest, tool: Any, model: ModelDir, tmp_path_factory: Any
) -> Iterator[Any]:
    from tests.e2e.editors.neovim import Neovim, setup

    home = tmp_path_factory.mktemp(request.param)
    editor = Neovim(tool(request.param), home, setup())
    yield editor
    editor.close()


@pytest.fixture
def nvim(neovim: Any) -> Iterator[Any]:
    """The editor with no file but the next one."""
    neovim.press("<Esc>")
    neovim.until("normal mode", lambda: neovim.api.api.get_mode()["mode"] == "n")
    neovim.lua("_G.seen = {}")
    yield neovim
    neovim.press("<Esc>")
    neovim.until("normal mode", lambda: neovim.api.api.get_mode()["mode"] == "n")
    neovim.api.command("messages clear")
    neovim.lua("require('codex_lsp').enable()")
    neovim.api.command("enew! | %bwipeout!")
