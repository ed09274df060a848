"""A snippet as a comment of the language that it is put in front of."""

from __future__ import annotations

from codex_lsp.types import Snippet

_HASH = ("# ", "")
_SLASHES = ("// ", "")
_DASHES = ("-- ", "")
_C_STYLE = ("/* ", " */")
_MARKUP = ("<!-- ", " -->")

_COMMENTS = {
    "c": _SLASHES,
    "clojure": (";; ", ""),
    "cmake": _HASH,
    "cpp": _SLASHES,
    "csharp": _SLASHES,
    "css": _C_STYLE,
    "dart": _SLASHES,
    "dockerfile": _HASH,
    "elixir": _HASH,
    "go": _SLASHES,
    "haskell": _DASHES,
    "html": _MARKUP,
    "java": _SLASHES,
    "javascript": _SLASHES,
    "javascriptreact": _SLASHES,
    "julia": _HASH,
    "kotlin": _SLASHES,
    "latex": ("% ", ""),
    "less": _SLASHES,
    "lua": _DASHES,
    "makefile": _HASH,
    "objective-c": _SLASHES,
    "perl": _HASH,
    "php": _SLASHES,
    "powershell": _HASH,
    "python": _HASH,
    "r": _HASH,
    "ruby": _HASH,
    "rust": _SLASHES,
    "scala": _SLASHES,
    "scss": _SLASHES,
    "shellscript": _HASH,
    "sql": _DASHES,
    "swift": _SLASHES,
    "toml": _HASH,
    "typescript": _SLASHES,
    "typescriptreact": _SLASHES,
    "vue": _MARKUP,
    "xml": _MARKUP,
    "yaml": _HASH,
    "zig": _SLASHES,
}
"""What a line's comment begins and ends with. Prose and JSON have none."""


def has_comments(language: str) -> bool:
    """Say whether snippets can be put in front of a document in this language."""
    return language in _COMMENTS


def as_comment(snippet: Snippet, language: str) -> str:
    r"""Return a snippet under its path, each line a comment of its own; ends with a line feed.

    Empty in a language without comments. A line that would end the comment early is left out.

    >>> from codex_lsp.types import SnippetKind
    >>> as_comment(Snippet("a/b.py", "def f():", SnippetKind.IMPORTED), "python")
    '# a/b.py\n# def f():\n'
    """
    found = _COMMENTS.get(language)
    if found is None:
        return ""
    before, after = found
    closer = after.strip()
    lines = (snippet.path, *snippet.text.split("\n"))
    shown = [line for line in lines if not closer or closer not in line]
    return "".join(f"{before}{line}".rstrip() + f"{after}\n" for line in shown)
