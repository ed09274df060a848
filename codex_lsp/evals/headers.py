"""A header in front of every prompt, to see whether asking for correct code brings it.

Askell et al. 2021 (arXiv 2112.00861) prompt a language model to be helpful and honest by what
stands in front of the question; Chen et al. 2021 (appendix E) ask for code without bugs.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import replace
from pathlib import Path

from codex_lsp.errors import UsageError
from codex_lsp.evals.problems import ProblemSet


def read_header(given: str) -> str:
    """Return a header's text, with a newline at its end.

    :param given: the text, or the path of a file that holds it
    :raises UsageError: it is empty or no Python, or the file cannot be read
    """
    text = given
    try:
        path = Path(given)
        if path.is_file():
            text = path.read_text(encoding="utf-8")
        elif len(given.split()) == 1 and given[0] != "#" and (path.suffix or path.is_dir()):
            # `missing.py` is Python, too, and would stand in front of every prompt.
            raise UsageError(f"There is no file {given} that holds a header.")
    except (OSError, ValueError) as error:  # too long a text is no path
        if "\n" not in given and len(given) < 200:
            raise UsageError(f"The header {given} cannot be read: {error}.") from error
    if not text.strip():
        raise UsageError("The header is empty.")
    try:
        ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise UsageError(
            "The header is no Python, so no program behind it would run; begin each line with #."
        ) from error
    return text.rstrip("\n") + "\n"


def with_header(whole: ProblemSet, header: str) -> ProblemSet:
    """Return the problems with ``header`` and an empty line in front of each prompt.

    Programs begin with it too: it must be Python.
    """
    digest = hashlib.sha256(f"{header}\n{whole.sha256}".encode()).hexdigest()
    problems = tuple(
        replace(item, prompt=f"{header}\n{item.prompt}", header=header) for item in whole.problems
    )
    return ProblemSet(whole.name, digest, problems)
