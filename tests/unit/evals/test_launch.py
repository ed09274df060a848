from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from codex_lsp.errors import SandboxError
from codex_lsp.evals.sandbox import launch
from codex_lsp.evals.sandbox.launch import base_python, open_confinement


def without_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_without_bubblewrap_a_user_is_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    without_bubblewrap(monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = open_confinement()
    assert found.user is None
    assert found.warning.startswith("Bubblewrap is not used (it is not installed): ")


def test_without_bubblewrap_a_superuser_runs_nothing_as_himself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_bubblewrap(monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(launch, "_others_can_read", lambda path: True)
    assert open_confinement().user == 65534
    monkeypatch.setattr(launch, "_others_can_read", lambda path: False)
    with pytest.raises(SandboxError, match="would run as the superuser"):
        open_confinement()


def test_bubblewrap_that_is_asked_for_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    without_bubblewrap(monkeypatch)
    with pytest.raises(SandboxError, match=r"cannot be used: it is not installed\.$"):
        open_confinement("bubblewrap")


def test_bubblewrap_that_does_not_work_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(broken))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "(it fails here: bwrap: No permissions)" in open_confinement().warning


def test_the_interpreter_is_not_a_virtual_environments_link() -> None:
    assert not base_python().is_symlink()


def test_elsewhere_than_on_linux_no_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="only run on Linux"):
        open_confinement()
