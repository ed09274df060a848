"""Whether the server's memory stays flat, over thousands of requests in many places.

Each request is a key pressed somewhere else in one of several files, so that prompts, anchors and
kept states change all the time: the hardest case for whatever is remembered.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codex_lsp.bench.corpus import Text
from codex_lsp.bench.lsp_service import LspService
from codex_lsp.bench.process import tree_rss_mb
from codex_lsp.bench.replay import ANSWER_LIMIT_S
from codex_lsp.bench.service import Reply
from codex_lsp.bench.tables import UNKNOWN, Table
from codex_lsp.errors import BenchError

READINGS = 100
TYPED_IN_PLACE = 4
"""Keys in one place before the next is gone to."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The memory after so many requests.

    :ivar rss_mb: of the server and its child processes together
    :ivar kept_mb: what the server says it keeps of prompts' states; None when it does not say
    :ivar dropped: how often it has dropped all of them
    """

    requests: int
    rss_mb: float
    kept_mb: float | None
    dropped: int | None


def measure(
    service: LspService, texts: Sequence[Text], requests: int, seed: int
) -> Iterator[Reading]:
    """Send ``requests`` requests, one after the other's answer, and read the memory in between."""
    draw = random.Random(seed)
    every = max(1, requests // READINGS)
    yield _read(service, 0)
    sent = 0
    while sent < requests:
        text = draw.choice(texts)
        offset = _line_start(text.content, draw)
        service.open(text.content, offset, text.language)
        for _ in range(min(TYPED_IN_PLACE, requests - sent)):
            service.insert(draw.choice("abcdefgipst"))
            _wait(service, service.ask())
            sent += 1
            if sent % every == 0:
                yield _read(service, sent)
        service.close_document()


def _line_start(text: str, draw: random.Random) -> int:
    """Return the place behind the indentation of a random line."""
    offset = text.rfind("\n", 0, draw.randrange(len(text))) + 1
    while offset < len(text) and text[offset] in " \t":
        offset += 1
    return offset


def _wait(service: LspService, request: int) -> None:
    end = time.perf_counter() + ANSWER_LIMIT_S
    while (left := end - time.perf_counter()) > 0:
        news = service.news(left)
        if isinstance(news, Reply) and news.request == request:
            return
    raise BenchError(f"A request was not answered in {ANSWER_LIMIT_S:g} s.")


def _read(service: LspService, requests: int) -> Reading:
    counters = service.performance() or {}
    cache = counters.get("cache", {})
    rss = tree_rss_mb(service.connection.pid)
    return Reading(requests, rss, cache.get("keptStateMb"), cache.get("dropped"))


def slope_mb(readings: Sequence[Reading]) -> float:
    """Return by how many MB the memory grows in 1,000 requests, over the second half.

    The least-squares slope; the first half is left out because caches fill in it.
    """
    half = [item for item in readings if 2 * item.requests >= readings[-1].requests]
    mean_x = sum(item.requests for item in half) / len(half)
    mean_y = sum(item.rss_mb for item in half) / len(half)
    spread = sum((item.requests - mean_x) ** 2 for item in half)
    together = sum((item.requests - mean_x) * (item.rss_mb - mean_y) for item in half)
    return 1000 * together / spread if spread else 0.0


def memory_table(readings: Sequence[Reading]) -> Table:
    """Return the memory at the start, at a tenth, half way and at the end, its peak and slope."""
    last = readings[-1].requests
    marks = {
        share: min(readings, key=lambda item: abs(item.requests - share * last))
        for share in (0.0, 0.1, 0.5, 1.0)
    }
    rows = [(f"after {item.requests} requests", *_cells(item)) for item in marks.values()]
    peak = max(readings, key=lambda item: item.rss_mb)
    rows.append((f"peak, after {peak.requests}", *_cells(peak)))
    growth = f"{slope_mb(readings):+.2f}"
    rows.append(("growth in 1,000 requests, second half", growth, "", ""))
    header = ("when", "RSS, MB", "kept states, MB", "dropped")
    return Table("memory", "Memory of the server and its children", header, tuple(rows))


def _cells(item: Reading) -> tuple[str, str, str]:
    return (
        f"{item.rss_mb:.0f}",
        UNKNOWN if item.kept_mb is None else f"{item.kept_mb:.0f}",
        UNKNOWN if item.dropped is None else str(item.dropped),
    )
