"""The stop rule for the block at a cursor."""

from __future__ import annotations

from codex_lsp.sampling import StopRule
from codex_lsp.syntax.block import EndOfBlock, EndOfToken
from codex_lsp.syntax.grammars import parser_for
from codex_lsp.syntax.headers import header_start, lead_of, width_of
from codex_lsp.syntax.lexical import FENCES, Place, Where
from codex_lsp.syntax.openers import opens_block
from codex_lsp.syntax.plain import PlainReader
from codex_lsp.syntax.structure import Reader
from codex_lsp.syntax.tree import TreeReader


def block_rule(prefix: str, language: str, place: Place, max_lines: int) -> StopRule:
    """Return where the block at the end of ``prefix`` ends.

    :param place: what the end of the prefix stands in
    """
    line = prefix[prefix.rfind("\n") + 1 :]
    indent = width_of(line)
    if place.where in (Where.TEXT, Where.BLOCK_COMMENT):
        fenced = place.closer in FENCES
        return EndOfToken(place.closer, indent, max_lines, paragraph=not fenced)
    opened = opens_block(line, language)
    # A table's keys stand on the level of its name.
    deeper = opened and not (language == "toml" and line.lstrip().startswith("["))
    if opened:
        # The last line of a long header may be indented deeper than the block.
        lines = prefix.split("\n")
        indent = min(indent, width_of(lines[header_start(lines)]))
    closed = language != "yaml" and not line.rstrip().endswith(":")
    return EndOfBlock(indent, deeper, max_lines, language, closed, _reader(prefix, language))


def _reader(prefix: str, language: str) -> Reader:
    parser = parser_for(language)
    if parser is None:
        return PlainReader(language)
    return TreeReader(parser, language, lead_of(prefix))
