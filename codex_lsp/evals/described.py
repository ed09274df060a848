"""A problem taken apart: what its docstring says, and its code without it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from dataclasses import dataclass

from codex_lsp.evals.problems import Hole, Problem


@dataclass(frozen=True, slots=True)
class Described:
    """What a problem asks for.

    :ivar docstring: without its indentation and the blanks around it
    :ivar prompt: the problem's prompt without the docstring
    """

    docstring: str
    prompt: str

    def code(self, problem: Problem, completion: str) -> str:
        """Return the program that ``completion`` makes, without what describes it."""
        return f"{self.prompt}{completion}{problem.suffix}"


def describe(problem: Problem) -> Described | None:
    """Find the docstring of ``problem``; None where its prompt has none.

    It is that of the function asked for or, where a whole program is, the prompt's own.
    """
    try:
        node = _described_node(problem)
    except (SyntaxError, ValueError):
        return None
    said = None if node is None else _first_text(node.body)
    if said is None or not (docstring := inspect.cleandoc(str(said.value)).strip()):
        return None
    lines = problem.prompt.split("\n")
    start = _offset(lines, said.lineno, said.col_offset)
    end = _offset(lines, said.end_lineno or said.lineno, said.end_col_offset or 0)
    if end is None or start is None:
        return None
    first = problem.prompt.rfind("\n", 0, start) + 1
    if not problem.prompt[first:start].strip():
        start = first
    end += problem.prompt[end : end + 1] == "\n"
    return Described(docstring, problem.prompt[:start] + problem.prompt[end:])


def _first_text(body: Sequence[ast.stmt]) -> ast.Constant | None:
    """Return the first text that stands alone: imports may stand in front of a docstring."""
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return node.value if isinstance(node.value.value, str) else None
    return None


def _described_node(problem: Problem) -> ast.Module | ast.FunctionDef | None:
    if problem.hole is Hole.PROGRAM:
        return ast.parse(problem.prompt)
    tree = ast.parse(problem.prompt + problem.canonical_solution + problem.suffix)
    # The last of that name: a prompt may begin with other functions.
    found = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == problem.entry_point
    ]
    return found[-1] if found else None


def _offset(lines: Sequence[str], line: int, column: int) -> int | None:
    """Return the place in a prompt of what ast counts in lines and bytes; None behind its end."""
    if line > len(lines):
        return None
    before = lines[line - 1].encode()
    if column > len(before):
        return None
    return sum(len(item) + 1 for item in lines[: line - 1]) + len(before[:column].decode())
