"""``codex-lsp complete --explain``: the trace of one request, for people and for programs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from codex_lsp.trace import Trace, as_object
from codex_lsp.types import CompletionRequest, Considered, Context, Outcome, Rejection


def trace_of(
    request: CompletionRequest, context: Context | Rejection, outcome: Outcome, now: float
) -> Trace:
    """Return the trace of a request from the command line.

    :param context: what was cut out of the document, or why nothing was
    :param now: when it was asked, in seconds since 1970
    """
    document, result = request.document, outcome.result
    before = document.text[: request.offset]
    rejection = result if isinstance(result, Rejection) else None
    sentence = "The model was asked; the best candidate is shown."
    trace = Trace(
        id=1,
        at=datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="milliseconds"),
        uri=document.uri,
        version=document.version,
        line=before.count("\n"),
        character=len(before) - before.rfind("\n") - 1,
        language=document.language,
        trigger=request.trigger,
        shape=context.shape if isinstance(context, Context) else None,
        rejection=rejection,
        sentence=sentence if rejection is None else rejection.detail,
        timing=outcome.timing,
    )
    return trace.with_outcome(outcome)


def print_trace(trace: Trace, console: Console) -> None:
    """Print a trace for people."""
    told: dict[str, Any] = as_object(trace)
    ms, work = told["ms"], told["work"]
    console.print(
        Text(f"\n{told['outcome']} · {told['decision']} · {told['sentence']}"), soft_wrap=True
    )
    console.print(
        Text(
            f"{ms['total']:.0f} ms: first {ms['first']:.0f}, prefill {ms['prefill']:.0f}, "
            f"decode {ms['decode']:.0f} · tokens: {work['read']} read, {work['kept']} kept, "
            f"{work['decoded']} decoded, {work['scored']} scored",
            style="dim",
        ),
        soft_wrap=True,
    )
    if not trace.candidates:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("rank", "mean", "sure", "tokens", "times"):
        table.add_column(name, justify="right")
    for name in ("from", "fate", "candidate"):
        table.add_column(name, overflow="fold")
    for item in trace.candidates:
        table.add_row(*_row(item))
    console.print(table)


def _row(item: Considered) -> list[Text]:
    cells = [
        "–" if item.rank is None else str(item.rank + 1),
        "" if item.mean_logprob is None else f"{item.mean_logprob:.3f}",
        "" if item.confidence is None else f"{100 * item.confidence:.0f} %",
        str(item.tokens),
        str(item.agreement),
        item.source.value,
        _fate(item),
        # Where lines end is part of what a filter sees.
        item.text.strip(" ").replace("\n", "⏎") or "(nothing)",
    ]
    style = "" if item.rejection is None else "dim"
    return [Text(cell, style=style) for cell in cells]


def _fate(item: Considered) -> str:
    if item.rejection is not None:
        by = f" by {item.rejection.by}" if item.rejection.by else ""
        return f"rejected{by}: {item.rejection.reason.value}"
    said = f"trimmed by {', '.join(item.trimmed_by)}" if item.trimmed_by else "kept"
    return f"{said}; insecure: {', '.join(item.findings)}" if item.findings else said
