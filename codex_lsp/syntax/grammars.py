"""The tree-sitter grammars, by language. Each is loaded when it is first needed.

They are single wheels with the compiled grammar inside: nothing is ever fetched.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from tree_sitter import Language, Parser

_MODULES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "c": ("tree_sitter_c", "language"),
        "cpp": ("tree_sitter_cpp", "language"),
        "css": ("tree_sitter_css", "language"),
        "go": ("tree_sitter_go", "language"),
        "html": ("tree_sitter_html", "language"),
        "java": ("tree_sitter_java", "language"),
        "javascript": ("tree_sitter_javascript", "language"),
        "javascriptreact": ("tree_sitter_javascript", "language"),
        "json": ("tree_sitter_json", "language"),
        "jsonc": ("tree_sitter_json", "language"),
        # Without the text around it that a PHP file may have: only code is completed.
        "php": ("tree_sitter_php", "language_php_only"),
        "python": ("tree_sitter_python", "language"),
        "ruby": ("tree_sitter_ruby", "language"),
        "rust": ("tree_sitter_rust", "language"),
        "shellscript": ("tree_sitter_bash", "language"),
        "sql": ("tree_sitter_sql", "language"),
        "toml": ("tree_sitter_toml", "language"),
        "typescript": ("tree_sitter_typescript", "language_typescript"),
        "typescriptreact": ("tree_sitter_typescript", "language_tsx"),
        "yaml": ("tree_sitter_yaml", "language"),
    }
)


def parsed_languages() -> frozenset[str]:
    """Return the identifiers of the languages that have a grammar."""
    return frozenset(_MODULES)


def parser_for(language: str) -> Parser | None:
    """Return a new parser for ``language``; None where there is no grammar that can be loaded."""
    if language not in _MODULES:
        return None
    module, function = _MODULES[language]
    try:
        return Parser(Language(getattr(importlib.import_module(module), function)()))
    except (ImportError, AttributeError, ValueError):
        # No wheel for this platform, or a grammar of another generation: plain reading will do.
        return None
