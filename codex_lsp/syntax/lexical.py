"""Comments and strings: where in a text the cursor is, by looking only.

One regular expression a family of languages finds comments and strings, whole or unfinished; the
last one that is unfinished at the end of the text is where the cursor stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache


class Where(Enum):
    """What the cursor stands in."""

    CODE = "code"
    LINE_COMMENT = "line_comment"
    BLOCK_COMMENT = "block_comment"
    STRING = "string"
    """A string that has to end on its line."""
    TEXT = "text"
    """A string that may have several lines."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the end of a text stands.

    :ivar start: the offset at which the comment or string begins; the text's length in code
    :ivar closer: what ends it; a newline for what ends with the line
    """

    where: Where
    start: int
    closer: str = ""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a family of languages writes comments and strings.

    :ivar line: what begins a comment up to the line's end
    :ivar block: begin and end of a comment
    :ivar texts: begin and end of strings that may have several lines
    :ivar quotes: what begins and ends a string on one line
    :ivar raw: begin and end of strings of several lines in which a backslash is a backslash
    :ivar literals: expressions for what only looks as if it began a string
    :ivar marked: strings whose end depends on the group ``mark`` in their beginning: expressions
        for the beginning and for the end, with the mark at ``{mark}``, and what an end looks like;
        empty where there is no string without an end
    """

    line: tuple[str, ...] = ()
    block: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    quotes: str = "\"'"
    raw: tuple[tuple[str, str], ...] = ()
    literals: tuple[str, ...] = ()
    marked: tuple[tuple[str, str, str], ...] = ()


FENCES = ("```", "~~~")
"""What begins and ends code in Markdown."""

_C_BLOCK = (("/*", "*/"),)
_TRIPLE = (('"""', '"""'), ("'''", "'''"))
_C = Spelling(("//",), _C_BLOCK)
_SHELL = Spelling(
    ("#",),
    texts=(("$'", "'"), ('"', '"')),
    quotes="",
    raw=(("'", "'"),),
    literals=(r"(?s:\\.)",),
    # A document up to the line that ends it; no string behind three, and in capitals only, or every
    # shift of bits by a variable would begin one.
    marked=(
        (
            r"(?<![<\w(])<<-?[ \t]?(?P<q>['\"]?)(?P<mark>[A-Z_][A-Z_0-9]*)\b(?P=q)",
            r"^\t*{mark}$",
            "",
        ),
    ),
)
_HASH = Spelling(("#",))
# A regular expression: a slash that cannot divide, since nothing stands before it to be divided.
_REGEX = (
    r"(?:(?<=[(=,:\[!&|?;])|(?<=[=,:&|?(] )|(?<=return ))"
    r"/(?![/*])(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n]){0,80}\]|[^/\\\[\n]){1,80}/"
)
_SCRIPT = Spelling(("//",), _C_BLOCK, (("`", "`"),), literals=(_REGEX,))
_MARKUP = Spelling((), (("<!--", "-->"),), quotes="")
_PROSE = Spelling((), (("<!--", "-->"),), tuple((fence, fence) for fence in FENCES), quotes="")

_FAMILIES: tuple[tuple[Spelling, str], ...] = (
    (Spelling(("#",), texts=_TRIPLE), "python toml"),
    (_HASH, "ruby yaml perl r makefile dockerfile cmake powershell elixir julia gdscript nim"),
    (_SHELL, "shellscript"),
    (_SCRIPT, "javascript javascriptreact typescript typescriptreact vue svelte"),
    (Spelling(("//",), _C_BLOCK, raw=(("`", "`"),)), "go"),
    # A lone quote begins a lifetime, not a string; two are a character.
    (
        Spelling(
            ("//",),
            _C_BLOCK,
            (('"', '"'),),
            "",
            literals=(r"b?'(?:\\[^'\n]{1,10}|\\'|[^\\'\n])'",),
            marked=((r"(?<!\w)b?r(?P<mark>#*)\"", r"\"{mark}", '"{mark}'),),
        ),
        "rust",
    ),
    (Spelling(("//",), _C_BLOCK, (('R"(', ')"'),)), "cpp"),
    (_C, "c csharp objective-c dart zig"),
    (Spelling(("//",), _C_BLOCK, (('"""', '"""'),)), "java kotlin scala swift groovy"),
    (Spelling(("//", "#"), _C_BLOCK), "php"),
    (Spelling((), _C_BLOCK), "css"),
    (_C, "scss less jsonc"),
    (Spelling(), "json"),
    (Spelling(("--",), _C_BLOCK, (("'", "'"),), '"'), "sql"),
    (Spelling(("--",), (("--[[", "]]"),), (("[[", "]]"),)), "lua"),
    (Spelling(("--",), (("{-", "-}"),), quotes='"'), "haskell"),
    (Spelling((";",), quotes='"'), "clojure lisp scheme"),
    (Spelling(("%",), quotes=""), "latex tex"),
    (_MARKUP, "html xml"),
    (_PROSE, "markdown"),
    (Spelling(quotes=""), "plaintext"),
)
_UNKNOWN = Spelling()
KNOWN_LANGUAGES = frozenset(name for _, names in _FAMILIES for name in names.split())
"""The language identifiers whose comments and strings are known."""


@lru_cache(maxsize=64)
def spelling_of(language: str) -> Spelling:
    """Return how ``language`` writes comments and strings; quotes only where it is not known."""
    for spelling, languages in _FAMILIES:
        if language in languages.split():
            return spelling
    return _UNKNOWN


@dataclass(frozen=True, slots=True)
class Stretch:
    """A comment or string.

    :ivar ended: it ends within the text
    """

    where: Where
    start: int
    end: int
    closer: str
    ended: bool


def stretches(text: str, language: str, begin: int = 0) -> Iterator[Stretch]:
    """Yield the comments and strings of ``text``, in order."""
    pattern, kinds, ends = _pattern(spelling_of(language))
    at, endless = begin, set[str]()  # marks whose end does not come
    while found := pattern.search(text, at):
        at = found.end()
        group = found.lastgroup or ""  # the outermost, where a literal has groups of its own
        if group in ends:
            mark, (end_of, closer) = found[f"mark_{group}"], ends[group]
            # Each end is looked for once, or very many beginnings would take very long.
            last = None if mark in endless else _end(end_of, mark).search(text, at)
            if last is not None:
                at = last.end()
                yield Stretch(Where.STRING, found.start(), at, "", ended=True)
            elif closer:
                at = len(text)
                closer = closer.replace("{mark}", mark)
                yield Stretch(Where.TEXT, found.start(), at, closer, ended=False)
            else:
                endless.add(mark)
            continue
        where, closer, escapes = kinds[group]
        end, opener = found.end(), found.group(group)
        if closer == "\n":
            ended = end < len(text)
        elif not closer:
            ended = True
        else:
            body = found.group()
            ended = len(body) >= len(opener) + len(closer) and body.endswith(closer)
            if ended and escapes and _escaped(body, len(closer)):
                ended = False
            if not ended and where is Where.STRING and end < len(text):
                ended = True  # it ends with its line, as broken as it is
        yield Stretch(where, found.start(), end, closer, ended)


def place_at_end(text: str, language: str, whole: bool = True) -> Place:
    """Return what the end of ``text`` stands in.

    :param whole: the text begins where the document does; otherwise it may begin inside a string
    """
    begin = 0 if whole else first_code(text, language)
    for stretch in stretches(text, language, begin):
        if not stretch.ended:
            return Place(stretch.where, stretch.start, stretch.closer)
    return Place(Where.CODE, len(text))


@lru_cache(maxsize=64)
def _end(end_of: str, mark: str) -> re.Pattern[str]:
    return re.compile(end_of.replace("{mark}", re.escape(mark)), re.MULTILINE)


def _escaped(body: str, closer: int) -> bool:
    """Say whether the closer that ``body`` ends with has an odd number of backslashes before it."""
    bare = body[:-closer]
    return (len(bare) - len(bare.rstrip("\\"))) % 2 == 1


@lru_cache(maxsize=64)
def _pattern(
    spelling: Spelling,
) -> tuple[re.Pattern[str], dict[str, tuple[Where, str, bool]], dict[str, tuple[str, str]]]:
    """Return one expression for all of them, and what each of its groups stands for.

    That is: the place, what ends it, empty for a whole literal, and whether a backslash escapes;
    and for what is marked how it ends.
    """
    parts: list[str] = []
    kinds: dict[str, tuple[Where, str, bool]] = {}

    def add(opener: str, rest: str, where: Where, closer: str, escapes: bool = False) -> None:
        group = f"g{len(parts)}"
        kinds[group] = (where, closer, escapes)
        parts.append(f"(?P<{group}>{opener}){rest}")

    ends: dict[str, tuple[str, str]] = {}
    for opener, end, closer in spelling.marked:
        group = f"g{len(parts)}"
        ends[group] = (end, closer)
        opener = opener.replace("?P<mark>", f"?P<mark_{group}>")
        parts.append(f"(?P<{group}>{opener})")
    for literal in spelling.literals:
        add(literal, "", Where.STRING, "")
    for opener, closer in spelling.block:
        add(re.escape(opener), rf"(?s:.*?)(?:{re.escape(closer)}|\Z)", Where.BLOCK_COMMENT, closer)
    for opener, closer in spelling.texts:
        end = re.escape(closer)
        fence = opener in FENCES
        start = rf"(?m:^[ \t]*){re.escape(opener)}" if fence else re.escape(opener)
        add(start, rf"(?s:\\.|(?!{end}).)*(?:{end}|\Z)", Where.TEXT, closer, escapes=True)
    for opener, closer in spelling.raw:
        end = re.escape(closer)
        add(re.escape(opener), rf"(?s:.*?)(?:{end}|\Z)", Where.TEXT, closer)
    for opener in spelling.line:
        # In a shell, and nearly everywhere, a mark that follows a word is none: `$#`, `a#b`.
        guard = r"(?<![\w$&{])" if opener == "#" else ""
        add(guard + re.escape(opener), r"[^\n]*", Where.LINE_COMMENT, "\n")
    for quote in spelling.quotes:
        rest = rf"(?:(?s:\\.)|[^\\{quote}\n])*(?:{quote}|\\?\Z|(?=\n))"
        add(quote, rest, Where.STRING, quote, escapes=True)
    return re.compile("|".join(parts) or r"(?!)"), kinds, ends


_LINE_OF_TRIPLE = re.compile(r"^(.*?)(\"\"\"|''')", re.MULTILINE)


def first_code(text: str, language: str) -> int:
    """Return where a text that was cut out of a document is sure to be code.

    Only triple quotes matter: begun inside one, all the rest would be taken for the wrong thing.
    """
    if ('"""', '"""') not in spelling_of(language).texts:
        return 0
    found = _LINE_OF_TRIPLE.search(text)
    if found is None:
        return 0
    before = found.group(1).rstrip()
    above = text[: found.start()].rstrip()
    opens = not before.strip("rRbBfFuU \t") and (not above or above[-1] in ":=([{,#")
    if opens or before.endswith(("=", "(", "[", "{", ",", ":", "+", "return")):
        return 0
    if text.find(found.group(2), found.end()) == -1 and not before:
        return found.end()
    # Behind a word or a full stop, or alone on its line, it closes.
    same_line = text[found.end() : text.find("\n", found.end()) % (len(text) + 1)]
    return found.end() if not same_line.strip(" \t).,:;]}") else 0
