"""What ``codex-lsp bench latency`` and ``cancel`` do: the engine, without a server around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path

from codex_lsp.bench import cancel, latency, latency_tables, plots
from codex_lsp.bench.corpus import load_texts
from codex_lsp.bench.latency import Key, Sample
from codex_lsp.bench.tables import Table
from codex_lsp.cli.bench_facts import OWN_NAME, facts, threads_of
from codex_lsp.cli.bench_output import (
    Output,
    finish,
    print_json,
    print_tables,
    with_bar,
    write_lines,
)
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.completer import Completer
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.errors import UsageError
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import EngineOptions
from codex_lsp.sampling import SamplingParams

LINE_CONTEXTS = (128, 1024)
ROOMY_MB = 1024
"""Room to keep the states of all contexts, so that nothing is dropped while it is measured."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is measured, and how often."""

    contexts: Sequence[int]
    rows: Sequence[int]
    repeats: int
    places: int

    def check(self) -> None:
        """Refuse what cannot be measured.

        :raises UsageError: a number is out of range
        """
        numbers = {
            "--context": self.contexts,
            "-n": self.rows,
            "--repeats": (self.repeats,),
            "--places": (self.places,),
        }
        for name, values in numbers.items():
            if any(value < 1 for value in values):
                raise UsageError(f"{name} has to be 1 or more.")


def run_latency(
    sizes: Sizes, threads: Sequence[int], model: str | None, plot: Path | None, output: Output
) -> list[Table]:
    """Time the engine with each number of threads, and print medians and ratios."""
    sizes.check()
    found = find_or_offer(model)
    check_contexts(sizes.contexts, found)
    with ExitStack() as stack:
        engines = {}
        for count in dict.fromkeys(threads_of(wanted, found) for wanted in threads):
            options = EngineOptions(threads=count, seed=0, max_cache_mb=ROOMY_MB)
            engine = stack.enter_context(closing(CTranslate2Engine(found, options)))
            engines[f"{OWN_NAME}, {engine.threads} thread{'s' * (count > 1)}"] = engine
        samples = list(with_bar(_measure(engines, found, sizes), "times measured"))
    known = facts("latency", found, sizes=asdict(sizes), threads=list(threads))
    if output.file is not None:
        write_lines(output.file, known, samples)
    medians = latency.medians(samples)
    if plot is not None:
        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.write_text(plots.latency_plot(medians, next(iter(engines))), encoding="utf-8")
    found_tables = []
    for index, engine_name in enumerate(engines):
        name = f"latency-{index + 1}" if index else "latency"
        found_tables.append(latency_tables.engine_table(medians, engine_name, name))
        found_tables.append(latency_tables.bars_table(medians, engine_name, name))
    found_tables.append(latency_tables.line_table(medians))
    if output.as_json:
        print_json({**known, "medians": [asdict(item) for item in as_samples(medians)]})
    else:
        print_tables(found_tables)
    return found_tables


def check_contexts(contexts: Sequence[int], model: ModelDir) -> None:
    """Refuse more tokens than the model reads.

    :raises UsageError: one of ``contexts`` is longer
    """
    longest = model.description.context_length
    if max(contexts) > longest:
        raise UsageError(
            f"--context is {max(contexts)}, but {model.description.name} reads no more than "
            f"{longest} tokens."
        )


def run_cancel(
    rows: Sequence[int], count: int, context: int, model: str | None, output: Output
) -> Table:
    """Cancel generations at random moments, and time how long the engine takes to be idle."""
    for name, value in (("-n", min(rows)), ("--count", count), ("--context", context)):
        if value < 1:
            raise UsageError(f"{name} is {value}, but has to be 1 or more.")
    found = find_or_offer(model)
    check_contexts([context], found)
    options = EngineOptions(threads=threads_of(0, found), seed=0, max_cache_mb=ROOMY_MB)
    with closing(CTranslate2Engine(found, options)) as engine:
        ids = engine.tokenizer.encode("\n".join(text.content for text in load_texts()))
        steps = cancel.measure(engine, ids, rows, count, context, seed=0)
        stops = list(with_bar(steps, "cancellations", count * len(rows)))
    known = facts("cancel", found, rows=list(rows), count=count, context=context)
    table = cancel.cancel_table(stops)
    finish(known, stops, table, output)
    return table


def _measure(
    engines: dict[str, CTranslate2Engine], model: ModelDir, sizes: Sizes
) -> Iterator[Sample]:
    texts = load_texts()
    cases = {name: (engine, sizes.rows) for name, engine in engines.items()}
    yield from latency.measure_engines(cases, texts, sizes.contexts, sizes.repeats)
    pipelines = {
        name: (Completer(engine, model.description), sizes.rows) for name, engine in engines.items()
    }
    contexts = [context for context in LINE_CONTEXTS if context in sizes.contexts]
    tokenizer = next(iter(engines.values())).tokenizer
    sampling = sampling_of(model)
    yield from latency.measure_lines(pipelines, tokenizer, sampling, texts, contexts, sizes.places)


def sampling_of(model: ModelDir) -> SamplingParams:
    """Return how the model is sampled from where the user sets nothing."""
    defaults = model.description.sampling
    return SamplingParams(
        temperature=defaults.temperature, top_k=defaults.top_k, top_p=defaults.top_p
    )


def as_samples(medians: Mapping[Key, float]) -> list[Sample]:
    """Return medians in the form of samples."""
    return [Sample(*key, value) for key, value in medians.items()]
