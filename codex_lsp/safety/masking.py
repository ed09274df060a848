"""Source text with its comments, or its strings as well, painted over with blanks.

A rule that looks for a call must not find it in a comment or a message. A regular expression a
family of languages is enough: a window of a file has no beginning to parse it from.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping

_DOUBLE = r'"(?:\\.|[^"\\\n])*"?'
_SINGLE = r"'(?:\\.|[^'\\\n])*'?"
_BACKTICK = r"`(?:\\.|[^`\\])*`?"
_TRIPLE = r'"""(?:\\.|[^\\])*?(?:"""|\Z)|' + r"'''(?:\\.|[^\\])*?(?:'''|\Z)"
_SLASHES = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
_HASH = r"#[^\n]*"


def _scanner(comment: str, *strings: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<string>{'|'.join(strings)})|(?P<comment>{comment})", re.DOTALL)


_PYTHON = _scanner(_HASH, _TRIPLE, _DOUBLE, _SINGLE)
_C = _scanner(_SLASHES, _DOUBLE, _SINGLE)
_SCRIPT = _scanner(_SLASHES, _DOUBLE, _SINGLE, _BACKTICK)
# `#{...}` and `#[...]` are code, not comments.
_RUBY = _scanner(r"#(?!\{)[^\n]*", _DOUBLE, _SINGLE, _BACKTICK)
_PHP = _scanner(rf"{_SLASHES}|#(?!\[)[^\n]*", _DOUBLE, _SINGLE, _BACKTICK)

_SCANNERS: Mapping[str, re.Pattern[str]] = types.MappingProxyType(
    {
        "python": _PYTHON,
        "javascript": _SCRIPT,
        "typescript": _SCRIPT,
        "go": _SCRIPT,
        "java": _C,
        "c": _C,
        "php": _PHP,
        "ruby": _RUBY,
    }
)


def without_comments(text: str, family: str) -> str:
    """Return ``text`` with blanks for comments; offsets stay.

    :param family: a language of :mod:`codex_lsp.safety.patterns`
    """
    return _SCANNERS[family].sub(
        lambda found: _blanks(found[0]) if found["comment"] is not None else found[0], text
    )


def code_only(text: str, family: str) -> str:
    """Return ``text`` with blanks for comments and for what stands in strings; offsets stay."""
    return _SCANNERS[family].sub(_paint, text)


def _paint(found: re.Match[str]) -> str:
    text = found[0]
    if found["comment"] is not None or len(text) < 2:
        return _blanks(text)
    return text[0] + _blanks(text[1:-1]) + text[-1]


def _blanks(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
