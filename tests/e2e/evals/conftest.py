"""The sandbox as it is on this machine: with bubblewrap, and with limits alone."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from codex_lsp.errors import SandboxError
from codex_lsp.evals.sandbox import Confinement, open_confinement
from codex_lsp.evals.sandbox.launch import base_python
from tests.e2e.evals.programs import Run, runner


@pytest.fixture(scope="session")
def bubblewrap() -> Confinement:
    try:
        return open_confinement("bubblewrap")
    except SandboxError as error:
        pytest.skip(f"{error} `scripts/install-test-tools` installs it where it can.")


@pytest.fixture(scope="session")
def limits_only() -> Iterator[Confinement]:
    """Where others may not read this Python, with a copy of it that they may."""
    try:
        yield open_confinement("limits")
    except SandboxError:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            try:
                yield open_confinement("limits", _copy_of_python(Path(folder)))
            except SandboxError as error:
                pytest.skip(str(error))


def _copy_of_python(folder: Path) -> Path:
    python = base_python()
    library = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}"
    unneeded = shutil.ignore_patterns("site-packages", "test", "__pycache__", "*.a", "config-*")
    shutil.copytree(python.parent.parent / library, folder / library, ignore=unneeded)
    (folder / "bin").mkdir()
    return Path(shutil.copy(python, folder / "bin"))


@pytest.fixture(params=["bubblewrap", "limits_only"])
def confinement(request: pytest.FixtureRequest) -> Confinement:
    found: Confinement = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def run(confinement: Confinement) -> Run:
    """Check a program against a test; short limits, so that what does not end ends soon."""
    return runner(confinement)
