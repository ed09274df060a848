"""Why there was a suggestion or none, as the real server tells it with the real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from codex_lsp.model_dir import ModelDir
from tests.e2e.conftest import SERVER
from tests.e2e.raw_client import RawClient

ADD = "def add(a, b):\n    return "
WHOLE = "def add(a, b):\n    return a + b\n\n\nprint(add(1, 2))\n"
URI = "file:///w/a.py"


def params(line: int, character: int, uri: str = URI, kind: int = 2) -> dict[str, Any]:
    return {
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": kind},
    }


def explain(client: RawClient, **more: Any) -> list[dict[str, Any]]:
    traces = client.call("codexLsp/explain", {"uri": URI, **more})["result"]["traces"]
    assert isinstance(traces, list)
    return traces


def ask(client: RawClient, **where: Any) -> list[dict[str, Any]]:
    """Ask, and again as long as a busy machine is still loading the model."""
    while True:
        asked = client.call(types.TEXT_DOCUMENT_INLINE_COMPLETION, params(**where))
        if explain(client)[0]["outcome"] != "model_loading":
            return list(asked["result"]["items"])


def started(client: RawClient, text: str, **options: Any) -> RawClient:
    client.initialize(initializationOptions={"seed": 1, "samples": 4, **options})
    client.open(URI, text)
    return client


def test_one_that_was_shown(model: ModelDir) -> None:
    with RawClient(SERVER) as process:
        client = started(process, ADD)
        # By hand: then all of the work is done when the answer comes.
        items = ask(client, line=1, character=11, kind=1)
        trace = explain(client)[0]
        assert (trace["outcome"], trace["decision"], trace["cached"]) == ("shown", "line", False)
        assert trace["work"]["decoded"] >= 3
        assert 0 < trace["ms"]["prefill"] <= trace["ms"]["total"]
        ranked = [item for item in trace["candidates"] if item["rank"] is not None]
        assert [item["text"] for item in ranked] == [item["insertText"] for item in items]
        argument = items[0]["command"]["arguments"][0]
        for name in ("meanLogprob", "confidence", "tokens", "agreement"):
            assert ranked[0][name] == argument[name]
        assert client.stop() == 0


def test_one_that_a_filter_rejected(model: ModelDir) -> None:
    with RawClient(SERVER) as process:
        client = started(process, WHOLE)
        assert ask(client, line=1, character=16, kind=1) == []
        trace = explain(client)[0]
        assert (trace["outcome"], trace["decision"]) == ("empty", "line")
        (candidate,) = trace["candidates"]
        assert (candidate["rank"], candidate["rejected"]) == (None, "empty")
        assert (candidate["rejectedBy"], candidate["agreement"]) == ("blanks", 4)
        assert client.stop() == 0


def test_one_where_completions_are_off(model: ModelDir) -> None:
    with RawClient(SERVER) as process:
        client = started(process, ADD, disabledLanguages=["python"])
        client.call(types.TEXT_DOCUMENT_INLINE_COMPLETION, params(1, 11))
        (trace,) = explain(client)
        assert (trace["outcome"], trace["decision"]) == ("disabled", "none")
        assert trace["sentence"] == "Completions are switched off in python documents."
        assert trace["candidates"] == []
        assert client.stop() == 0


def test_one_in_a_file_that_may_hold_secrets(model: ModelDir, tmp_path: Path) -> None:
    uri = (tmp_path / ".env").as_uri()
    with RawClient(SERVER) as process:
        client = started(process, ADD)
        client.open(uri, "KEY=")
        client.call(types.TEXT_DOCUMENT_INLINE_COMPLETION, params(0, 4, uri))
        (trace,) = explain(client, uri=uri)
        assert (trace["outcome"], trace["decision"]) == ("secret_file", "none")
        assert trace["sentence"].startswith(".env may hold secrets by its name")
        assert trace["candidates"] == []
        assert client.stop() == 0


def test_one_that_a_newer_one_replaced(model: ModelDir) -> None:
    with RawClient(SERVER) as process:
        client = started(process, ADD)
        # Both are there before the first can be answered.
        older = client.make_request(types.TEXT_DOCUMENT_INLINE_COMPLETION, params(1, 11))
        newer = client.make_request(types.TEXT_DOCUMENT_INLINE_COMPLETION, params(0, 4))
        client.send(older, newer)
        assert client.reply(older["id"])["result"]["items"] == []
        client.reply(newer["id"])
        latest, before = explain(client, last=2)
        assert (before["outcome"], before["sentence"]) == ("superseded", "A newer request came.")
        assert before["position"] == {"line": 1, "character": 11}
        assert (latest["id"], before["id"]) == (2, 1)
        assert client.stop() == 0


@pytest.mark.parametrize("level", ["debug"])
def test_no_candidate_gets_into_the_log(model: ModelDir, level: str) -> None:
    with RawClient(SERVER) as process:
        client = started(process, ADD.replace("add", "zebra_plus"), logLevel=level)
        ask(client, line=1, character=11)
        trace = explain(client)[0]
        assert trace["candidates"][0]["text"] == "a + b"
        assert client.stop() == 0
        assert "a + b" not in client.stderr
        assert "zebra" not in client.stderr
