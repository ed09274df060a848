"""Documented functions that stand alone: a signature and a docstring, then what they promise.

They are what Codex-S was trained on (Chen et al. 2021, section 4), here without tests to filter
them. One that needs names of its module would teach to make names up, so only functions are taken
that use their arguments, builtins and the standard library, whose imports are put in front.
"""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
import warnings
from collections.abc import Iterator, Mapping

MIN_DOCSTRING_CHARS = 30
MAX_FUNCTION_CHARS = 1_600

_BUILTINS = frozenset(dir(builtins))


def standalone_functions(module: str) -> Iterator[str]:
    """Yield those of a module that parses, in their order, behind the imports that they use.

    A function qualifies if it stands at the module's level without decorators, its docstring is not
    trivial, and a statement follows it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(module)
    imports = _standard_imports(tree)
    lines = module.split("\n")  # as the parser counts them: a form feed ends none
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.decorator_list:
            continue
        docstring = ast.get_docstring(node)
        if not docstring or len(docstring) < MIN_DOCSTRING_CHARS or len(node.body) < 2:
            continue
        source = "\n".join(lines[node.lineno - 1 : node.end_lineno]).rstrip() + "\n"
        if len(source) > MAX_FUNCTION_CHARS:
            continue
        names = _free_names(source) - _BUILTINS - {node.name}
        if names <= imports.keys():
            head = "".join(f"{line}\n" for line in sorted({imports[name] for name in names}))
            yield f"{head}\n\n{source}" if head else source


def task_end(text: str) -> int:
    """Return where the docstring of the last function of ``text`` ends, or else the module's.

    :raises ValueError: neither has one
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    holder = functions[-1] if functions else tree
    if ast.get_docstring(holder, clean=False) is None:
        raise ValueError("There is no docstring.")
    docstring = holder.body[0]
    assert docstring.end_lineno is not None and docstring.end_col_offset is not None
    lines = text.split("\n")
    before = lines[: docstring.end_lineno - 1]
    last = lines[docstring.end_lineno - 1].encode()[: docstring.end_col_offset].decode()
    return sum(len(line) + 1 for line in before) + len(last)


def _standard_imports(tree: ast.Module) -> Mapping[str, str]:
    """Return the statements that bring names of the standard library, by the name they bring."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if _is_standard(alias.name):
                    name = alias.asname or alias.name.partition(".")[0]
                    found[name] = ast.unparse(ast.Import([alias]))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if _is_standard(node.module):
                    statement = ast.ImportFrom(node.module, [alias], 0)
                    found[alias.asname or alias.name] = ast.unparse(statement)
    return found


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _free_names(source: str) -> set[str]:
    """Return the names that a module with this function alone would lack, builtins included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _globals_of(symtable.symtable(source, "function", "exec"))


def _globals_of(table: symtable.SymbolTable) -> set[str]:
    at_top = table.get_type() == "module"
    names = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if (symbol.is_referenced() and not symbol.is_assigned() if at_top else symbol.is_global())
    }
    for child in table.get_children():
        names |= _globals_of(child)
    return names
