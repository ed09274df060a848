"""Writes ``docs/settings.md`` from :class:`codex_lsp_server.settings.Settings`.

``python -m codex_lsp_server.settings_doc FILE`` writes it; with ``--check`` it only compares.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
import textwrap
import typing
from pathlib import Path

from codex_lsp_server.settings import RANGES, SECTION, Settings, camel_case

_HEAD = f"""# Settings

Made from the code by `make docs`; a check compares them.

A client sends these as initialization options, in `workspace/didChangeConfiguration`, or as the
answer to `workspace/configuration` for the section `{SECTION}`. What comes last counts alone: what
it leaves out is at its default, also where the initialization options had it. Who is asked and has
nothing there gets the initialization options. A wrong value is reported, its default is used
instead, and the rest counts. Settings of the model, device, threads, seed and memory load the model
anew; everything else counts from the next completion on.

| setting | type | default | what it does |
|---|---|---|---|
"""

_TAIL = """
Some initialization options are no settings: `partialCompletion: true` says that the client
understands `codexLsp/partialCompletion`, `statusNotification: true` asks for `didChangeStatus`
(see [protocol](protocol.md)); `editorInfo` and `editorPluginInfo` name the client.
"""


def field_docs(cls: type) -> dict[str, str]:
    """Return the docstrings below the fields of a class, by field."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    body = typing.cast(ast.ClassDef, tree.body[0]).body
    docs: dict[str, str] = {}
    for node, after in zip(body, body[1:], strict=False):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            docs[node.target.id] = " ".join(str(after.value.value).split())
    return docs


def type_name(name: str, hint: object) -> str:
    """Return a setting's type in words."""
    choices = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(f"`{choice}`" for choice in choices)
    if hint == tuple[str, ...]:
        return "list of strings"
    kinds = [kind for kind in choices if kind is not type(None)] or [hint]
    words = {bool: "true or false", int: "whole number", float: "number", str: "string"}
    text = words[typing.cast(type, kinds[0])]
    if name in RANGES:
        low, high = RANGES[name]
        text += f", {low:g} to {high:.10g}"
    return text + (", or none" if type(None) in choices else "")


def render() -> str:
    """Return the page."""
    docs = field_docs(Settings)
    hints = typing.get_type_hints(Settings)
    rows = []
    for field in dataclasses.fields(Settings):
        default = field.default
        shown = {None: "none", True: "true", False: "false", (): "[]", "": '""'}.get(
            typing.cast(typing.Any, default), str(default)
        )
        if default == 0 and not isinstance(default, bool):
            shown = "0"
        kind = type_name(field.name, hints[field.name])
        rows.append(f"| `{camel_case(field.name)}` | {kind} | `{shown}` | {docs[field.name]} |")
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


def main(arguments: list[str]) -> int:
    """Write or compare the page; 1 when it is not what the code says."""
    check = "--check" in arguments
    target = Path(next(item for item in arguments if item != "--check"))
    if not check:
        target.write_text(render(), encoding="utf-8")
        return 0
    if target.is_file() and target.read_text(encoding="utf-8") == render():
        return 0
    sys.stderr.write(f"{target} is not what the code says; run `make docs`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
