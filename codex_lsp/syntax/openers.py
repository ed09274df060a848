"""Whether the lines below a line belong to a block that it opens, language by language."""

from __future__ import annotations

import re

from codex_lsp.syntax.lexical import FENCES, Where, place_at_end, spelling_of, stretches

_ANY_WORDS = frozenset({"do", "then", "else", "begin"})
_COLON_HEADER = re.compile(
    r"\s*(?:async\s+)?(?:if|elif|else|for|while|with|try|except|finally|def|class|match|case)\b"
)
_RUBY_HEADER = re.compile(
    r"\s*(?:def|class|module|if|unless|while|until|for|case|begin|else|elsif|when|in|rescue|ensure)\b"
    r"|.*\bdo(?:\s*\|[^|]*\|)?$|.*=\s*(?:if|unless|case|begin)\b"
)
_RUBY_ONE_LINE = re.compile(r"\bend$|^\s*def\s+[\w.?!]+(?:\([^)]*\))?\s*=\s|\bthen\s+\S")
_LUA_HEADER = re.compile(r".*\bfunction\b[^()]*\([^()]*\)$|.*\b(?:then|do|else|repeat)$")
_JULIA_HEADER = re.compile(
    r"\s*(?:function|macro|if|elseif|else|for|while|try|catch|finally|let|begin|module|quote"
    r"|(?:mutable\s+)?struct)\b|.*\b(?:do|begin)(?:\s+\w+)?$"
)
_SHELL_TAIL = re.compile(r".*(?:\b(?:then|do|else)|\{|\bin|^\s*[^()]*[^()\s]\))$")
_SQL_TAIL = re.compile(r".*(?:\b(?:begin|then|else|loop|as|is|declare)|\()$", re.IGNORECASE)
_LABEL = re.compile(r"\s*(?:case\b.*|default|public|private|protected)\s*:$")
_TAG = re.compile(r"<([A-Za-z][\w.:-]*)(?:\s[^<>]*)?(?<!/)>$")
_YAML_TAIL = re.compile(r".*(?::|:\s*[|>][+-]?\d?|^\s*-)$")
VOID_TAGS = frozenset(
    "area base br col embed hr img input link meta param source track wbr !doctype".split()
)
"""HTML elements that have no end tag."""

_COLON = frozenset({"python", "gdscript", "nim", "starlark"})
_TAGGED = frozenset(
    {"html", "xml", "vue", "svelte", "javascriptreact", "typescriptreact", "javascript"}
)
_BRACED = frozenset(
    "javascript javascriptreact typescript typescriptreact go rust java c cpp csharp kotlin scala "
    "swift dart zig objective-c php css scss less groovy vue svelte".split()
)
_ARROWS = frozenset({"java", "kotlin", "scala", "swift", "haskell", "elixir", "ocaml", "clojure"})


def opens_block(line: str, language: str = "") -> bool:
    """Say whether ``line``, up to the cursor, ends with what opens a block.

    :param language: an LSP language identifier; any other is judged by the line's last characters
    """
    code = without_comment(line, language).rstrip()
    if not code.strip():
        return False
    if language in _BRACED or language in _TAGGED:
        return _opens_braced(code, language)
    if language in _COLON:
        return code.endswith((":", "{")) and _opens_by_colon(code)
    if language == "ruby":
        return bool(code.endswith("{") or _RUBY_HEADER.match(code)) and not _RUBY_ONE_LINE.search(
            code
        )
    if language == "lua":
        return code.endswith("{") or bool(_LUA_HEADER.match(code))
    if language == "julia":
        return bool(_JULIA_HEADER.match(code)) and not code.endswith("end")
    if language == "shellscript":
        return bool(_SHELL_TAIL.match(code))
    if language == "sql":
        return bool(_SQL_TAIL.match(code))
    if language == "yaml":
        return bool(_YAML_TAIL.match(code))
    if language in ("json", "jsonc"):
        return code.endswith(("{", "["))
    if language == "toml":
        return bool(re.fullmatch(r"\s*\[.*\]|.*=\s*[\[{]", code))
    if language in ("markdown", "plaintext", "latex"):
        return language == "markdown" and place_at_end(code, language).closer in FENCES
    if language == "makefile":
        return bool(re.fullmatch(r"[^\s:=#][^:=#]*::?[^=]*", code))
    return _opens_anyhow(code)


def without_comment(line: str, language: str) -> str:
    """Return ``line`` without the comments in it."""
    if not spelling_of(language).line and not spelling_of(language).block:
        return line
    kept = line
    comments = (Where.LINE_COMMENT, Where.BLOCK_COMMENT)
    for found in reversed([item for item in stretches(line, language) if item.where in comments]):
        kept = kept[: found.start] + kept[found.end :]
    return kept


def _opens_braced(code: str, language: str) -> bool:
    if code.endswith("{") and language not in ("html", "xml"):
        return True
    if language in _TAGGED and (tag := _TAG.search(code)):
        return tag.group(1).lower() not in VOID_TAGS
    if code.endswith("=>"):
        return True
    if code.endswith("->"):
        return language in _ARROWS
    if code.endswith(":"):
        return bool(_LABEL.match(code))
    return code.split()[-1] in ("else", "do", "try", "finally")


def _opens_by_colon(code: str) -> bool:
    """Tell a header's colon from that of a slice, a key, an annotation or a lambda."""
    if code.endswith("{"):
        return True
    depth = sum((char in "([{") - (char in ")]}") for char in code)
    if depth > 0:
        return False
    # The last line of a header that began further up.
    return bool(_COLON_HEADER.match(code)) or depth < 0


def _opens_anyhow(code: str) -> bool:
    return code.endswith(("{", ":", "=>", "->")) or code.split()[-1] in _ANY_WORDS
