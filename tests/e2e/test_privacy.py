"""The real server sends nothing anywhere, and shows the model nothing that it must not see."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from tests.e2e.conftest import Start
from tests.e2e.test_cli import run

ADD = "def add(a, b):\n    return "


@pytest.fixture
def without_network() -> list[str]:
    """The beginning of a command that runs with all files, and with no network at all."""
    binary = shutil.which("bwrap")
    if binary is None:
        pytest.skip("bubblewrap is missing; `scripts/install-test-tools` installs it where it can.")
    command = [binary, "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent"]
    probe = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"bubblewrap does not work here: {probe.stderr.strip()}")
    return command


@pytest.fixture
def listening() -> Iterator[int]:
    """The port of a server on this machine that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_confinement_cuts_the_network_off(without_network: list[str], listening: int) -> None:
    connect = f"import socket; socket.create_connection(('127.0.0.1', {listening}), 5)"
    python = [sys.executable, "-c", connect]
    assert subprocess.run(python, capture_output=True, check=False).returncode == 0
    cut_off = subprocess.run([*without_network, *python], capture_output=True, check=False)
    assert cut_off.returncode == 1
    assert b"OSError" in cut_off.stderr or b"Error: [Errno" in cut_off.stderr


async def test_the_server_completes_with_the_network_cut_off(
    start: Start, without_network: list[str]
) -> None:
    editor = await start({"samples": 2}, confined=without_network)
    uri = editor.open(ADD)
    items = await editor.complete(uri, 1, 11, invoked=True)
    # Two samples may both put it into brackets.
    assert "a + b" in str(items[0].insert_text)
    assert editor.client.messages == []


async def test_documents_that_must_not_be_seen_get_no_completion(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / ".gitignore").write_text("made/\n")
    editor = await start({"samples": 2}, folder=tmp_path)
    for name in (".env", "made/by_tool.py"):
        uri = editor.open(ADD, uri=(tmp_path / name).as_uri())
        assert await editor.complete(uri, 1, 11, invoked=True) == []
    counters = await editor.performance()
    assert counters["rejections"] == {"secret_file": 2}
    assert counters["work"]["readTokens"] == 0


async def test_rules_that_are_not_understood_are_told_of_once(start: Start, tmp_path: Path) -> None:
    (tmp_path / ".codexignore").mkdir()
    editor = await start({"samples": 2}, folder=tmp_path)
    for name in ("a.py", "b.py"):
        uri = editor.open(ADD, uri=(tmp_path / name).as_uri())
        assert await editor.complete(uri, 1, 11, invoked=True) == []
    assert [(message.type, message.message) for message in editor.client.messages] == [
        (
            types.MessageType.Warning,
            f"codex-lsp: {tmp_path / '.codexignore'} cannot be read (Is a directory), so nothing "
            "in its folder is read or completed; mend or remove it.",
        )
    ]


def test_the_command_line_does_not_read_them_either(tmp_path: Path) -> None:
    secret = tmp_path / ".env"
    secret.write_text("KEY=")
    done = run("complete", str(secret), "--line", "1")
    assert done.returncode == 3
    assert done.stdout == b""
    assert done.stderr.decode() == (
        "codex-lsp: no suggestion (secret_file): .env may hold secrets by its name, so it is never "
        "read.\n"
    )
