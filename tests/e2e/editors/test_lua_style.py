"""The plugin's Lua as its linter and its formatter want it."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from tests.e2e.editors.neovim import PLUGIN


def test_luacheck_has_no_warning(tool: Any) -> None:
    tool("luacheck")
    done = subprocess.run(
        ["luacheck", "--no-color", "--quiet", "."], cwd=PLUGIN, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_stylua_would_change_nothing(tool: Any) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    script = PLUGIN.parent / "scripts" / "stylua.mjs"
    done = subprocess.run(
        ["node", str(script), str(tool("stylua")), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
