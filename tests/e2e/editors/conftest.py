"""Real editors on the real server. One that cannot be had here is named in the skip's reason."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

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
