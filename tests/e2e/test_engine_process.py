"""The engine's process dies, and the server does not; the server dies, and the process goes too."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import psutil
import pytest
from lsprotocol import types

from codex_lsp.model_dir import ModelDir
from tests.e2e.conftest import SERVER, Editor, Start
from tests.e2e.raw_client import RawClient
from tests.e2e.test_server import ADD, FIBONACCI, texts

DEADLINE_S = 30
KILLED = "The engine's process was ended by signal 9 (SIGKILL), which happens when memory runs out"
AGAIN = f"codex-lsp: {KILLED}; it is being started again."
LONG = {"maxTokens": 1000, "maxLines": 200}

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


def engine_of(server: int) -> psutil.Process:
    """Return the child of a server that runs its engine."""
    children = psutil.Process(server).children()
    (child,) = [child for child in children if "codex_lsp.process" in child.cmdline()]
    return child


def engine(editor: Editor) -> psutil.Process:
    server = editor.client._server
    assert server is not None
    return engine_of(server.pid)


async def until_busy(process: psutil.Process) -> None:
    """Wait until the process has computed for a quarter of a second from now on."""
    before = process.cpu_times().user
    while process.cpu_times().user < before + 0.25:
        await asyncio.sleep(0.01)


@posix
async def test_an_engine_killed_while_idle_is_replaced_and_the_text_is_whole(start: Start) -> None:
    editor = await start()
    uri = editor.open("def add(a, b):\n")
    await editor.complete(uri, 1, 0)
    editor.type(uri, 1, 0, "    ret")
    first = engine(editor)
    first.kill()
    editor.type(uri, 1, 7, "urn ")
    assert await editor.messages(1) == [AGAIN]
    # By hand, so that it is not answered from what is known of the first request.
    assert texts(await editor.complete(uri, 1, 11, invoked=True))[0] == "a + b"
    assert engine(editor).pid != first.pid
    assert len(editor.client.messages) == 1
    facts = (await editor.performance())["engine"]
    assert facts == {
        "pid": engine(editor).pid,
        "restarts": 1,
        "threads": facts["threads"],
        "device": "cpu",
        "computeType": "int8",
    }


@posix
async def test_a_request_that_waits_when_the_engine_is_killed_is_answered(start: Start) -> None:
    editor = await start()
    uri = editor.open(ADD)
    await editor.complete(uri, 1, 11)
    process = engine(editor)
    process.send_signal(signal.SIGSTOP)
    waiting = asyncio.ensure_future(editor.complete(uri, 1, 11, invoked=True))
    await asyncio.sleep(0)
    process.kill()
    assert await waiting == []
    assert texts(await editor.complete(uri, 1, 11, invoked=True))[0] == "a + b"
    assert await editor.messages(1) == [AGAIN]


@posix
async def test_a_completion_that_grows_ends_when_the_engine_is_killed(start: Start) -> None:
    editor = await start({"partialCompletion": True, **LONG})
    uri = editor.open(FIBONACCI)
    assert await editor.complete(uri, 2, 4)
    engine(editor).kill()
    await editor.partials_until(lambda seen: bool(seen) and seen[-1].done)
    assert await editor.complete(uri, 2, 4, invoked=True)
    assert await editor.messages(1) == [AGAIN]


@posix
async def test_an_engine_that_dies_again_and_again_is_given_up_until_it_is_asked_for(
    start: Start,
) -> None:
    editor = await start()
    uri = editor.open(ADD)
    for count in range(4):
        await editor.complete(uri, 1, 11, invoked=True)
        engine(editor).kill()
        await editor.messages(count + 1)
    shown = [message.message for message in editor.client.messages]
    assert shown[:3] == [AGAIN, AGAIN, AGAIN]
    assert "is not started again: close what takes memory, choose" in shown[3]
    other = editor.open(ADD, uri="file:///t/b.py")
    assert await editor.complete(other, 1, 11) == []
    assert texts(await editor.complete(other, 1, 11, invoked=True))[0] == "a + b"


async def test_an_engine_is_replaced_when_a_setting_asks_for_it(start: Start) -> None:
    editor = await start()
    uri = editor.open(ADD)
    await editor.complete(uri, 1, 11)
    first = engine(editor)
    editor.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(
            {"codexLsp": {"seed": 2, "threads": 1, "profile": "eager"}}
        )
    )
    assert texts(await editor.complete(uri, 1, 11, invoked=True))[0] == "a + b"
    assert engine(editor).pid != first.pid
    assert not first.is_running()


async def test_an_engine_that_cannot_be_loaded_says_why(start: Start) -> None:
    editor = await start({"computeType": "nonsense"})
    assert await editor.complete(editor.open(ADD), 1, 11) == []
    (message,) = await editor.messages(1)
    assert message.startswith("codex-lsp: CTranslate2 cannot load ")
    assert "nonsense" in message


@pytest.fixture
def client(model: ModelDir) -> RawClient:
    return RawClient(SERVER)


def complete(client: RawClient, uri: str, line: int, character: int) -> int:
    return client.request(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": 1},
        },
    )


@posix
async def test_a_server_that_is_killed_leaves_no_engine_behind(client: RawClient) -> None:
    with client:
        client.initialize()
        client.open("file:///a.py", ADD)
        assert client.reply(complete(client, "file:///a.py", 1, 11))["result"]["items"]
        child = engine_of(client.process.pid)
        client.process.kill()
        assert psutil.wait_procs([child], DEADLINE_S)[1] == []


@posix
async def test_a_server_that_is_killed_takes_an_engine_along_that_reads_a_long_prompt(
    client: RawClient,
) -> None:
    with client:
        client.initialize(initializationOptions={"maxPrefixTokens": 8000})
        client.open("file:///a.py", ADD)
        assert client.reply(complete(client, "file:///a.py", 1, 11))["result"]["items"]
        text = "".join(f"value_{number} = compute({number})\n" for number in range(2000))
        client.open("file:///b.py", text)
        child = engine_of(client.process.pid)
        complete(client, "file:///b.py", 2000, 0)
        await until_busy(child)
        client.process.kill()
        assert psutil.wait_procs([child], DEADLINE_S)[1] == []


async def test_a_server_that_is_shut_down_has_seen_its_engine_leave(client: RawClient) -> None:
    with client:
        client.initialize()
        client.open("file:///a.py", ADD)
        assert client.reply(complete(client, "file:///a.py", 1, 11))["result"]["items"]
        child = engine_of(client.process.pid)
        assert client.stop() == 0
        assert not child.is_running()
        assert client.stderr == ""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's /proc")
async def test_what_runs_the_model_is_loaded_by_the_engine_only(client: RawClient) -> None:
    with client:
        client.initialize()
        client.open("file:///a.py", ADD)
        assert client.reply(complete(client, "file:///a.py", 1, 11))["result"]["items"]
        maps = [
            Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
            for pid in (client.process.pid, engine_of(client.process.pid).pid)
        ]
        libraries = ("ctranslate2", "tokenizers", "numpy")
        assert [name for name in libraries if f"/{name}" in maps[0]] == []
        assert "/ctranslate2" in maps[1]
        client.stop()
