"""Structure by looking at the text: for languages without a grammar, and where parsing fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from codex_lsp.syntax.lexical import KNOWN_LANGUAGES, Where, stretches
from codex_lsp.syntax.structure import Mark, Structure

_OPEN, _CLOSE = "([{", ")]}"
# Words that open and words that close. Those behind ``^`` do so at the beginning of a statement
# only: elsewhere they are modifiers, or belong to another word that opens.
_WORDS: dict[str, tuple[str, str, str]] = {
    "ruby": ("def class module if unless while until for case begin", "do", "end"),
    "lua": ("", "function if do repeat", "end until"),
    "elixir": ("", "do fn", "end"),
    "julia": (
        "function macro if for while try let begin module quote struct mutable",
        "do",
        "end",
    ),
    "shellscript": ("", "if do case", "fi done esac"),
}
_NONE: frozenset[str] = frozenset()
_SOME_END = frozenset({"end"})
_HEREDOCS = frozenset({"shellscript", "ruby", "php"})
_HEREDOC = re.compile(r"<<[<~-]?[ \t]*[\"'\\]?([A-Z_]\w*)")
_LOOPS = ("while ", "until ", "for ")


def closing_words(language: str) -> frozenset[str]:
    """Return the words that close in ``language``: ``end`` where it is not known to have none."""
    if language in _WORDS:
        return frozenset(_WORDS[language][2].split())
    return _NONE if language in KNOWN_LANGUAGES else _SOME_END


@dataclass(frozen=True, slots=True)
class PlainReader:
    """Reads brackets and words that stand outside of comments and strings.

    :ivar language: an LSP language identifier
    """

    language: str = ""

    def __call__(self, text: str) -> Structure:
        """Return the structure of ``text``, which begins in code."""
        marks: list[Mark] = []
        spans: list[tuple[int, int]] = []
        code = list(text)
        for found in stretches(text, self.language):
            end = found.end
            multi_line = found.where in (Where.TEXT, Where.BLOCK_COMMENT)
            if multi_line and ("\n" in text[found.start : end] or not found.ended):
                spans.append((found.start, end if found.ended else len(text) + 2))
            for index in range(found.start, end):
                if code[index] != "\n":
                    code[index] = " "
        if (heredoc := self._open_heredoc(text)) is not None:
            spans.append((heredoc, len(text) + 2))
            code[heredoc:] = " " * (len(code) - heredoc)
        pattern = _tokens(self.language)
        for token in pattern.finditer("".join(code)):
            opens = self._opens(token, code)
            if opens is not None:
                marks.append(Mark(token.start(), token.end(), opens))
        return Structure(tuple(marks), tuple(spans))

    def _open_heredoc(self, text: str) -> int | None:
        """Return where the heredoc that has not ended yet begins."""
        if self.language not in _HEREDOCS:
            return None
        for found in _HEREDOC.finditer(text):
            body = text.find("\n", found.end())
            if body < 0:
                return found.end()
            if not re.search(rf"^[ \t]*{re.escape(found[1])}\b", text[body:], re.MULTILINE):
                return body
        return None

    def _opens(self, token: re.Match[str], code: list[str]) -> bool | None:
        """Say whether a token opens or closes; None for neither."""
        text = token.group()
        if text in _OPEN:
            return True
        if text in _CLOSE:
            return False
        first, anywhere, closing = _WORDS[self.language]
        if text in closing.split():
            return False
        start = token.start()
        line = "".join(code[_line_start(code, start) : start]).strip()
        if self.language == "ruby" and text == "do":
            return None if f"{line} ".startswith(_LOOPS) else True
        if text in anywhere.split():
            return True
        return True if not line or line.endswith("=") else None


def _line_start(code: list[str], offset: int) -> int:
    while offset > 0 and code[offset - 1] != "\n":
        offset -= 1
    return offset


@lru_cache(maxsize=64)
def _tokens(language: str) -> re.Pattern[str]:
    words = " ".join(_WORDS.get(language, ())).split()
    # `x.end`, `:if` and `do:` are names, not words.
    ends = rf"|(?<![\w.:@$-])(?:{'|'.join(sorted(words))})(?![\w:?!=-])" if words else ""
    if language in ("markdown", "plaintext", "latex", "html", "xml"):
        return re.compile(r"(?!)")
    return re.compile(rf"[()\[\]{{}}]{ends}")
