"""Structure by tree-sitter: the tokens of a tree that may be full of errors.

The tree of unfinished code is unreliable in its upper nodes, but its tokens are right: they are
lexed with what may stand there in mind, so that a bracket in a string, a ``{`` of a template or an
``if`` behind a statement is told apart. So tokens are read, with the node each belongs to.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from tree_sitter import Node, Parser

from codex_lsp.syntax.openers import VOID_TAGS
from codex_lsp.syntax.plain import PlainReader
from codex_lsp.syntax.structure import Mark, Structure

MAX_BYTES = 16_384
"""Longer text is read plainly."""
MAX_PARSE_S = 0.05
"""What all parsing for one completion may take, in seconds of the processor; the rest is read
plainly."""

_TAG_OPENS = frozenset({"start_tag", "jsx_opening_element"})
_TAG_CLOSES = frozenset({"end_tag", "jsx_closing_element", "erroneous_end_tag"})
_ANGLES = frozenset({"<", "</", ">", "/>"})
# Text between tokens, not a token that has to end.
_LOOSE = frozenset({"text", "jsx_text", "ERROR", "block_scalar"})
_RUBY_WORDS = frozenset("def class module begin case if unless while until for do".split())
_MODIFIERS = frozenset({"if_modifier", "unless_modifier", "while_modifier", "until_modifier"})
_LOOPS = frozenset({"while", "until", "for"})
_SHELL_OPENS = frozenset({"if", "do", "case"})
_SHELL_CLOSES = frozenset({"fi", "done", "esac"})
_SQL_OPENS = frozenset({"keyword_case"})


class TreeReader:
    """Reads with one grammar. Falls back to plain reading when parsing takes too long.

    :param lead: what stands left of the cursor, as far as it matters (:func:`lead_of`)
    """

    def __init__(self, parser: Parser, language: str, lead: str) -> None:
        self._parser = parser
        self._language = language
        self._lead = lead.encode("utf-8", "replace")
        self._plain = PlainReader(language)
        self._spent_s = 0.0

    def __call__(self, text: str) -> Structure:
        """Return the structure of ``text``, which follows the lead."""
        source = self._lead + text.encode("utf-8", "replace")
        plain = self._plain(text)
        if len(source) > MAX_BYTES or self._spent_s > MAX_PARSE_S:
            return plain
        began = time.thread_time()
        tree = self._parser.parse(source)
        marks, spans = self._read(tree.root_node, text)
        self._spent_s += time.thread_time() - began
        # A string or comment that has not been closed yet is no token of a tree.
        unfinished = [span for span in plain.spans if span[1] > len(text)]
        if unfinished:
            start = min(span[0] for span in unfinished)
            marks = [mark for mark in marks if mark.start < start]
        return Structure(tuple(marks), (*spans, *unfinished))

    def _read(self, root: Node, text: str) -> tuple[list[Mark], list[tuple[int, int]]]:
        begin = len(self._lead)
        at = _Offsets(text, begin)
        marks: list[Mark] = []
        spans: list[tuple[int, int]] = []
        for node in _nodes(root, begin):
            start, end = at(node.start_byte), at(node.end_byte)
            if node.is_missing or start == end:
                continue
            if _goes_over_lines(node):
                spans.append((start, end))
            opens = self._opens(node)
            if opens is not None:
                marks.append(Mark(start, end, opens))
        return marks, spans

    def _opens(self, node: Node) -> bool | None:
        """Say whether a token opens or closes; None for neither."""
        kind = node.type
        if kind in _TAG_OPENS:
            return True if self._language != "html" or not _is_void(node) else None
        if kind in _TAG_CLOSES:
            return False
        if node.child_count:
            return None
        if self._language == "ruby" and (kind in _RUBY_WORDS or kind == "end"):
            return _ruby(node)
        if self._language == "shellscript":
            return _shell(node)
        if self._language == "sql" and kind.startswith("keyword_"):
            return _sql(node)
        if kind in _ANGLES:
            return _angle(node)
        return None if node.is_named else _bracket(kind)


class _Offsets:
    """From bytes of the parsed source to characters of the text."""

    def __init__(self, text: str, begin: int) -> None:
        self._begin = begin
        self._text = None if text.isascii() else text.encode("utf-8", "replace")

    def __call__(self, byte: int) -> int:
        offset = max(0, byte - self._begin)
        if self._text is None:
            return offset
        return len(self._text[:offset].decode("utf-8", "ignore"))


def _goes_over_lines(node: Node) -> bool:
    if node.start_point[0] == node.end_point[0]:
        return False
    return node.type not in _LOOSE if node.child_count == 0 else _is_text(node)


def _is_text(node: Node) -> bool:
    """Say whether a node with parts of its own is a string, a comment or a heredoc."""
    return any(word in node.type for word in ("string", "comment", "heredoc"))


def _nodes(root: Node, begin: int) -> Iterator[Node]:
    """Yield the tokens behind ``begin``; tags and strings when all of their tokens are through."""
    cursor = root.walk()
    while True:
        node = cursor.node
        if node is None:
            return
        behind = node.end_byte > begin
        if behind and node.child_count == 0 and node.start_byte >= begin:
            yield node
        if behind and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            parent = cursor.node
            if parent is None or parent.start_byte < begin:
                continue
            if parent.type in _TAG_OPENS or parent.type in _TAG_CLOSES or _is_text(parent):
                yield parent


def _bracket(kind: str) -> bool | None:
    """Say whether a token of punctuation opens (``(``, ``${``, ``%w[``) or closes."""
    if not kind.strip(")]}"):
        return False
    return True if kind[-1] in "([{" and not kind.strip("([{$#<%wiWIq@!") else None


def _angle(node: Node) -> bool | None:
    """Say whether ``<`` or ``>`` is that of a tag; the lines between belong to the tag."""
    parent = node.parent
    if parent is None:
        return None
    if parent.type == "ERROR" and node.type == "<":
        # The tag is being written. Behind a name it would be a comparison.
        before, name = node.prev_sibling, node.next_sibling
        is_tag = name is not None and name.is_named and name.start_byte == node.end_byte
        compared = before is not None and before.is_named and not before.type.startswith("jsx")
        return True if is_tag and not compared else None
    if parent.type.startswith("jsx_") or parent.type.endswith("_tag"):
        return node.type in ("<", "</")
    return None


def _is_void(tag: Node) -> bool:
    name = next((child for child in tag.children if child.type == "tag_name"), None)
    return name is not None and (name.text or b"").decode("utf-8", "ignore").lower() in VOID_TAGS


def _ruby(node: Node) -> bool | None:
    if node.is_named:
        return None
    if node.type == "end":
        return False
    parent = node.parent
    kind = "" if parent is None else parent.type
    if kind in _MODIFIERS or parent is None:
        return None
    if node.type == "do" and kind == "do":
        loop = parent.parent
        return None if loop is not None and loop.type in _LOOPS else True
    if node.type == "def" and any(child.type == "=" for child in parent.children):
        return None if kind != "ERROR" else True
    return True


def _shell(node: Node) -> bool | None:
    if node.is_named:
        return None
    kind = node.type
    if kind in _SHELL_OPENS:
        return True
    if kind in _SHELL_CLOSES:
        return False
    parent = node.parent
    if kind == ")" and parent is not None and parent.type in ("case_item", "ERROR"):
        return None
    if kind == "(" and parent is not None and parent.type == "case_item":
        return None
    return _bracket(kind)


def _sql(node: Node) -> bool | None:
    if node.type == "keyword_end":
        return False
    if node.type == "keyword_begin":
        # `BEGIN;` begins a transaction.
        following = node.next_sibling
        return None if following is not None and following.type == ";" else True
    return True if node.type in _SQL_OPENS else None
