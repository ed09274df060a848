"""The statement that a candidate completes, as something that parses on its own."""

from __future__ import annotations

import re
import textwrap

from codex_lsp.context.around import MAX_CHARS, MAX_LINES_AFTER, MAX_LINES_BEFORE
from codex_lsp.safety.masking import code_only
from codex_lsp.types import Context

_IMPORT = re.compile(
    r"^[ \t]*(?:import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import[ \t]+[\w*])[^\n(\\]*$", re.MULTILINE
)
_ASSUMED = """\
import hashlib, paramiko, ssl, subprocess, yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import modes
"""
"""The window seldom begins with the file's imports, and bandit's checks ask for their modules.
Where the file says what else a name stands for, that counts."""
_PAIRS = {")": "(", "]": "[", "}": "{"}
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_GOES_ON = re.compile(r"(?:elif|else|except|finally|case)\b")


def python_statement(context: Context, text: str, replaces: int) -> str | None:
    """Return the imports above and the completed statement, so that it may parse by itself.

    Brackets that are open are closed, by the lines below or by hand; a block that has been opened
    gets a body. None when there is nothing to check.
    """
    before = context.prefix.split("\n")[-MAX_LINES_BEFORE:]
    after = context.suffix[replaces:].split("\n")[:MAX_LINES_AFTER]
    body = "\n".join(_statement_lines(before)) + text + after[0]
    for line in after[1:]:
        if not open_brackets(body):
            break
        body += "\n" + line
    body += "".join(_CLOSERS[char] for char in reversed(open_brackets(body)))
    body = textwrap.dedent(body).strip("\n")
    if not body.strip() or len(body) > MAX_CHARS:
        return None
    imports = "".join(f"{found[0].strip()}\n" for found in _IMPORT.finditer(context.prefix))
    return _ASSUMED + imports + _with_surroundings(body)


def open_brackets(text: str) -> list[str]:
    """Return the brackets that ``text`` opens and does not close, the outermost first.

    Brackets in strings and comments are none.
    """
    opened: list[str] = []
    for char in _code(text):
        if char in _CLOSERS:
            opened.append(char)
        elif opened and _PAIRS.get(char) == opened[-1]:
            opened.pop()
    return opened


def _statement_lines(lines: list[str]) -> list[str]:
    """Return the last lines from the one on in which their outermost open bracket stands."""
    start = len(lines) - 1
    depth = 0
    for number in range(len(lines) - 1, -1, -1):
        code = _code(lines[number])
        depth += sum(code.count(char) for char in "([{") - sum(code.count(char) for char in ")]}")
        if depth > 0:
            start, depth = number, 0
        elif number < start and not lines[number].strip():
            break
    return lines[start:]


def _with_surroundings(body: str) -> str:
    """Give a block that has been opened a body, and a branch the statement that it belongs to."""
    last = body.rstrip().rpartition("\n")[2]
    if _code(last).rstrip().endswith(":") or body.lstrip().startswith("@"):
        indent = len(last) - len(last.lstrip())
        filler = "pass" if last.rstrip().endswith(":") else "def _(): pass"
        deeper = indent + (4 if filler == "pass" else 0)
        body = f"{body.rstrip()}\n{' ' * deeper}{filler}"
    if not (branch := _GOES_ON.match(body)):
        return body
    if branch[0] in ("except", "finally"):
        return f"try:\n    pass\n{body}"
    if branch[0] == "case":
        return f"match 0:\n{textwrap.indent(body, '    ')}"
    return f"if 0:\n    pass\n{body}"


def _code(text: str) -> str:
    return code_only(text, "python")
