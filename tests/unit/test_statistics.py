"""The database of statistics, and what its sums say."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codex_lsp.errors import StatisticsBusyError, StatisticsError
from codex_lsp.statistics.counts import Counts, Key, What, language_label, two_digits
from codex_lsp.statistics.report import as_object, make_report, percentile
from codex_lsp.statistics.store import Store, connect, default_path

PYTHON = Key("2026-01-02", "python", "mean-logprob")
GO = Key("2026-01-03", "go", "mean-logprob")
SOME = Counts(
    Counter({(PYTHON, What.SHOWN): 4, (PYTHON, What.ACCEPTED): 1, (GO, What.REQUESTS): 2}),
    Counter({(PYTHON, 120): 3, (GO, 90): 1}),
)


def impatient(path: Path) -> sqlite3.Connection:
    db = connect(path)
    db.execute("PRAGMA busy_timeout = 0")
    return db


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "new" / "statistics.sqlite3")


def test_what_is_added_is_read_and_sums_up(store: Store) -> None:
    assert store.read() == Counts()
    store.add(SOME)
    assert store.read() == SOME
    store.add(Counts(Counter({(PYTHON, What.SHOWN): 2})))
    other = Store(store.path)
    other.add(Counts(latencies=Counter({(GO, 90): 1})))
    read = store.read()
    assert read.counts[PYTHON, What.SHOWN] == 6
    assert read.latencies == Counter({(PYTHON, 120): 3, (GO, 90): 2})


def test_only_the_wanted_days_are_read(store: Store) -> None:
    store.add(SOME)
    assert store.read("2026-01-03") == Counts(
        Counter({(GO, What.REQUESTS): 2}), Counter({(GO, 90): 1})
    )


def test_all_of_it_can_be_forgotten(store: Store) -> None:
    store.add(SOME)
    store.reset()
    assert store.read() == Counts()


def test_the_file_is_in_wal_mode_and_knows_its_version(store: Store) -> None:
    store.add(SOME)
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()


def test_a_file_that_is_no_database_is_set_aside(store: Store) -> None:
    content = b"this is no database, and never was one" * 200
    store.path.parent.mkdir()
    store.path.write_bytes(content)
    store.add(SOME)
    assert store.read() == SOME
    assert store.set_aside == store.path.with_name("statistics.sqlite3.damaged")
    assert store.set_aside.read_bytes() == content


def test_a_page_that_was_overwritten_is_damage_as_well(store: Store) -> None:
    store.add(SOME)
    store.path.with_name(store.path.name + "-wal").unlink(missing_ok=True)
    content = bytearray(store.path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    store.path.write_bytes(content)
    store.add(SOME)
    assert store.set_aside is not None
    assert store.read() == SOME


def test_another_server_that_was_faster_to_set_it_aside_is_not_undone(store: Store) -> None:
    store.add(SOME)
    late = Store(store.path)
    late._put_aside()
    assert (late.set_aside, store.read()) == (None, SOME)


def settled(store: Store) -> bytes:
    """Return the bytes of the file, with all of its log written into it."""
    store.add(SOME)
    db = connect(store.path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return store.path.read_bytes()


def test_a_damaged_schema_is_damage_though_its_error_is_no_text(store: Store) -> None:
    store.path.write_bytes(
        settled(store).replace(b"CREATE TABLE counts", b"CREA\xdaE TABLE counts")
    )
    store.add(SOME)
    assert store.set_aside is not None
    assert store.read() == SOME


def test_a_damaged_label_does_not_take_the_other_counts_with_it(store: Store) -> None:
    store.path.write_bytes(settled(store).replace(b"python", b"pyt\xe9on"))
    damaged = Key("2026-01-02", "pyt\N{REPLACEMENT CHARACTER}on", "mean-logprob")
    assert store.read().counts == {
        (damaged, What.SHOWN): 4,
        (damaged, What.ACCEPTED): 1,
        (GO, What.REQUESTS): 2,
    }


def test_a_value_of_another_type_does_not_take_the_other_counts_with_it(store: Store) -> None:
    store.add(SOME)
    db = connect(store.path)
    for row in (
        "x'00', 'go', 'mean-logprob', 'shown', 3",
        "'2026-01-02', x'00', 'mean-logprob', 'shown', 3",
        "'2026-01-02', 'go', x'00', 'shown', 3",
        "'2026-01-02', 'go', 'mean-logprob', 'shown', 'many'",
    ):
        db.execute(f"INSERT INTO counts VALUES ({row})")
    db.execute("INSERT INTO latencies VALUES ('2026-01-02', 'go', 'mean-logprob', 'long', 3)")
    db.close()
    assert store.read() == SOME


def test_damage_where_nothing_can_be_set_aside_is_said(store: Store) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(b"no database, but longer than the header of one" * 9)
    (store.path.parent / "statistics.sqlite3.lock").mkdir()
    with pytest.raises(StatisticsError, match="cannot be used: "):
        store.add(SOME)


def test_a_file_that_others_work_with_is_not_set_aside(store: Store) -> None:
    store.add(SOME)
    holder = connect(store.path)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    late = Store(store.path, impatient)
    late._put_aside()
    assert late.set_aside is None
    holder.close()
    assert store.read() == SOME


def test_a_newer_version_is_left_alone(store: Store) -> None:
    store.add(SOME)
    db = connect(store.path)
    db.execute("PRAGMA user_version = 2")
    db.close()
    with pytest.raises(StatisticsError, match="was written by a newer codex-lsp"):
        store.add(SOME)
    assert store.set_aside is None


def test_a_full_disk_is_said_and_changes_nothing(store: Store) -> None:
    store.add(SOME)

    def tiny(path: Path) -> sqlite3.Connection:
        db = connect(path)
        db.execute("PRAGMA max_page_count = 1")
        return db

    many = Counts(Counter({(Key("2026-01-01", f"l{n}", "r"), What.SHOWN): 1 for n in range(999)}))
    with pytest.raises(StatisticsError, match=r"cannot be used: database or disk is full\.$"):
        Store(store.path, tiny).add(many)
    assert store.read() == SOME


def test_a_server_that_holds_the_file_is_waited_for_no_longer_than_a_while(store: Store) -> None:
    store.add(SOME)
    holder = connect(store.path)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StatisticsBusyError):
        Store(store.path, impatient).add(SOME)
    holder.close()
    store.add(SOME)


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StatisticsError, match="cannot be kept in"):
        Store(tmp_path / "file" / "statistics.sqlite3").add(SOME)


def test_the_environment_moves_it_or_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_LSP_STATISTICS", "off")
    assert default_path() is None
    monkeypatch.setenv("CODEX_LSP_STATISTICS", "/some/where")
    assert default_path() == Path("/some/where")
    monkeypatch.setenv("CODEX_LSP_STATISTICS", "~nobody-of-that-name/x")
    assert default_path() == Path("~nobody-of-that-name/x")
    monkeypatch.delenv("CODEX_LSP_STATISTICS")
    monkeypatch.setenv("CODEX_LSP_HOME", "/home/of/it")
    assert default_path() == Path("/home/of/it/statistics.sqlite3")


def test_the_report_sums_up() -> None:
    report = as_object(make_report(SOME))
    nothing = {
        "shown": 0,
        "accepted": 0,
        "partiallyAccepted": 0,
        "dismissed": 0,
        "keptAfter30s": 0,
        "keptAfter2min": 0,
        "keptAfter10min": 0,
        "charactersSaved": 0,
        "acceptanceRate": None,
        "cacheHits": 0,
        "requests": 0,
    }
    python = nothing | {
        "shown": 4,
        "accepted": 1,
        "acceptanceRate": 0.25,
        "latencyMs": {"median": 120, "p95": 120},
    }
    go = nothing | {"requests": 2, "latencyMs": {"median": 90, "p95": 90}}
    both = python | {"requests": 2}
    assert report == {
        "since": "2026-01-02",
        "totals": both,
        "byLanguage": [{"language": "go", **go}, {"language": "python", **python}],
        "byRanker": [{"ranker": "mean-logprob", **both}],
        "byDay": [{"day": "2026-01-02", **python}, {"day": "2026-01-03", **go}],
    }


def test_the_report_of_nothing() -> None:
    report = as_object(make_report(Counts()))
    assert (report["since"], report["byDay"]) == (None, [])
    assert report["totals"]["acceptanceRate"] is None
    assert report["totals"]["latencyMs"] == {"median": None, "p95": None}


@pytest.mark.parametrize(
    ("times", "share", "expected"),
    [
        ({}, 0.5, None),
        ({10: 1}, 0.95, 10),
        ({10: 1, 20: 1}, 0.5, 10),
        ({10: 19, 500: 1}, 0.95, 10),
        ({10: 18, 500: 2}, 0.95, 500),
        ({30: 1, 10: 1, 20: 1}, 0.5, 20),
    ],
)
def test_percentiles(times: dict[int, int], share: float, expected: int | None) -> None:
    assert percentile(times, share) == expected


def test_times_are_rounded_to_two_digits() -> None:
    assert [two_digits(ms) for ms in (0.4, 9.6, 99.4, 104.0, 996.0, 12345.0)] == [
        0,
        10,
        99,
        100,
        1000,
        12000,
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("c++", "c++"), ("objective-c", "objective-c"), ("../plan", "other"), ("a b", "other")],
)
def test_a_language_that_looks_like_none_is_not_kept(given: str, kept: str) -> None:
    assert language_label(given) == kept


def test_servers_that_write_at_the_same_time_lose_nothing(store: Store) -> None:
    one = Counts(Counter({(PYTHON, What.SHOWN): 1}), Counter({(PYTHON, 120): 1}))

    def write(_: int) -> None:
        server = Store(store.path)  # each has its own connections, from the first one on
        added = 0
        while added < 10:
            # SQLite does not wait for whoever opens or closes the file's log.
            with contextlib.suppress(StatisticsBusyError):
                server.add(one)
                added += 1

    with ThreadPoolExecutor(4) as servers:
        list(servers.map(write, range(4)))
    read = store.read()
    assert (read.counts[PYTHON, What.SHOWN], read.latencies[PYTHON, 120]) == (40, 40)
