"""From counts to what they say: sums, rates and times, in all and by language, ranker and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from codex_lsp.statistics.counts import Counts, Key, What


@dataclass(frozen=True, slots=True)
class Figures:
    """What counts say of one group.

    :ivar median_ms: half of the answers came within this time; None without answers
    :ivar p95_ms: 95 % of them did
    """

    counts: Mapping[What, int]
    median_ms: int | None
    p95_ms: int | None

    def __getitem__(self, what: What) -> int:
        """Return one count."""
        return self.counts.get(what, 0)

    @property
    def all_accepted(self) -> int:
        """How many suggestions were accepted, as a whole or in parts."""
        return self[What.ACCEPTED] + self[What.PARTLY_ACCEPTED]

    @property
    def acceptance_rate(self) -> float | None:
        """The share of the shown suggestions that were accepted (0 to 1); None without any."""
        shown = self[What.SHOWN]
        return round(self.all_accepted / shown, 4) if shown else None


@dataclass(frozen=True, slots=True)
class Report:
    """All there is to say.

    :ivar since: the first day that something was counted on; None when nothing was
    """

    since: str | None
    totals: Figures
    by_language: Mapping[str, Figures]
    by_ranker: Mapping[str, Figures]
    by_day: Mapping[str, Figures]


def make_report(counts: Counts) -> Report:
    """Sum the counts up. Groups with the most requests come first; days in their order."""
    days = [key.day for key, _ in counts.counts] + [key.day for key, _ in counts.latencies]
    return Report(
        since=min(days, default=None),
        totals=_group(counts, lambda key: "")[""] if counts else Figures({}, None, None),
        by_language=_most_first(_group(counts, lambda key: key.language)),
        by_ranker=_most_first(_group(counts, lambda key: key.ranker)),
        by_day=dict(sorted(_group(counts, lambda key: key.day).items())),
    )


def first_day(today: datetime, days: int | None) -> str:
    """Return the first of the last ``days`` days, today counted; empty for all there are."""
    if days is None:
        return ""
    try:
        # Years have four digits there, unlike in what strftime makes of early ones.
        return (today - timedelta(days=days - 1)).date().isoformat()
    except OverflowError:
        return ""


def percentile(times: Mapping[int, int], share: float) -> int | None:
    """Return the smallest time that at least ``share`` of the answers were within.

    :param times: the number of answers by time
    """
    left = share * sum(times.values())
    for ms in sorted(times):
        left -= times[ms]
        if left <= 1e-9:
            return ms
    return None


def as_object(report: Report) -> dict[str, Any]:
    """Return the report as ``codexLsp/statistics`` tells it."""
    return {
        "since": report.since,
        "totals": figures_object(report.totals),
        "byLanguage": _rows("language", report.by_language),
        "byRanker": _rows("ranker", report.by_ranker),
        "byDay": _rows("day", report.by_day),
    }


def figures_object(figures: Figures) -> dict[str, Any]:
    """Return the figures of one group as JSON values."""
    return {
        "shown": figures[What.SHOWN],
        "accepted": figures[What.ACCEPTED],
        "partiallyAccepted": figures[What.PARTLY_ACCEPTED],
        "dismissed": figures[What.DISMISSED],
        "keptAfter30s": figures[What.KEPT_30S],
        "keptAfter2min": figures[What.KEPT_2MIN],
        "keptAfter10min": figures[What.KEPT_10MIN],
        "charactersSaved": figures[What.SAVED],
        "acceptanceRate": figures.acceptance_rate,
        "latencyMs": {"median": figures.median_ms, "p95": figures.p95_ms},
        "cacheHits": figures[What.CACHE_HITS],
        "requests": figures[What.REQUESTS],
    }


def _rows(name: str, groups: Mapping[str, Figures]) -> list[dict[str, Any]]:
    return [{name: label, **figures_object(figures)} for label, figures in groups.items()]


def _group(counts: Counts, label: Callable[[Key], str]) -> dict[str, Figures]:
    sums: dict[str, Counter[What]] = {}
    times: dict[str, Counter[int]] = {}
    for (key, what), n in counts.counts.items():
        sums.setdefault(label(key), Counter())[what] += n
    for (key, ms), n in counts.latencies.items():
        times.setdefault(label(key), Counter())[ms] += n
    return {
        name: Figures(
            sums.get(name, {}),
            percentile(times.get(name, {}), 0.5),
            percentile(times.get(name, {}), 0.95),
        )
        for name in sums.keys() | times.keys()
    }


def _most_first(groups: Mapping[str, Figures]) -> dict[str, Figures]:
    order = sorted(groups.items(), key=lambda item: (-item[1][What.REQUESTS], item[0]))
    return dict(order)
