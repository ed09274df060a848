"""Documented functions: a signature and a docstring, then the body that does what they say.

They are what Codex-S was trained on (Chen et al. 2021, section 4), here without tests to filter
them.
"""

from __future__ import annotations

import ast
import textwrap
import warnings
from collections.abc import Iterator

MIN_DOCSTRING_CHARS = 30
MAX_FUNCTION_CHARS = 1_600


def documented_functions(module: str) -> Iterator[str]:
    """Yield the documented functions of a module that parses, dedented, in their order.

    A function qualifies if its docstring is not trivial and at least two statements follow it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(module)
    lines = module.splitlines(keepends=True)
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node)
        if not docstring or len(docstring) < MIN_DOCSTRING_CHARS or len(node.body) < 3:
            continue
        source = textwrap.dedent("".join(lines[node.lineno - 1 : node.end_lineno]))
        if len(source) <= MAX_FUNCTION_CHARS:
            yield source if source.endswith("\n") else source + "\n"
