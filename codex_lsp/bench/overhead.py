"""What the server adds to the engine's time, in a small file and in one of a megabyte.

Measured at the client, pipes and JSON included: requests that need no model, because what is typed
is what the latest suggestion says (**reused**) or because the cursor stands in a word
(**refused**). And for requests that need it, the server's own figures: total time less the engine's
(**beyond the engine**).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from codex_lsp.bench.corpus import Text
from codex_lsp.bench.lsp_service import LspService
from codex_lsp.bench.metrics import percentile
from codex_lsp.bench.replay import ANSWER_LIMIT_S
from codex_lsp.bench.service import Reply
from codex_lsp.bench.tables import Table, ms
from codex_lsp.errors import BenchError

SMALL, LARGE = "10 kB", "1 MB"
KINDS = ("reused", "refused", "beyond the engine")
SIZES = {SMALL: 10_000, LARGE: 1_000_000}
LINE = "\n\nfor name in os."
WORD = "\n\nname = oth"


@dataclass(frozen=True, slots=True)
class Cost:
    """One request.

    :ivar kind: ``reused``, ``refused``, ``beyond the engine``
    """

    file: str
    kind: str
    ms: float


def measure(
    service: LspService,
    texts: Sequence[Text],
    repeats: int,
    sizes: Mapping[str, int] = SIZES,
) -> Iterator[Cost]:
    """Measure all kinds in files of some sizes, which take turns."""
    whole = "\n".join(text.content for text in texts)
    for _ in range(repeats):
        for name, size in sizes.items():
            content = (whole * (size // len(whole) + 1))[:size]
            yield from _reused(service, name, content)
            yield from _refused(service, name, content)


def _reused(service: LspService, name: str, content: str) -> Iterator[Cost]:
    """Have a suggestion made in the middle of the file, then type what it says."""
    half = content.rfind("\n", 0, len(content) // 2)
    text = content[:half] + LINE + content[half:]
    service.open(text, half + len(LINE), "python")
    before = _count(service)
    _, reply = _ask(service)
    yield from _beyond(service, name, before)
    said = reply.items[0].text.partition("\n")[0] if reply.items else ""
    for char in said[:-1]:
        service.insert(char)
        took, _ = _ask(service)
        yield Cost(name, "reused", took)
    service.close_document()


def _refused(service: LspService, name: str, content: str) -> Iterator[Cost]:
    """Ask in the middle of a word, where nothing is ever suggested."""
    half = content.rfind("\n", 0, len(content) // 2)
    text = content[:half] + WORD + "er" + content[half:]
    service.open(text, half + len(WORD), "python")
    for char in "abcdefgh":
        service.insert(char)
        took, _ = _ask(service)
        yield Cost(name, "refused", took)
    service.close_document()


def _beyond(service: LspService, name: str, before: int | None) -> Iterator[Cost]:
    counters = service.performance()
    if counters is None or before is None:
        return
    count = sum(counters["answers"].values()) - before
    for item in counters.get("recent", [])[-count:] if count else []:
        cost = float(item["totalMs"]) - float(item["engineMs"])
        yield Cost(name, "beyond the engine", cost)


def _count(service: LspService) -> int | None:
    counters = service.performance()
    return None if counters is None else sum(counters["answers"].values())


def _ask(service: LspService) -> tuple[float, Reply]:
    """Ask, and return how long the answer took in milliseconds."""
    asked = time.perf_counter()
    request = service.ask()
    while (left := asked + ANSWER_LIMIT_S - time.perf_counter()) > 0:
        news = service.news(left)
        if isinstance(news, Reply) and news.request == request:
            return (news.at - asked) * 1000, news
    raise BenchError(f"A request was not answered in {ANSWER_LIMIT_S:g} s.")


def overhead_table(costs: Sequence[Cost]) -> Table:
    """Return median and 95th percentile of each kind in each file."""
    rows = []
    for kind in KINDS:
        for file in SIZES:
            took = [item.ms for item in costs if (item.file, item.kind) == (file, kind)]
            if took:
                figures = (ms(percentile(took, 50)), ms(percentile(took, 95)))
                rows.append((f"{kind}, {file}", str(len(took)), *figures))
    header = ("request", "times", "ms: median", "ms: 95 %")
    return Table("overhead", "What the server adds", header, tuple(rows))
