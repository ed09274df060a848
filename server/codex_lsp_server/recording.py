"""Collects counts in memory, and has a thread write them to the database now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from codex_lsp.errors import StatisticsBusyError, StatisticsError
from codex_lsp.statistics.counts import Counts, Key, What, language_label, two_digits
from codex_lsp.statistics.report import as_object, first_day, make_report
from codex_lsp.statistics.store import Store

logger = logging.getLogger(__name__)

STATISTICS_METHOD = "codexLsp/statistics"
FLUSH_S = 10.0
"""Counts are written together; a server that crashes loses those of so many seconds."""


class Recorder:
    """A ledger that ends up on disk. For the event loop's thread only.

    The database is touched by one other thread, one call after the other. When it cannot be used,
    the user is told once, and nothing is kept any more in this session.

    :param store: None when there is nowhere to keep anything
    :param warn: tells the user
    :param today: the day that counts belong to
    :ivar enabled: whether anything is counted
    """

    def __init__(
        self,
        store: Store | None,
        warn: Callable[[str], None],
        today: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._store = store
        self._warn = warn
        self._today = today
        self._waiting = Counts()
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._using = asyncio.Lock()
        self.enabled = True

    @property
    def working(self) -> bool:
        """Whether counts are kept."""
        return self.enabled and self._store is not None

    def count(self, language: str, ranker: str, what: What, n: int = 1) -> None:
        """Add to a count."""
        if self.working:
            self._waiting.counts[self._key(language, ranker), what] += n
            self._flush_soon()

    def took(self, language: str, ranker: str, ms: float) -> None:
        """Add an answer's time."""
        if self.working:
            self._waiting.latencies[self._key(language, ranker), two_digits(ms)] += 1
            self._flush_soon()

    async def flush(self) -> None:
        """Write what has been counted."""
        self._end_timer()
        async with self._using:
            waiting, self._waiting = self._waiting, Counts()
            if self._store is None or not waiting:
                return
            try:
                await asyncio.to_thread(self._store.add, waiting)
            except StatisticsBusyError as error:
                logger.info("%s", error)
                self._waiting.update(waiting)
            except StatisticsError as error:
                self._give_up(error)
            self._tell_of_damage()

    async def report(self, params: object) -> dict[str, Any]:
        """Return the answer to ``codexLsp/statistics``; odd params count as left out."""
        days = params.get("days") if isinstance(params, dict) else None
        if not isinstance(days, int) or isinstance(days, bool) or days < 1:
            days = None
        await self.flush()
        counts = Counts()
        async with self._using:
            if self.working and self._store is not None:
                try:
                    counts = await asyncio.to_thread(
                        self._store.read, first_day(self._today(), days)
                    )
                except StatisticsBusyError as error:
                    logger.info("%s", error)
                except StatisticsError as error:
                    self._give_up(error)
        return {"enabled": self.working, **as_object(make_report(counts))}

    async def close(self) -> None:
        """Write what is left."""
        if self._flushing is not None:
            await asyncio.wait({self._flushing})
        await self.flush()

    def _key(self, language: str, ranker: str) -> Key:
        return Key(f"{self._today():%Y-%m-%d}", language_label(language), ranker)

    def _flush_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self._begin_flush)

    def _begin_flush(self) -> None:
        self._timer = None
        self._flushing = asyncio.get_running_loop().create_task(self.flush())

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self, error: StatisticsError) -> None:
        logger.warning("%s", error)
        self._store = None
        self._warn(f"codex-lsp: {error} Statistics are off until the server is started again.")

    def _tell_of_damage(self) -> None:
        if self._store is not None and self._store.set_aside is not None:
            self._warn(
                f"codex-lsp: the file of the statistics was damaged; it is {self._store.set_aside} "
                "now, and a new one has been begun."
            )
            self._store.set_aside = None
