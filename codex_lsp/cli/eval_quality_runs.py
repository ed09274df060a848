"""What ``codex-lsp eval quality`` and its relatives do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import cast, get_args

from codex_lsp.cli.eval_runs import confinement_of, shard_of, show
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.confidence_weights import weights_table
from codex_lsp.engine.ct2 import (
    CTranslate2Engine,
    default_threads,
    pick_compute_type,
    pick_device,
)
from codex_lsp.errors import UsageError
from codex_lsp.evals.facts import run_facts
from codex_lsp.evals.problems import shard
from codex_lsp.evals.quality.attempts import MAX_BLOCK_TOKENS, Pipeline
from codex_lsp.evals.quality.calibrating import fit_sampled, winners
from codex_lsp.evals.quality.corpus import load_folder, load_sources
from codex_lsp.evals.quality.draws import ROWS
from codex_lsp.evals.quality.false_positives import effect_at, false_positive_tables
from codex_lsp.evals.quality.holes import Hole, choose
from codex_lsp.evals.quality.policies import as_the_editor, figures
from codex_lsp.evals.quality.run import (
    BENCHMARK,
    DRAWS,
    complete_holes,
    holes_digest,
    read_draws,
    read_outcomes,
)
from codex_lsp.evals.quality.suites import VERDICTS, load_trees, read_verdicts, verdicts_on
from codex_lsp.evals.quality.suites import check as check_suites
from codex_lsp.evals.quality.tables import calibration_tables, last_label, suites_table
from codex_lsp.evals.report import fill_page, markdown_table
from codex_lsp.evals.run import FACTS, read_facts, refuse_another_run
from codex_lsp.evals.table import percent
from codex_lsp.model_dir import TOKENIZER_FILE
from codex_lsp.options import CompleterOptions, Device, EngineOptions, RankerName
from codex_lsp.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Places:
    """Which holes are cut.

    :ivar folder: of one's own files; None for the corpus
    :ivar each: holes of a kind in a language
    """

    folder: Path | None
    each: int
    seed: int

    def holes(self) -> list[Hole]:
        """Cut them.

        :raises UsageError: there are to be none
        :raises BenchError: there are no files
        """
        if self.each < 1:
            raise UsageError(f"--each is {self.each}, but has to be 1 or more.")
        files = load_sources() if self.folder is None else load_folder(self.folder)
        return choose(files, self.each, self.seed)


@dataclass(frozen=True, slots=True)
class Engines:
    """Which model completes, and where it runs."""

    model: str | None
    device: str
    threads: int


@dataclass(frozen=True, slots=True)
class Part:
    """Which of the holes are completed.

    :ivar shard: ``i/m``
    :ivar only_drawn: those whose samples are there
    """

    limit: int | None
    shard: str
    only_drawn: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """Other choices than the defaults; None keeps the default.

    :ivar patience: -1 waits for every sample, even where the model is sure of the first token
    """

    patience: int | None = None
    ranker: str | None = None
    agreement: float | None = None
    parse_errors: float | None = None

    def __call__(self, options: CompleterOptions) -> CompleterOptions:
        """Return the options with these choices.

        :raises UsageError: there is no such ranker
        """
        sampling, terms, ranker = options.sampling, options.terms, options.ranker
        if self.patience == -1:
            sampling = replace(sampling, patience=None, sure_logprob=None)
        elif self.patience is not None:
            sampling = replace(sampling, patience=self.patience)
        if self.agreement is not None:
            terms = replace(terms, agreement=self.agreement)
        if self.parse_errors is not None:
            terms = replace(terms, parse_errors=self.parse_errors)
        if self.ranker is not None:
            if self.ranker not in get_args(RankerName):
                names = ", ".join(get_args(RankerName))
                raise UsageError(f"--ranker is {self.ranker!r}; take one of {names}.")
            ranker = cast(RankerName, self.ranker)
        return replace(options, sampling=sampling, terms=terms, ranker=ranker)


def run_quality(
    places: Places, out: Path, label: str, part: Part, engines: Engines, variant: Variant
) -> None:
    """Complete the holes, and keep what was drawn and what came of it."""
    index, count = shard_of(part.shard)
    holes = places.holes()
    some = shard(holes[: part.limit], index, count)
    if part.only_drawn:
        drawn = read_draws(out / DRAWS)
        some = [hole for hole in some if hole.id in drawn]
    if not some:
        raise UsageError("No hole is left to complete.")
    _complete(out, label, holes, some, places, engines, variant)
    _print_short(out, label)


def run_filters(places: Places, page: Path | None) -> None:
    """Print how often the filters harm the holes' own texts; fill ``page`` with the tables, too."""
    found = [effect_at(hole) for hole in places.holes()]
    effects = [effect for effect in found if effect is not None]
    if not effects:
        raise UsageError("There is no hole at which something would be completed.")
    tables = false_positive_tables(effects)
    if page is not None:
        fill_page(page, tables)
    sys.stdout.write("\n\n".join(map(markdown_table, tables)) + "\n")


def run_suites(
    each: int, seed: int, out: Path, label: str, limit: int | None, sandbox: str, engines: Engines
) -> None:
    """Complete holes in packages with tests, and run the tests with what came of them."""
    if each < 1:
        raise UsageError(f"--each is {each}, but has to be 1 or more.")
    confinement = confinement_of(sandbox)
    trees = load_trees()
    # Each package is a stratum of its own, so that a large one does not take all the holes.
    cut = [choose(list(tree.sources()), each, seed) for tree in trees.values()]
    holes = [hole for turn in zip_longest(*cut) for hole in turn if hole is not None]
    some = holes[:limit]
    _complete(out, label, holes, some, Places(None, each, seed), engines, Variant())
    outcomes = {item.hole: item for item in read_outcomes(out)[label]}
    pairs = [(hole, outcomes[hole.id]) for hole in some]
    with closing(check_suites(out / VERDICTS, trees, pairs, confinement)) as steps:
        show(steps, "test suites")
    judged = verdicts_on(read_verdicts(out / VERDICTS), [outcome for _, outcome in pairs])
    sys.stdout.write(markdown_table(suites_table(judged)) + "\n")


def _complete(
    out: Path,
    label: str,
    holes: Sequence[Hole],
    some: Sequence[Hole],
    places: Places,
    engines: Engines,
    variant: Variant,
) -> None:
    model = find_or_offer(engines.model)
    device = cast(Device, engines.device)
    picked = pick_device(device)
    compute_type = pick_compute_type("auto", picked)
    threads = engines.threads or default_threads()
    tokenizer = Tokenizer.from_file(model.path / TOKENIZER_FILE)
    pipeline = Pipeline.default(model.description, tokenizer, variant)
    sampling = pipeline.options.sampling
    facts = run_facts(BENCHMARK, holes_digest(holes), model, picked, compute_type, threads)
    facts["settings"] = {
        "seed": places.seed,
        "each": places.each,
        "rows": ROWS,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
        "max_line_tokens": sampling.max_line_tokens,
        "max_block_tokens": MAX_BLOCK_TOKENS,
        "prefix_tokens": pipeline.options.budget.prefix,
    }

    if (out / FACTS).exists():
        # Better said before a progress bar is on the screen.
        refuse_another_run(out, read_facts(out), facts)

    def open_engine(seed: int) -> CTranslate2Engine:
        return CTranslate2Engine(model, EngineOptions(device, "auto", threads, seed))

    with closing(complete_holes(out, label, facts, some, pipeline, open_engine)) as steps:
        show(steps, "holes")


def _print_short(out: Path, label: str) -> None:
    outcomes = read_outcomes(out)[label]
    found = figures(outcomes, as_the_editor, as_the_editor)
    sys.stdout.write(
        f"{label}: {found.holes} holes, exact {percent(found.exact.mean)} %, "
        f"similarity {found.similarity:.3f}, no suggestion {percent(found.rejected)} %, "
        f"syntax errors {percent(found.breaks)} %, repeats {found.repeats:g}\n"
    )


def calibrate(out: Path, label: str | None) -> None:
    """Print how good the confidence is, and the weights to put into the model's manifest."""
    labelled = read_outcomes(out)
    name = label or last_label(labelled)
    if name not in labelled:
        raise UsageError(f"{out} has no outcomes with the label {name!r}.")
    chosen = {key: labelled[key] for key in ("before", name) if key in labelled}
    tables = calibration_tables(chosen)
    if not tables:
        raise UsageError(f"{out} has too few holes to calibrate on.")
    sys.stdout.write("\n\n".join(map(markdown_table, tables)) + "\n\n")
    try:
        weights = fit_sampled(winners(labelled[name]))
    except ValueError as error:
        raise UsageError(f"{out} has too few holes to calibrate on: {error}.") from None
    sys.stdout.write(weights_table({"sampled": weights}))
