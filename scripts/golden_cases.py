"""Drafts golden cases from a quality run's samples: holes in real code where a filter is at work.

    python scripts/golden_cases.py runs/quality drafts [FILTER …]

A draft has the hole's lines, as few as give the same outcomes as the whole file, the model's raw
samples, the file's own text as the last of them, and what the filters make of each today. Whether
that is what a user would want is for people to judge: correct the outcomes of a draft before it is
moved to tests/golden/cases, and mend the filter where they differ.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from codex_lsp.anchors import Anchors
from codex_lsp.batches import Batches
from codex_lsp.context import ContextOptions, build_context
from codex_lsp.engine.base import Cancellation, Engine
from codex_lsp.evals.quality.attempts import MAX_BLOCK_TOKENS
from codex_lsp.evals.quality.corpus import SOURCES, load_sources
from codex_lsp.evals.quality.draws import ROWS, Draw, DrawnEngine
from codex_lsp.evals.quality.false_positives import context_at, spelled
from codex_lsp.evals.quality.holes import Hole, choose
from codex_lsp.evals.quality.run import DRAWS, read_draws
from codex_lsp.evals.run import read_facts
from codex_lsp.model_dir import TOKENIZER_FILE, find
from codex_lsp.options import CompleterOptions
from codex_lsp.postprocess import FILTERS, apply_filters
from codex_lsp.prompt import PromptBuilder
from codex_lsp.ranking import make_ranker
from codex_lsp.rows import Decision
from codex_lsp.sampling import SamplingParams
from codex_lsp.selection import Selection
from codex_lsp.tokenizer import Tokenizer
from codex_lsp.typed import TypedText
from codex_lsp.types import (
    Candidate,
    CompletionRequest,
    Context,
    Document,
    FinishReason,
    Rejection,
    Shape,
)

_WINDOWS = ((4, 2), (8, 4), (12, 6), (20, 10), (35, 15))
"""Lines above and below the cursor, the fewest first."""
_CURSOR = "¦"
_SHORT = {
    "javascript": "js",
    "javascriptreact": "jsx",
    "typescript": "ts",
    "typescriptreact": "tsx",
}
_NEARBY: dict[str, Callable[[str, Context], bool]] = {
    "blanks": lambda text, context: text != text.rstrip(),
    "brackets": lambda text, context: re.search(r"[)\]}]", text) is not None,
    "indentation": lambda text, context: "\n" in text.strip(),
    "licence": lambda text, context: re.search("licen[sc]|copyright", text, re.I) is not None,
    "lines_above": lambda text, context: bool(text.strip()) and text.strip() in context.prefix,
    "mismatch": lambda text, context: False,
    "next_lines": lambda text, context: _first_word(text) in context.suffix,
    "personal": lambda text, context: "@" in text,
    "prose": lambda text, context: re.search(r"#|//|/\*|(\w+ ){5}", text) is not None,
    "quotes": lambda text, context: re.search("[\"'`]", text) is not None,
    "repetition": lambda text, context: re.search(r"\b(\w{3,})\b.*\b\1\b", text, re.S) is not None,
    "same_line": lambda text, context: bool(context.line_after.strip()),
    "secret": lambda text, context: re.search(r"\w{20,}|key|token|passw", text, re.I) is not None,
    "unfinished": lambda text, context: re.search('/\\*|"""|`', text) is not None,
}
"""Where a filter has something to look at, so that leaving it alone says something."""


def _first_word(text: str) -> str:
    return (text.split() or ["\0"])[0]


class _Recording(Selection):
    """Takes down what reaches the filters, and lets each block go on to its end."""

    taken: Candidate | None = None

    def decide(self, lines):  # type: ignore[no-untyped-def]
        super().decide(lines)
        self.taken = next(iter(lines.values()), None)
        return Decision(next(iter(lines), None), self._context.shape is Shape.BLOCK)

    def grow(self, winner: Candidate) -> None:
        """Show nothing on the way."""

    def finish(self, winner: Candidate | None) -> None:
        self.taken = winner or self.taken


class Drafts:
    """Makes cases of the holes that have been drawn."""

    def __init__(self, run: Path) -> None:
        facts = read_facts(run)
        settings = facts["settings"]
        self._draws = read_draws(run / DRAWS)
        self._holes = choose(load_sources(), settings["each"], settings["seed"])
        model = find(facts["model"]["name"])
        self._description = model.description
        self._tokenizer = Tokenizer.from_file(model.path / TOKENIZER_FILE)
        self._prompts = PromptBuilder(model.description, self._tokenizer)
        given = SamplingParams(**asdict(model.description.sampling))
        self._sampling = replace(
            given, n=1, max_tokens=MAX_BLOCK_TOKENS, patience=None, sure_logprob=None
        )

    def cases(self) -> Iterator[tuple[str, str, str]]:
        """Yield filter, file name and text of each draft."""
        for hole in self._holes:
            context = context_at(hole, ContextOptions())
            if isinstance(context, Rejection) or hole.id not in self._draws:
                continue
            samples = self._samples(hole, self._draws[hole.id])
            found = _outcomes(samples, context)
            names = {name for _, _, names in found for name in names}
            names |= {
                f"{name}-left-alone"
                for name, nearby in _NEARBY.items()
                if name not in names
                and any(nearby(text, context) for _, text, _ in found if not _names(found, text))
            }
            written = _case(hole, samples, found) if names else None
            for name in sorted(names) if written else ():
                yield name, _file_name(hole), written or ""

    def _samples(self, hole: Hole, drawn: Sequence[Draw]) -> list[Candidate]:
        stop_ids = self._prompts.stop_ids
        engine = DrawnEngine(hole, self._tokenizer, stop_ids, _no_model, drawn)
        found: dict[tuple[str, FinishReason], Candidate] = {}
        for row in range(ROWS):
            engine.first_row = row
            candidate = engine.run(lambda: self._one(hole, engine))
            if candidate is not None and candidate.text.strip():
                found.setdefault((candidate.text, candidate.finish_reason), candidate)
        found.setdefault((hole.expected, FinishReason.STOP), spelled(hole.expected))
        return list(found.values())

    def _one(self, hole: Hole, engine: DrawnEngine) -> Candidate | None:
        context = context_at(hole)
        assert isinstance(context, Context)
        options = CompleterOptions(sampling=self._sampling, max_latency_ms=None)
        lines = 1 if hole.kind != "block" else options.context.max_lines
        options = replace(options, context=replace(options.context, max_lines=lines))
        typed = TypedText()
        ranker = make_ranker(options.ranker, engine)
        taking = _Recording(context, options, ranker, None, typed, lambda: ())
        batches = Batches(engine, self._prompts, Anchors(), context, options, typed)
        batches.run(taking, Cancellation())
        return taking.taken


def _file_name(hole: Hole) -> str:
    language = _SHORT.get(hole.file.language, hole.file.language)
    row = hole.before.count("\n") + 1
    return f"{language}_{Path(hole.file.name).stem}_{row}_{hole.kind}.txt"


def _no_model() -> Engine:
    raise RuntimeError("the run has not drawn what the pipeline asks for now")


def _names(found: Sequence[tuple[str, str, tuple[str, ...]]], text: str) -> bool:
    return any(names for _, other, names in found if other == text)


def _outcomes(
    samples: Sequence[Candidate], context: Context
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return for each sample its outcome as a case spells it, its text, and the filters."""
    found = []
    for sample in samples:
        # As the case's test spells it: a model's tokens may be shorter than words.
        result = apply_filters(spelled(sample.text, sample.finish_reason), context, FILTERS)
        if isinstance(result, Rejection):
            outcome, names = f"=== rejected by {result.by}: {result.reason.value}", (result.by,)
        elif result.trimmed_by:
            names = result.trimmed_by
            replacing = f", replacing {result.replaces}" if result.replaces else ""
            outcome = f"=== trimmed by {', '.join(names)}{replacing}\n{_marked(result.text)}"
        else:
            outcome, names = "=== kept", ()
        found.append((outcome, sample.text, names))
    return found


def _case(
    hole: Hole, samples: Sequence[Candidate], wanted: Sequence[tuple[str, str, tuple[str, ...]]]
) -> str | None:
    """Write a case with as few lines as give the same outcomes; None where a window's never do."""
    for above, below in _WINDOWS:
        before = "\n".join(hole.before.split("\n")[-above - 1 :])
        after = "\n".join(hole.after.split("\n")[: below + 1])
        document = Document(before + after + "\n", hole.file.language, "file:///case.txt")
        context = build_context(CompletionRequest(document, len(before)), ContextOptions())
        if isinstance(context, Context) and _outcomes(samples, context) == list(wanted):
            break
    else:
        return None
    source = next(item.archive for item in SOURCES if item.archive.package == hole.file.package)
    lines = [f"language: {hole.file.language}"]
    lines.append(f"from: {source.package} {source.version} ({source.licence}), {hole.file.name}")
    lines += ["=== input", _marked(before, feeds=False) + _CURSOR + _marked(after, feeds=False)]
    for sample, (outcome, text, _) in zip(samples, wanted, strict=True):
        lines += [f"=== sample {sample.finish_reason.value}", _marked(text), outcome]
    return "\n".join(lines) + "\n"


def _marked(text: str, feeds: bool = True) -> str:
    """Write what cannot be seen as a case does."""
    text = text.replace("\t", "⇥").replace("\r", "␍")
    return re.sub(r" +$", lambda blanks: "␠" * len(blanks[0]), text, flags=re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="the folder of `codex-lsp eval quality`")
    parser.add_argument("out", type=Path, help="a new folder for the drafts")
    parser.add_argument("filters", nargs="*", help="only these; NAME-left-alone for near misses")
    options = parser.parse_args()
    for name, file, text in Drafts(options.run).cases():
        if not options.filters or name in options.filters:
            folder = options.out / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
