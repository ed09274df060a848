"""Servers that speak bytes: the real one, and one with the handlers of ``mini_server.py``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codex_lsp.model_dir import ModelDir
from tests.e2e.conftest import SERVER
from tests.e2e.protocol.bytes import (
    MARKER,
    MINI_SERVER,
    URI,
)
from tests.e2e.raw_client import RawClient


@pytest.fixture(scope="module", params=[MINI_SERVER, SERVER], ids=["mini", "real"])
def server_command(request: pytest.FixtureRequest, model: ModelDir) -> list[str]:
    command: list[str] = request.param
    return command


@pytest.fixture
def client(server_command: list[str]) -> Iterator[RawClient]:
    with RawClient(server_command) as client:
        yield client


@pytest.fixture(scope="class")
def session(server_command: list[str]) -> Iterator[RawClient]:
    """One session that many tests share, for none of them may end or harm it."""
    with RawClient(server_command) as client:
        client.initialize()
        yield client
        assert client.stop() == 0
        assert client.garbage == b""
        assert "Traceback" not in client.stderr
        assert MARKER not in client.stderr


@pytest.fixture(scope="class")
def mini_session() -> Iterator[RawClient]:
    """The same with the mini server."""
    with RawClient(MINI_SERVER) as client:
        client.initialize()
        client.open(URI, f"{MARKER} = 1\n")
        yield client
        assert client.stop() == 0
        assert client.garbage == b""
        assert client.stderr == ""


@pytest.fixture
def mini() -> Iterator[RawClient]:
    with RawClient(MINI_SERVER) as client:
        client.initialize()
        client.open(URI, f"{MARKER} = 1\n")
        yield client


@pytest.fixture
def talkative() -> Iterator[RawClient]:
    """Like ``mini``, at the most talkative log level."""
    with RawClient([*MINI_SERVER, "DEBUG"]) as client:
        client.initialize()
        client.open(URI, f"{MARKER} = 1\n")
        yield client
