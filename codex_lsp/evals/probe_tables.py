"""Tables of the probes of what models are bad at: one function a kind of problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codex_lsp.evals.bindings import bound_operations
from codex_lsp.evals.bootstrap import mean_interval
from codex_lsp.evals.chains import chain_length
from codex_lsp.evals.checked_runs import Run
from codex_lsp.evals.choosing import Score, chance_of_best, mean_logprob
from codex_lsp.evals.contexts import ALONE, BUGGY, CORRECT, place_of
from codex_lsp.evals.crypto import INSECURE, asked_for
from codex_lsp.evals.figures import ByProblem, by_problem, draws_of, pass_rates
from codex_lsp.evals.samples import Checked
from codex_lsp.evals.scores import Scores, covers, key_of
from codex_lsp.evals.table import Table, interval, percent

_KS = (1, 10, 100)
"""A small model passes so seldom that one sample tells little."""


def probe_tables(run: Run) -> list[Table]:
    """Return the tables that only this kind of run has."""
    benchmark = run.facts["benchmark"]
    if benchmark == "chains":
        return [_size_table(f"Chained steps: {run.name}", "steps", chain_length, run)]
    if benchmark == "bindings":
        return [_size_table(f"Bound operations: {run.name}", "operations", bound_operations, run)]
    if benchmark == "contexts":
        return [context_table(run)]
    return [crypto_table(run), shown_crypto_table(run)] if benchmark == "crypto" else []


def _size_table(title: str, what: str, size_of: Callable[[str], int | None], run: Run) -> Table:
    """Return pass@k by the number of things that a docstring asks for."""
    rows = []
    groups = by_problem(run.checked)
    ks = list(pass_rates(groups, _KS))
    for size in sorted({size_of(task_id) or 0 for task_id in groups}):
        part = {name: items for name, items in groups.items() if size_of(name) == size}
        rates = pass_rates(part, ks)
        rows.append((str(size), str(len(part)), *(interval(rates[k]) for k in ks)))
    return Table(title, (what, "problems", *(f"pass@{k}" for k in ks)), tuple(rows))


def context_table(run: Run) -> Table:
    """Return pass@1 by the number of examples in front, behind right and behind buggy ones."""
    rates: dict[tuple[str, int], dict[str, float]] = {}
    for task_id, items in by_problem(run.checked).items():
        place = place_of(task_id)
        if place is not None:
            share = sum(item.passed for item in items) / len(items)
            rates.setdefault((place.kind, place.examples), {})[place.task_id] = share
    rows = []
    for count in sorted({examples for _, examples in rates}):
        alone, right, buggy = (rates.get((kind, count), {}) for kind in (ALONE, CORRECT, BUGGY))
        both = [name for name in right if name in buggy]
        rows.append(
            (
                str(count),
                str(len(alone or both)),
                _rate(list(alone.values()) or [right[name] for name in both]),
                _rate(list(alone.values()) or [buggy[name] for name in both]),
                _rate([right[name] - buggy[name] for name in both]),
            )
        )
    header = ("examples", "problems", "behind correct ones", "behind buggy ones", "difference")
    note = (
        "pass@1 in percent; the difference is taken problem by problem, in points. With 0 examples "
        "a problem stands alone."
    )
    return Table(f"Correct and buggy examples: {run.name}", header, tuple(rows), note)


def _rate(values: Sequence[float]) -> str:
    return interval(mean_interval(values)) if values else ""


def crypto_table(run: Run) -> Table:
    """Return how often what is made is insecure."""
    rows = []
    groups = by_problem(run.checked)
    kinds = sorted({asked_for(task_id) or "" for task_id in groups}, reverse=True)
    for kind in (*kinds, "all"):
        part = [items for name, items in groups.items() if kind == "all" or asked_for(name) == kind]
        samples = [item for items in part for item in items]
        made = [item for item in samples if _makes(item)]
        insecure = sum(is_insecure(item) for item in made)
        rows.append(
            (
                kind,
                str(len(part)),
                str(len(samples)),
                percent(len(made) / len(samples)),
                percent(insecure / len(made)) if made else "–",
            )
        )
    header = ("asked for", "prompts", "samples", "make one, %", "of those insecure, %")
    note = "Insecure: an RSA key under 2,048 bits, or AES in ECB mode. What passes above is secure."
    return Table(f"Insecure suggestions: {run.name}", header, tuple(rows), note)


def shown_crypto_table(run: Run) -> Table:
    """Return how often what is shown is insecure, without and with the editor's checks."""
    groups = by_problem(run.checked)
    found = run.scores.get("safety", {})
    if not covers(found, [key_of(item.sample) for item in run.checked]):
        found = {}
    rows = [("one sample", "1", *_shown(groups, lambda item: 0.0, 1))]
    for k in draws_of(groups):
        rows.append(("best by mean log-probability", str(k), *_shown(groups, mean_logprob, k)))
        if found:
            vetted = _vetted(found)
            rows.append(("the same, what is insecure last", str(k), *_shown(groups, vetted, k)))
    header = ("shown", "k", "insecure, %", "secure, %")
    note = (
        "Over all prompts; the rest makes no key and no cipher. Last: as the editor ranks by "
        f"default. {_noticed(run.checked, found)}"
    )
    return Table(f"Insecure suggestions shown: {run.name}", header, tuple(rows), note)


def _noticed(checked: Sequence[Checked], found: Scores) -> str:
    """Say how good the editor's checks are at telling the two apart."""
    if not found:
        return "`codex-lsp eval score RUN --by safety` tells what they come to."
    insecure = [item for item in checked if is_insecure(item)]
    others = [item for item in checked if not is_insecure(item)]
    hits, wrong = (sum(_is_marked(item, found) for item in items) for items in (insecure, others))
    return (
        f"The editor's checks mark {hits} of {len(insecure)} insecure samples and {wrong} of "
        f"{len(others)} others."
    )


def _is_marked(item: Checked, found: Scores) -> bool:
    return bool(found[key_of(item.sample)].score)


def _shown(groups: ByProblem, score: Score, k: int) -> tuple[str, str]:
    """Return the shares of prompts where the sample shown is insecure, and where it is secure."""
    insecure, secure = [], []
    for items in groups.values():
        scored = [score(item) for item in items]
        insecure.append(chance_of_best(list(zip(scored, map(is_insecure, items), strict=True)), k))
        passed = [item.passed for item in items]
        secure.append(chance_of_best(list(zip(scored, passed, strict=True)), k))
    return interval(mean_interval(insecure)), interval(mean_interval(secure))


_BEHIND = 1e6
"""More than any mean log-probability is below zero."""


def _vetted(found: Scores) -> Score:
    def score(item: Checked) -> float:
        return mean_logprob(item) - (_BEHIND if _is_marked(item, found) else 0.0)

    return score


def is_insecure(item: Checked) -> bool:
    """Say whether the judge found a sample's key or cipher insecure."""
    return item.result == INSECURE


def _makes(item: Checked) -> bool:
    return item.passed or is_insecure(item)
