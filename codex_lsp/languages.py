"""Which language a file is in, by its name. The identifiers are those of the LSP specification."""

from __future__ import annotations

from pathlib import PurePath

_BY_NAME = {
    "CMakeLists.txt": "cmake",
    "Dockerfile": "dockerfile",
    "GNUmakefile": "makefile",
    "Gemfile": "ruby",
    "Makefile": "makefile",
    "Rakefile": "ruby",
}

_BY_SUFFIX = {
    ".bash": "shellscript",
    ".c": "c",
    ".cc": "cpp",
    ".cjs": "javascript",
    ".clj": "clojure",
    ".cpp": "cpp",
    ".cs": "csharp",
    ".css": "css",
    ".cts": "typescript",
    ".cxx": "cpp",
    ".dart": "dart",
    ".ex": "elixir",
    ".exs": "elixir",
    ".go": "go",
    ".h": "c",
    ".hpp": "cpp",
    ".hs": "haskell",
    ".html": "html",
    ".java": "java",
    ".jl": "julia",
    ".js": "javascript",
    ".json": "json",
    ".jsx": "javascriptreact",
    ".kt": "kotlin",
    ".less": "less",
    ".lua": "lua",
    ".m": "objective-c",
    ".md": "markdown",
    ".mjs": "javascript",
    ".mts": "typescript",
    ".php": "php",
    ".pl": "perl",
    ".ps1": "powershell",
    ".py": "python",
    ".pyi": "python",
    ".r": "r",
    ".rb": "ruby",
    ".rs": "rust",
    ".scala": "scala",
    ".scss": "scss",
    ".sh": "shellscript",
    ".sql": "sql",
    ".swift": "swift",
    ".tex": "latex",
    ".toml": "toml",
    ".ts": "typescript",
    ".tsx": "typescriptreact",
    ".txt": "plaintext",
    ".vue": "vue",
    ".xml": "xml",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".zig": "zig",
}

_FAMILIES = (
    frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact", "vue"}),
    frozenset({"c", "cpp", "objective-c"}),
    frozenset({"css", "less", "scss"}),
)


# What other editors than VS Code call them: the file types of Vim, Helix, Emacs and Kate.
_ALIASES = {
    "bash": "shellscript",
    "c++": "cpp",
    "c-sharp": "csharp",
    "cs": "csharp",
    "htmldjango": "html",
    "js": "javascript",
    "jsx": "javascriptreact",
    "ksh": "shellscript",
    "make": "makefile",
    "objc": "objective-c",
    "objective-cpp": "cpp",
    "objcpp": "cpp",
    "sh": "shellscript",
    "tex": "latex",
    "text": "plaintext",
    "ts": "typescript",
    "tsx": "typescriptreact",
    "zsh": "shellscript",
}


def canonical_language(identifier: str) -> str:
    """Return the identifier of the LSP specification for what an editor calls a language."""
    return _ALIASES.get(identifier, identifier)


def language_of(path: PurePath) -> str:
    """Return the language identifier of a file; empty when its name does not tell."""
    return _BY_NAME.get(path.name) or _BY_SUFFIX.get(path.suffix.lower(), "")


def known_languages() -> frozenset[str]:
    """Return the identifiers that :func:`language_of` may give."""
    return frozenset(_BY_SUFFIX.values()) | frozenset(_BY_NAME.values())


def known_suffixes() -> frozenset[str]:
    """Return the suffixes of file names that :func:`language_of` knows."""
    return frozenset(_BY_SUFFIX)


def family_of(language: str) -> str:
    """Return the name of the languages that share their lines and names with this one."""
    for family in _FAMILIES:
        if language in family:
            return min(family)
    return language
