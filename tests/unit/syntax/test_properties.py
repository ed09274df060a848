"""Whatever is typed and whatever a model writes, nothing breaks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codex_lsp.context.decision import Cursor, decide
from codex_lsp.syntax.grammars import parsed_languages, parser_for
from codex_lsp.syntax.lexical import KNOWN_LANGUAGES, place_at_end, stretches
from codex_lsp.syntax.openers import opens_block
from codex_lsp.syntax.rules import block_rule
from codex_lsp.types import Rejection, Shape, Trigger

languages = st.sampled_from(sorted(KNOWN_LANGUAGES | parsed_languages() | {"", "unheard-of"}))
pieces = st.sampled_from(
    ["\n", "\n    ", "\n\t", " ", "if", "else", "end", "do", "def", "<div>", "</div>", "<br>", "/>"]
    + ['"""', "'", '"', "`", "#", "//", "/*", "*/", "--", "```", "<<EOF", "EOF", "{", "}", "(", ")"]
    + [
        "[",
        "]",
        ":",
        ";",
        ",",
        "=>",
        "|",
        "@",
        "\\",
        "x",
        "é",
        "日本",
        "\U0001f600",
        "\0",
        "- ",
        "${",
    ]
)
code = st.lists(pieces | st.text(max_size=3), max_size=25).map("".join)


@given(code, code, languages, st.integers(1, 12))
@settings(max_examples=300, deadline=None)
def test_a_rule_keeps_a_beginning_of_what_it_has_seen(
    prefix: str, text: str, language: str, max_lines: int
) -> None:
    rule = block_rule(prefix, language, place_at_end(prefix, language), max_lines)
    for end in range(len(text) + 1):
        keep = rule(text[:end])
        if keep is not None:
            assert 0 <= keep <= end
            kept = [line for line in text[:keep].split("\n") if line.strip()]
            assert len(kept) <= max_lines
            return


@given(code, code, languages, st.sampled_from(Trigger), st.booleans(), st.integers(1, 12))
@settings(max_examples=300, deadline=None)
def test_there_is_a_decision_for_every_place(
    prefix: str, suffix: str, language: str, trigger: Trigger, whole: bool, max_lines: int
) -> None:
    found = decide(Cursor(prefix, suffix, language, whole), trigger, max_lines)
    if isinstance(found, Rejection):
        assert found.detail.endswith(".")
    elif max_lines == 1 or suffix.partition("\n")[0].strip():
        assert found is Shape.LINE


@given(code, languages)
@settings(max_examples=200, deadline=None)
def test_comments_and_strings_follow_one_another(text: str, language: str) -> None:
    end = 0
    for found in stretches(text, language):
        assert end <= found.start < found.end <= len(text)
        end = found.end
    assert opens_block(text, language) in (True, False)


@pytest.mark.parametrize("language", sorted(parsed_languages()))
def test_every_grammar_is_installed(language: str) -> None:
    parser = parser_for(language)
    assert parser is not None
    assert parser.parse(b"x").root_node.end_byte == 1


def test_there_is_no_parser_for_other_languages() -> None:
    assert parser_for("unheard-of") is None
