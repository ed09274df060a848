"""The problems that a run is about, made again from what its ``run.json`` says."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from codex_lsp.errors import UsageError
from codex_lsp.evals.bindings import bindings
from codex_lsp.evals.chains import chains
from codex_lsp.evals.contexts import contexts
from codex_lsp.evals.crypto import crypto
from codex_lsp.evals.headers import with_header
from codex_lsp.evals.problems import ProblemSet, read_human_eval, read_infilling, read_mbpp

Recipe = Mapping[str, Any]


def _contexts(recipe: Recipe) -> ProblemSet:
    if recipe["targets"] not in ("exercises", "humaneval"):
        raise UsageError(f"--targets is {recipe['targets']!r}; take exercises or humaneval.")
    targets = read_human_eval() if recipe["targets"] == "humaneval" else None
    return contexts(recipe["examples"], recipe["seed"], targets)


MADE: Mapping[str, Callable[[Recipe], ProblemSet]] = types.MappingProxyType(
    {
        "chains": lambda recipe: chains(recipe["lengths"], recipe["count"], recipe["seed"]),
        "bindings": lambda recipe: bindings(recipe["operations"], recipe["count"], recipe["seed"]),
        "contexts": _contexts,
        "crypto": lambda recipe: crypto(),
    }
)
"""Problem sets that are made, not read. A run keeps the recipe under the set's name."""


def problems_of(facts: Mapping[str, Any], file: Path | None = None) -> ProblemSet:
    """Return the problems of the run with these ``facts``.

    :param file: where they are, for sets that are read
    :raises UsageError: the file is not named or cannot be read, or the set is not known
    """
    benchmark = str(facts.get("benchmark"))
    if benchmark in MADE:
        try:
            whole = MADE[benchmark](facts[benchmark])
        except (KeyError, TypeError) as error:
            raise UsageError(f"The run does not say how its {benchmark} were made.") from error
    else:
        whole = read_problems(benchmark, file)
    header = facts.get("header")
    return with_header(whole, header) if header else whole


def problems_of_run(facts: Mapping[str, Any], file: Path | None = None) -> ProblemSet:
    """Return the problems of a run whose samples are there: those that they were drawn for.

    :raises UsageError: as :func:`problems_of`, and where they are others under the same names
    """
    whole = problems_of(facts, file)
    if whole.sha256 != facts.get("problems_sha256"):
        mend = (
            "draw it anew, or take the version of codex-lsp that made them"
            if whole.name in MADE
            else "name the file that it was drawn from with --problems"
        )
        raise UsageError(f"The run was drawn for other {whole.name} problems than these; {mend}.")
    return whole


def read_problems(benchmark: str, file: Path | None) -> ProblemSet:
    """Read a published set.

    :raises UsageError: the file is not named or cannot be read, or the set is not known
    """
    if benchmark == "humaneval":
        return read_human_eval(file)
    readers = {"infilling": read_infilling, "mbpp": read_mbpp}
    if benchmark not in readers:
        raise UsageError(f"There are no problems called {benchmark!r}.")
    if file is None:
        raise UsageError(f"Name the file of the {benchmark} problems with --problems.")
    return readers[benchmark](file)
