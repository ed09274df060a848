"""Writes the settings into the VS Code extension's manifest, from the server's own.

``python -m codex_lsp_server.settings_schema vscode-extension/package.json`` writes them into the
part of ``contributes.configuration`` whose id is :data:`PART`; with ``--check`` it only compares.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codex_lsp_server.settings import RANGES, SECTION, Settings, camel_case
from codex_lsp_server.settings_doc import field_docs

PART = "codexLsp.server"

_MACHINE = frozenset({"model", "device", "compute_type", "threads", "max_cache_memory_mb"})
"""They speak of this machine or of its files: not synchronized, and not for untrusted folders."""

_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")
"""To another page of the documentation, which an installed extension does not have."""

_KINDS: Mapping[type, str] = types.MappingProxyType(
    {bool: "boolean", int: "integer", float: "number", str: "string"}
)


def property_of(field: dataclasses.Field[Any], hint: Any, doc: str) -> dict[str, Any]:
    """Return the JSON schema of one setting, as VS Code shows it."""
    choices = typing.get_args(hint)
    scope = "machine-overridable" if field.name in _MACHINE else "window"
    schema: dict[str, Any] = {"scope": scope}
    if typing.get_origin(hint) is typing.Literal:
        schema |= {"type": "string", "enum": list(choices)}
    elif hint == tuple[str, ...]:
        schema |= {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    else:
        kinds = [_KINDS[kind] for kind in choices or (hint,) if kind is not type(None)]
        schema["type"] = [*kinds, "null"] if type(None) in choices else kinds[0]
    if field.name in RANGES:
        low, high = RANGES[field.name]
        schema |= {"minimum": low, "maximum": high}
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    return schema | {"default": default, "markdownDescription": _LINK.sub(r"\1", doc)}


def properties() -> dict[str, Any]:
    """Return the schemas of all settings, by their names in VS Code."""
    docs = field_docs(Settings)
    hints = typing.get_type_hints(Settings)
    return {
        f"{SECTION}.{camel_case(field.name)}": property_of(
            field, hints[field.name], docs[field.name]
        )
        for field in dataclasses.fields(Settings)
    }


def render(manifest: str) -> str:
    """Return the manifest's text with the settings as they are now."""
    content = json.loads(manifest)
    for part in content["contributes"]["configuration"]:
        if part.get("id") == PART:
            part["properties"] = properties()
    content["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = [
        f"{SECTION}.{camel_case(name)}" for name in sorted(_MACHINE)
    ]
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write or compare the manifest; 1 when it is not what the code says."""
    target = Path(next(item for item in arguments if item != "--check"))
    before = target.read_text(encoding="utf-8")
    after = render(before)
    if "--check" not in arguments:
        target.write_text(after, encoding="utf-8")
        return 0
    if before == after:
        return 0
    sys.stderr.write(f"{target} is not what the code says; run `make docs`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
