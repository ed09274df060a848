"""``codex-lsp complete``: one completion, for people and for programs."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from codex_lsp.cli.documents import Source, read_request
from codex_lsp.cli.explain import print_trace, trace_of
from codex_lsp.cli.loading import find_or_offer
from codex_lsp.completer import Completer
from codex_lsp.context import ContextOptions, build_context
from codex_lsp.context.access import Access
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.errors import UsageError
from codex_lsp.languages import known_languages
from codex_lsp.model_dir import ModelDescription
from codex_lsp.options import MAX_THREADS, CompleterOptions, Device, EngineOptions, TokenBudget
from codex_lsp.safety.weaknesses import sentence
from codex_lsp.sampling import SamplingParams
from codex_lsp.trace import as_object as trace_as_object
from codex_lsp.tuning.lookup import find_tuning
from codex_lsp.tuning.policy import Tuning
from codex_lsp.types import Completion, CompletionRequest, Outcome, Rejection

EXIT_REJECTED = 3


@dataclass(frozen=True, slots=True)
class Output:
    """What is printed: for programs, as it is decided, with what became of each candidate."""

    as_json: bool
    stream: bool
    explain: bool


@dataclass(frozen=True, slots=True)
class Run:
    """The options of one run."""

    source: Source
    sampling: Mapping[str, Any]
    max_lines: int | None
    seed: int | None
    model: str | None
    device: str
    threads: int
    output: Output


def run(options: Run) -> int:
    """Complete and print; return the exit code."""
    if options.output.as_json and options.output.stream:
        raise UsageError("--json prints one object at the end; leave out --json or --stream.")
    refused = None if options.source.file is None else Access().refusal(options.source.file)
    if refused is not None:
        return _refuse(refused, options.output.as_json)
    request = read_request(options.source)
    _note_unknown_language(request.document.language)
    model = find_or_offer(options.model)
    engine_options = EngineOptions(cast(Device, options.device), threads=options.threads)
    tuning = find_tuning(model, engine_options)
    completer_options = _completer_options(options, model.description, tuning)
    if tuning is not None and not options.threads:
        engine_options = dataclasses.replace(engine_options, threads=tuning.threads)
    started = time.perf_counter()
    engine = CTranslate2Engine(model, dataclasses.replace(engine_options, seed=options.seed))
    load_ms = (time.perf_counter() - started) * 1000
    try:
        completer = Completer(engine, model.description)
        printer = _StreamPrinter() if options.output.stream else None
        asked = time.time()
        outcome = completer.complete(request, completer_options, listener=printer)
    finally:
        engine.close()
    trace = None
    if options.output.explain:
        context = build_context(request, completer_options.context)
        trace = trace_of(request, context, outcome, asked)
    if printer is not None:
        printer.finish(outcome)
    elif options.output.as_json:
        facts = {
            "name": model.description.name,
            "path": str(model.path),
            "device": engine.device,
            "compute_type": engine.compute_type,
            "threads": engine.threads,
        }
        told = as_object(outcome, facts, load_ms)
        if trace is not None:
            told["trace"] = trace_as_object(trace)
        json.dump(told, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _print_for_people(request, outcome, model.description, load_ms)
    if trace is not None and not options.output.as_json:
        print_trace(trace, Console(highlight=False))
    return EXIT_REJECTED if isinstance(outcome.result, Rejection) else 0


def _refuse(rejection: Rejection, as_json: bool) -> int:
    """Print why a file is not read."""
    if as_json:
        json.dump(as_object(Outcome(rejection), {}, 0.0), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _print_rejection(rejection)
    return EXIT_REJECTED


def _completer_options(
    options: Run, description: ModelDescription, tuning: Tuning | None
) -> CompleterOptions:
    given = {name: value for name, value in options.sampling.items() if value is not None}
    defaults = dataclasses.asdict(description.sampling)
    budget = TokenBudget()
    if tuning is not None:
        defaults["n"] = tuning.samples
        budget = TokenBudget(prefix=tuning.max_prefix_tokens)
    try:
        sampling = SamplingParams(**{**defaults, **given})
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    if not 0 <= options.threads <= MAX_THREADS:
        raise UsageError(
            f"--threads is {options.threads}, but has to be between 0 and {MAX_THREADS}."
        )
    context = ContextOptions()
    if options.max_lines is not None:
        if options.max_lines < 1:
            raise UsageError(f"--max-lines is {options.max_lines}, but has to be 1 or more.")
        context = dataclasses.replace(context, max_lines=options.max_lines)
    return CompleterOptions(sampling=sampling, context=context, budget=budget)


def _note_unknown_language(language: str) -> None:
    if language and language not in known_languages():
        sys.stderr.write(
            f"codex-lsp: the language {language!r} is not known; going by indentation alone.\n"
        )


def as_object(outcome: Outcome, model: Mapping[str, Any], load_ms: float) -> dict[str, Any]:
    """Return the outcome as what ``--json`` prints."""
    result = outcome.result
    timing = outcome.timing
    completion = alternatives = rejection = None
    if isinstance(result, Completion):
        completion = {
            "text": result.text,
            "mean_logprob": result.mean_logprob,
            "tokens": result.tokens,
            "replaces": result.end - result.start,
            "confidence": result.alternatives[0].confidence,
            "findings": list(result.alternatives[0].findings),
        }
        alternatives = [
            dataclasses.asdict(item) | {"source": item.source.value}
            for item in result.alternatives[1:]
        ]
    else:
        rejection = {"reason": result.reason.value, "detail": result.detail}
    return {
        "completion": completion,
        "alternatives": alternatives or [],
        "rejection": rejection,
        "model": dict(model),
        "timing_ms": {
            "load": round(load_ms, 1),
            "prefill": round(timing.prefill, 1),
            "decode": round(timing.decode, 1),
            "total": round(load_ms + timing.total, 1),
        },
    }


class _StreamPrinter:
    """Prints the winner's whole lines as they are decided: those are never taken back."""

    def __init__(self) -> None:
        self._printed = 0

    def __call__(self, completion: Completion) -> None:
        """Take the completion as it stands."""
        text = completion.text
        self._print_to(text, len(text) if completion.complete else text.rfind("\n"))

    def finish(self, outcome: Outcome) -> None:
        """Print what is left, or why there is nothing."""
        if isinstance(outcome.result, Rejection):
            _print_rejection(outcome.result)
        else:
            self._print_to(outcome.result.text, len(outcome.result.text))
            sys.stdout.write("\n")

    def _print_to(self, text: str, end: int) -> None:
        if end > self._printed:
            sys.stdout.write(text[self._printed : end])
            sys.stdout.flush()
            self._printed = end


def _print_rejection(rejection: Rejection) -> None:
    sys.stderr.write(f"codex-lsp: no suggestion ({rejection.reason.value}): {rejection.detail}\n")


def _print_for_people(
    request: CompletionRequest, outcome: Outcome, description: ModelDescription, load_ms: float
) -> None:
    result = outcome.result
    if isinstance(result, Rejection):
        _print_rejection(result)
        return
    console = Console(highlight=False)
    before, after = _surroundings(request, result)
    code = Text(before)
    code.append(result.text, style="dim" if console.is_terminal else "")
    code.append(after)
    console.print(code, soft_wrap=True)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("rank", justify="right")
    table.add_column("log-probability", justify="right")
    table.add_column("mean", justify="right")
    table.add_column("tokens", justify="right")
    table.add_column("samples", justify="right")
    table.add_column("candidate", overflow="fold")
    for item in result.alternatives:
        table.add_row(
            str(item.rank + 1),
            "" if item.logprob is None else f"{item.logprob:.3f}",
            "" if item.mean_logprob is None else f"{item.mean_logprob:.3f}",
            str(item.tokens),
            str(item.agreement),
            Text(item.text.strip()),
        )
        for finding in item.findings:
            table.add_row("", "", "", "", "", Text(f"insecure: {sentence(finding)}", style="bold"))
    console.print()
    console.print(table)
    timing = outcome.timing
    console.print(
        Text(
            f"\n{description.name} · load {load_ms:.0f} ms · prefill {timing.prefill:.0f} ms · "
            f"decode {timing.decode:.0f} ms",
            style="dim",
        )
    )


def _surroundings(request: CompletionRequest, completion: Completion) -> tuple[str, str]:
    """Return a few lines of the document on both sides of the completion."""
    text = request.document.text
    before = text[: completion.start].splitlines(keepends=True)[-8:]
    after = text[completion.end :].splitlines(keepends=True)[:3]
    return "".join(before), "".join(after).rstrip("\r\n")
