"""How counts get on disk, and what becomes of those that cannot."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from codex_lsp.errors import StatisticsBusyError, StatisticsError
from codex_lsp.statistics.counts import Counts, Key, What
from codex_lsp.statistics.report import first_day
from codex_lsp.statistics.store import Store
from codex_lsp_server.recording import Recorder

KEY = Key("2026-01-31", "python", "mean-logprob")


class Failing(Store):
    """Fails as the test says, one call after the other."""

    def __init__(self, path: Path, *errors: StatisticsError | None) -> None:
        super().__init__(path)
        self._errors = list(errors)

    def add(self, counts: Counts) -> None:
        error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error
        super().add(counts)


def recorder(store: Store | None, said: list[str]) -> Recorder:
    return Recorder(store, said.append, lambda: datetime(2026, 1, 31, 12))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statistics.sqlite3"


async def test_counts_are_written_together_and_told(path: Path) -> None:
    said: list[str] = []
    one, other = recorder(Store(path), said), recorder(Store(path), said)
    for each in (one, other):
        each.count("python", "mean-logprob", What.SHOWN)
        each.count("python", "mean-logprob", What.SAVED, 7)
        each.took("python", "mean-logprob", 123.4)
    assert not path.exists()
    await one.close()
    report = await other.report({"days": 1})
    assert report["enabled"] is True
    assert report["totals"]["shown"] == 2
    assert report["totals"]["charactersSaved"] == 14
    assert report["totals"]["latencyMs"] == {"median": 120, "p95": 120}
    assert [row["day"] for row in report["byDay"]] == ["2026-01-31"]
    assert said == []


async def test_nothing_is_counted_while_it_is_off(path: Path) -> None:
    off = recorder(Store(path), [])
    off.enabled = False
    off.count("python", "mean-logprob", What.SHOWN)
    off.took("python", "mean-logprob", 1.0)
    report = await off.report(None)
    assert (report["enabled"], report["totals"]["shown"]) == (False, 0)
    await off.close()
    assert not path.exists()


async def test_where_there_is_no_place_for_it(path: Path) -> None:
    nowhere = recorder(None, [])
    nowhere.count("python", "mean-logprob", What.SHOWN)
    assert (await nowhere.report({}))["enabled"] is False
    await nowhere.close()


async def test_a_full_disk_switches_it_off_and_is_said_once(path: Path) -> None:
    said: list[str] = []
    full = recorder(Failing(path, StatisticsError("The disk is full.")), said)
    for _ in range(3):
        full.count("python", "mean-logprob", What.SHOWN)
        await full.flush()
    assert said == [
        "codex-lsp: The disk is full. Statistics are off until the server is started again."
    ]
    assert (await full.report({}))["enabled"] is False
    await full.close()


async def test_what_others_kept_from_being_written_is_written_later(path: Path) -> None:
    said: list[str] = []
    store = Failing(path, StatisticsBusyError("In use."))
    busy = recorder(store, said)
    busy.count("python", "mean-logprob", What.SHOWN)
    await busy.flush()
    busy.count("python", "mean-logprob", What.SHOWN)
    await busy.close()
    assert store.read() == Counts(Counter({(KEY, What.SHOWN): 2}))
    assert said == []


async def test_a_damaged_file_is_said_once(path: Path) -> None:
    path.write_bytes(b"this is no database, and never was one" * 200)
    said: list[str] = []
    damaged = recorder(Store(path), said)
    for _ in range(2):
        damaged.count("python", "mean-logprob", What.SHOWN)
        await damaged.flush()
    assert said == [
        f"codex-lsp: the file of the statistics was damaged; it is {path}.damaged now, and a new "
        "one has been begun."
    ]
    report = await damaged.report({"days": "many"})
    assert report["totals"]["shown"] == 2
    await damaged.close()


@pytest.mark.parametrize(
    ("days", "first"),
    [(None, ""), (1, "2026-01-31"), (31, "2026-01-01"), (400_000, "0930-12-04"), (10**9, "")],
)
def test_the_first_of_the_last_days(days: int | None, first: str) -> None:
    assert first_day(datetime(2026, 1, 31), days) == first
