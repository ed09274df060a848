"""The VS Code extension: its own checks and tests, and its package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from codex_lsp_models.manifest import DEFAULT

EXTENSION = Path(__file__).parents[3] / "vscode-extension"
MOST_BYTES = 300_000

Npm = Callable[..., None]


@pytest.fixture(scope="session")
def npm(tool: Any, installer: ModuleType) -> Npm:
    """Run a script of the extension's manifest, on a node that is new enough."""
    tool("node")
    if not (EXTENSION / "node_modules" / ".package-lock.json").is_file():
        pytest.skip("the extension's packages are not installed (npm is missing)")

    def run(script: str, **environment: str | os.PathLike[str]) -> None:
        path = f"{installer.BIN}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["npm", "run", "--silent", script],
            cwd=EXTENSION,
            env={**os.environ, "PATH": path, "NO_COLOR": "1", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture(scope="session")
def vsix(npm: Npm) -> Path:
    npm("package")
    return EXTENSION / "codex-lsp.vsix"


def test_the_types_and_the_style_are_right(npm: Npm) -> None:
    npm("check")


def test_the_pure_modules_do_what_they_say(npm: Npm) -> None:
    npm("unit")


def test_the_package_is_small_and_holds_what_a_user_needs(vsix: Path) -> None:
    assert vsix.stat().st_size < MOST_BYTES
    with zipfile.ZipFile(vsix) as package:
        names = {name.lower() for name in package.namelist()}
    for needed in ("readme.md", "changelog.md", "license.txt", "dist/extension.js"):
        assert f"extension/{needed}" in names
    assert not [name for name in names if name.endswith((".ts", ".map")) or "node_modules" in name]


@pytest.fixture(scope="session")
def server_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", folder, EXTENSION.parent], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.timeout(1800)
def test_what_a_user_does_in_real_vs_code(
    npm: Npm, vsix: Path, server_wheel: Path, tool: Any, installer: ModuleType
) -> None:
    tool("chromium")
    chromium = shutil.which("chromium")
    assert chromium is not None
    npm(
        "e2e",
        CODEX_LSP_E2E_CODE_SERVER=tool("code-server"),
        CODEX_LSP_E2E_NODE=installer.BIN / "node",
        CODEX_LSP_E2E_CHROMIUM=chromium,
        CODEX_LSP_E2E_VSIX=vsix,
        CODEX_LSP_E2E_PACKAGE=server_wheel,
        CODEX_LSP_E2E_MODEL=DEFAULT,
    )
