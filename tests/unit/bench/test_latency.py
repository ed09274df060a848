"""Times are taken where the module says, and medians are those of the samples."""

from __future__ import annotations

from codex_lsp.bench import latency, latency_tables
from codex_lsp.bench.corpus import Text
from codex_lsp.bench.latency import Sample
from codex_lsp.engine.base import Cancellation, Generation, TokenSink
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import Prompt, Timing
from tests.unit.fake_engine import byte_tokenizer

TEXTS = [Text("a.py", "python", "".join(f"name_{line} = value_{line}\n" for line in range(200)))]


class ClockEngine:
    """Takes a millisecond for each prompt token it has not kept, and ten for each step."""

    def __init__(self) -> None:
        self.tokenizer = byte_tokenizer()
        self.kept: set[tuple[int, ...]] = set()
        self.prompts: list[tuple[Prompt, int]] = []

    def generate(
        self,
        prompt: Prompt,
        params: SamplingParams,
        sink: TokenSink,
        cancellation: Cancellation,
        max_tokens: int,
    ) -> Generation:
        self.prompts.append((prompt, params.n))
        known = prompt.anchor_ids in self.kept
        self.kept.add(prompt.anchor_ids)
        for _ in range(max_tokens):
            for row in range(params.n):
                sink.feed(row, 1, -1.0)
        read = float(len(prompt.tail_ids) if known else len(prompt.ids))
        return Generation(Timing(read, 10.0 * (max_tokens - 1), read))

    def close(self) -> None:
        """Nothing to give back."""


def test_cold_reads_everything_and_warm_only_what_is_new() -> None:
    engine = ClockEngine()
    cases = {"e": (engine, (1, 4, 8))}
    samples = list(latency.measure_engines(cases, TEXTS, contexts=(64, 128), repeats=2))
    found = latency.medians(samples)
    for context in (64, 128):
        assert [found["e", "cold", context, n] for n in (1, 4)] == [context, context]
        assert ("e", "cold", context, 8) not in found
        assert [found["e", "first", context, n] for n in (1, 4, 8)] == [8, 8, 8]
        assert [found["e", "step", context, n] for n in (1, 4, 8)] == [10, 10, 10]
    cold = [prompt.ids for prompt, _ in engine.prompts if not prompt.anchor_ids]
    # No two cold prompts begin alike, or an engine that keeps what prompts share were warm.
    assert len({ids[:8] for ids in cold}) == len(cold)


def test_rows_take_turns_between_repeats() -> None:
    engine = ClockEngine()
    list(latency.measure_engines({"e": (engine, (2, 3))}, TEXTS, contexts=(64,), repeats=2))
    measured = [n for prompt, n in engine.prompts if len(prompt.tail_ids) == latency.NEW_TOKENS]
    assert measured == [2, 3, 3, 2]


def test_medians_are_those_of_each_case() -> None:
    samples = [Sample("e", "line", 128, 1, value) for value in (1.0, 9.0, 2.0)]
    other = Sample("e", "line", 128, 4, 7.0)
    assert latency.medians([*samples, other]) == {
        ("e", "line", 128, 1): 2.0,
        ("e", "line", 128, 4): 7.0,
    }


FOUND = {
    ("own", "line", 128, 1): 100.0,
    ("own", "line", 128, 4): 125.0,
    ("own", "cold line", 128, 1): 300.0,
    ("own", "first", 128, 1): 50.0,
    ("own", "first", 1024, 1): 110.0,
    ("peer", "line", 128, 1): 250.0,
}


def test_ratios_are_those_that_were_measured() -> None:
    assert latency_tables.bars_table(FOUND, "own").rows == (
        ("best of 4 to the first line, 128 tokens, warm", "line, 128 tokens, n=1", "1.25", "1.3"),
        ("warm first token at 1024 tokens, n=1", "first, 128 tokens, n=1", "2.20", "2"),
    )


def test_a_line_says_what_more_rows_cost() -> None:
    table = latency_tables.line_table({key: ms for key, ms in FOUND.items() if key[0] == "own"})
    assert table.header == ("first line", "n=1, ms", "n=4, ms", "n=4 / n=1")
    assert table.rows == (
        ("own, 128 tokens, cold", "300", "–", "–"),
        ("own, 128 tokens, warm", "100", "125", "1.25"),
    )


def test_engines_are_compared_where_both_were_measured() -> None:
    table = latency_tables.between_engines(FOUND, "own", "peer")
    assert ("line", "128", "250", "100", "2.50", "125", "2.00") in table.rows
    assert ("first", "1024", "–", "110", "–", "–", "–") in table.rows
