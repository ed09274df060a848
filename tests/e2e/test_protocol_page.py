"""The examples of ``docs/protocol.md``, sent to the real server as they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from codex_lsp.model_dir import ModelDir
from codex_lsp_server.host import ModelSource
from codex_lsp_server.server import build_server
from tests.e2e.conftest import SERVER
from tests.e2e.raw_client import RawClient

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"
EXAMPLE = re.compile(r"<!-- example: (.+?) -->\n```json\n(.*?)\n```\n", re.DOTALL)
ANY = "…"
ANSWERS = (" result", " error")
FROM_SERVER = {"didChangeStatus", "partialCompletion"}
GROWING = {"partialCompletion", "cancelPartial"}
FIBONACCI = 'def fibonacci(n):\n    """Return the nth Fibonacci number."""\n    '


def examples() -> dict[str, Any]:
    text = PAGE.read_text(encoding="utf-8")
    found = {name: json.loads(body) for name, body in EXAMPLE.findall(text)}
    assert len(found) == text.count("```json"), "an example has no name, or one that is taken"
    return found


def differences(expected: Any, actual: Any, where: str = "") -> Iterator[str]:
    """Say where ``actual`` is not what the page says; ``…`` stands for anything."""
    if expected == ANY:
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            if key not in expected or key not in actual:
                yield f"{where}.{key} is {'not on the page' if key in actual else 'missing'}"
            else:
                yield from differences(expected[key], actual[key], f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(actual, list):
        if expected[-1:] == [ANY] and len(actual) >= len(expected) - 1:
            actual = [*actual[: len(expected) - 1], ANY]
        if len(expected) != len(actual):
            yield f"{where} has {len(actual)} elements, not {len(expected)}"
        for index, (one, other) in enumerate(zip(expected, actual, strict=False)):
            yield from differences(one, other, f"{where}[{index}]")
    elif expected != actual:
        yield f"{where} is {actual!r}, not {expected!r}"


def play(client: RawClient, name: str, page: dict[str, Any]) -> None:
    """Send one example, or wait for it, and compare what comes back."""
    message = page[name]
    if name in FROM_SERVER:
        received = client.notified(message["method"])
        while list(differences(message["params"], received["params"])):
            received = client.notified(message["method"])
        return
    answer = next((name + end for end in ANSWERS if name + end in page), None)
    if answer is None and message["method"] != types.WORKSPACE_EXECUTE_COMMAND:
        client.notify(message["method"], message["params"])
        return
    received = client.call(message["method"], message["params"])
    if answer is None:
        assert received["result"] is None
        return
    got = received["error" if answer.endswith(" error") else "result"]
    if name == "initialize":
        wanted = page[answer]["capabilities"]
        got["capabilities"] = {
            key: value for key, value in got["capabilities"].items() if key in wanted
        }
        client.notify("initialized", {})
    assert list(differences(page[answer], got)) == []


def test_the_session_of_the_page(model: ModelDir) -> None:
    page = examples()
    with RawClient(SERVER) as client:
        for name in page:
            if name not in GROWING and not name.endswith(ANSWERS):
                play(client, name, page)
        assert client.stop() == 0


def test_the_growing_completion_of_the_page(model: ModelDir) -> None:
    page = examples()
    with RawClient(SERVER) as client:
        client.initialize(initializationOptions={"seed": 1, "partialCompletion": True})
        client.open("file:///fibonacci.py", FIBONACCI)
        params = {
            "textDocument": {"uri": "file:///fibonacci.py"},
            "position": {"line": 2, "character": 4},
            "context": {"triggerKind": 2},
        }
        (item, *_) = client.call(types.TEXT_DOCUMENT_INLINE_COMPLETION, params)["result"]["items"]
        assert "\n" not in item["insertText"]
        play(client, "partialCompletion", page)
        play(client, "cancelPartial", page)
        while not client.notified("codexLsp/partialCompletion")["params"]["done"]:
            pass
        assert client.stop() == 0


def test_every_method_of_ours_is_on_the_page() -> None:
    server = build_server(ModelSource("none"))
    features = server.protocol.fm.features.keys() | set(server.protocol.fm.commands)
    assert "textDocument/didShowCompletion" in features
    page = PAGE.read_text(encoding="utf-8")
    table = page.replace("`didChange`", "`textDocument/didChange`")
    named = set(re.findall(r"`([\w$]+(?:/\w+)*(?:\.\w+)?)`", table))
    short = {name.rpartition("/")[2] for name in named}
    assert {name for name in features if name.rpartition("/")[2] not in short} <= {
        types.INITIALIZE,
        types.INITIALIZED,
    }


@pytest.mark.parametrize(
    ("expected", "actual", "said"),
    [
        ({"a": 1}, {"a": 2}, [".a is 2, not 1"]),
        ({"a": 1}, {"b": 1}, [".a is missing", ".b is not on the page"]),
        ([1, ANY], [1, 2, 3], []),
        ([1, ANY], [1], []),
        ([1], [1, 2], [" has 2 elements, not 1"]),
        ({"a": ANY}, {"a": [1]}, []),
    ],
)
def test_a_page_that_is_wrong_would_be_found(expected: Any, actual: Any, said: list[str]) -> None:
    assert list(differences(expected, actual)) == said
