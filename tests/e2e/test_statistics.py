"""What the real server counts, and what gets into its database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from codex_lsp.model_dir import ModelDir
from codex_lsp.statistics.store import Store, connect
from tests.e2e.conftest import SERVER
from tests.e2e.raw_client import RawClient, notification

SOURCE = "def zebra_plus(okapi, tapir):\n    return "
URI = "file:///w/secret_plans/unicorn.py"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statistics.sqlite3"


def started(path: Path, **options: Any) -> RawClient:
    client = RawClient(SERVER, {"CODEX_LSP_STATISTICS": str(path)})
    client.initialize(initializationOptions={"seed": 1, "samples": 4, **options})
    client.open(URI, SOURCE)
    return client


def complete(client: RawClient) -> dict[str, Any]:
    params = {
        "textDocument": {"uri": URI},
        "position": {"line": 1, "character": 11},
        "context": {"triggerKind": 1},
    }
    items: list[dict[str, Any]] = []
    while not items:  # a busy machine may still be loading the model
        items = client.call(types.TEXT_DOCUMENT_INLINE_COMPLETION, params)["result"]["items"]
        (trace,) = client.call("codexLsp/explain", {})["result"]["traces"]
        assert items or trace["outcome"] == "model_loading", trace
    return dict(items[0])


def change(client: RawClient, version: int, start: int, end: int, text: str) -> None:
    span = {"start": {"line": 1, "character": start}, "end": {"line": 1, "character": end}}
    document = {"uri": URI, "version": version}
    changes = [{"range": span, "text": text}]
    client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})


def accept(client: RawClient, item: dict[str, Any]) -> int:
    """Insert an item and say so; returns the length of its text."""
    change(client, 2, 11, 11, item["insertText"])
    command = item["command"]
    client.call(
        "workspace/executeCommand",
        {"command": command["command"], "arguments": command["arguments"]},
    )
    return len(item["insertText"])


def totals(client: RawClient) -> dict[str, Any]:
    found = client.call("codexLsp/statistics", {"days": 1})["result"]
    assert found["enabled"] is True
    result = found["totals"]
    assert isinstance(result, dict)
    return result


def stats(path: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "codex_lsp", "stats", *arguments],
        capture_output=True,
        env={**os.environ, "CODEX_LSP_STATISTICS": str(path)},
        timeout=100,
        check=False,
    )


def test_an_accepted_suggestion_that_stays(model: ModelDir, path: Path) -> None:
    with started(path) as client:
        length = accept(client, complete(client))
        found = totals(client)
        assert found["requests"] >= 1
        assert (found["shown"], found["accepted"]) == (1, 1)
        assert (found["charactersSaved"], found["acceptanceRate"]) == (length, 1.0)
        assert (found["keptAfter30s"], found["dismissed"]) == (0, 0)
        assert found["latencyMs"]["median"] == found["latencyMs"]["p95"] > 0
        # Then the document is looked at for the last time.
        client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        found = totals(client)
        kept = [found[name] for name in ("keptAfter30s", "keptAfter2min", "keptAfter10min")]
        assert kept == [1, 1, 1]
        assert client.stop() == 0

    exported = json.loads(stats(path, "--export", "json").stdout)
    assert exported["totals"] == found
    (row,) = exported["byLanguage"]
    assert (row["language"], row["accepted"]) == ("python", 1)
    assert [row["ranker"] for row in exported["byRanker"]] == ["auto"]


def test_one_that_is_undone_is_not_kept(model: ModelDir, path: Path) -> None:
    with started(path) as client:
        length = accept(client, complete(client))
        change(client, 3, 11, 11 + length, "")
        assert client.stop() == 0
    printed = json.loads(stats(path, "--export", "json").stdout)["totals"]
    assert (printed["accepted"], printed["keptAfter30s"]) == (1, 0)


def test_neither_text_nor_names_get_into_the_file(model: ModelDir, path: Path) -> None:
    with started(path) as client:
        item = complete(client)
        client.notify("textDocument/didShowCompletion", {"item": item})
        accept(client, item)
        totals(client)
        assert client.stop() == 0
    files = [file for file in path.parent.iterdir() if file.name.startswith(path.name)]
    content = b"".join(file.read_bytes() for file in files)
    assert content.startswith(b"SQLite format 3")
    assert b"python" in content
    words = ("zebra", "okapi", "tapir", "return", "secret_plans", "unicorn", "file:", ".py")
    assert [word for word in words if word.encode() in content] == []


def test_a_damaged_file_is_set_aside_and_said_once(model: ModelDir, path: Path) -> None:
    path.write_bytes(b"this is no database, and never was one" * 200)
    with started(path) as client:
        accept(client, complete(client))
        assert totals(client)["accepted"] == 1
        said = client.notified("window/showMessage")["params"]["message"]
        assert said.startswith("codex-lsp: the file of the statistics was damaged; it is ")
        assert client.stop() == 0
    assert path.with_name(path.name + ".damaged").exists()


def test_a_file_that_cannot_be_used_stops_no_completion(model: ModelDir, path: Path) -> None:
    Store(path).reset()
    db = connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with started(path) as client:
        assert complete(client)["insertText"] != ""
        found = client.call("codexLsp/statistics", {})["result"]
        assert (found["enabled"], found["since"]) == (False, None)
        said = client.notified("window/showMessage")["params"]["message"]
        assert "was written by a newer codex-lsp" in said
        assert complete(client)["insertText"] != ""
        assert client.stop() == 0


def test_a_request_that_was_called_off_counts_as_one(model: ModelDir, path: Path) -> None:
    with started(path) as client:
        params = {
            "textDocument": {"uri": URI},
            "position": {"line": 1, "character": 11},
            "context": {"triggerKind": 2},
        }
        request = client.make_request(types.TEXT_DOCUMENT_INLINE_COMPLETION, params)
        client.send(request, notification("$/cancelRequest", {"id": request["id"]}))
        assert client.reply(request["id"])["error"]["code"] == -32800
        found = totals(client)
        assert (found["requests"], found["shown"]) == (1, 0)
        (trace,) = client.call("codexLsp/explain", {})["result"]["traces"]
        assert trace["outcome"] == "cancelled"
        assert client.stop() == 0


def test_one_setting_switches_it_off(model: ModelDir, path: Path) -> None:
    with started(path, statistics=False) as client:
        accept(client, complete(client))
        found = client.call("codexLsp/statistics", None)["result"]
        assert (found["enabled"], found["totals"]["requests"]) == (False, 0)
        assert client.stop() == 0
    assert not path.exists()


def test_the_command_line_shows_draws_and_forgets(path: Path, tmp_path: Path) -> None:
    assert b"Nothing has been counted yet" in stats(path).stdout
    assert not path.exists()
    counted = json.loads(stats(path, "--export", "json").stdout)
    assert (counted["since"], counted["byDay"]) == (None, [])

    from tests.unit.test_statistics import SOME

    Store(path).add(SOME)
    printed = stats(path).stdout.decode()
    assert printed.startswith("Since 2026-01-02: 2 requests, of which 0 answered without")
    rows = [line.split() for line in printed.splitlines()]
    assert ["all", "4", "1", "0", "0", "25", "%"] in [row[:7] for row in rows]

    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    assert stats(path, "--plot", str(tmp_path / "stats.svg")).returncode == 0
    assert (tmp_path / "stats.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")

    assert stats(path, "--reset").stdout == b"All statistics are gone.\n"
    assert b"Nothing has been counted yet" in stats(path).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--days", "0"), b"codex-lsp: --days is 0, but has to be 1 or more.\n"),
        (("--export", "csv"), b"codex-lsp: --export is 'csv', but has to be json.\n"),
        (
            ("--plot", "/no/ending"),
            b"codex-lsp: The picture cannot be written to /no/ending: Format",
        ),
        (("--plot", "/no/where.png"), b"codex-lsp: The picture cannot be written to /no/where.png"),
    ],
)
def test_wrong_usage_is_said_in_a_sentence(
    path: Path, arguments: tuple[str, ...], said: bytes
) -> None:
    result = stats(path, *arguments)
    assert result.returncode == 2
    assert result.stderr.startswith(said)
    assert result.stderr.count(b"\n") == 1


def test_a_python_without_sqlite_completes_and_says_what_is_missing(
    model: ModelDir, path: Path, tmp_path: Path
) -> None:
    sentence = (
        "No statistics can be kept, since this Python was built without sqlite3; install codex-lsp "
        "with another Python, or set CODEX_LSP_STATISTICS=off."
    )
    (tmp_path / "sqlite3.py").write_text("raise ImportError(\"No module named '_sqlite3'\")\n")
    without = {"PYTHONPATH": str(tmp_path)}
    with RawClient(SERVER, {"CODEX_LSP_STATISTICS": str(path), **without}) as client:
        client.initialize(initializationOptions={"seed": 1, "samples": 4, "profile": "eager"})
        client.open(URI, SOURCE)
        complete(client)
        assert client.call("codexLsp/statistics", {})["result"]["enabled"] is False
        warning = f"codex-lsp: {sentence} Statistics are off until the server is started again."
        assert client.notified("window/showMessage")["params"]["message"] == warning
        assert client.stop() == 0
    done = subprocess.run(
        [sys.executable, "-m", "codex_lsp", "stats"],
        capture_output=True,
        text=True,
        env={**os.environ, **without, "CODEX_LSP_STATISTICS": str(path)},
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"codex-lsp: {sentence}\n"
    assert not path.exists()
