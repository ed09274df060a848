"""The part of a prompt that the engine keeps: where it lies, when it moves, what it takes."""

from __future__ import annotations

from codex_lsp.anchors import MAX_TAIL_CHARS, Anchor, Anchors
from codex_lsp.context import ContextOptions, build_context
from codex_lsp.engine.prefix_cache import PrefixCache
from codex_lsp.options import TokenBudget
from codex_lsp.prompt import PromptBuilder
from codex_lsp.types import CompletionRequest, Context, Document, Prompt
from tests.unit.fake_engine import byte_tokenizer, description

TOKENIZER = byte_tokenizer()
LINES = "".join(f"line_{number:03} = {number}\n" for number in range(200))


def context_of(prefix: str) -> Context:
    context = build_context(CompletionRequest(Document(prefix), len(prefix)), ContextOptions())
    assert isinstance(context, Context)
    return context


def test_an_anchor_holds_while_only_what_follows_it_changes() -> None:
    anchor = Anchor(2, "b = 1")
    assert anchor.end == 7
    assert anchor.holds("a\nb = 1\nc", 0)
    assert anchor.holds("b = 1\nc", 2)
    assert anchor.holds("a\nb = 1", 0)
    assert not anchor.holds("a\nb = 2\nc", 0)
    assert not anchor.holds("a\nb = 12", 0)
    assert not anchor.holds("a\nb", 0)
    assert not anchor.holds("= 1\nc", 4)
    assert not anchor.holds("a\nb = 1\n" + MAX_TAIL_CHARS * "c", 0)


def test_typing_several_lines_keeps_the_anchor_and_its_ids() -> None:
    builder = PromptBuilder(description(context_length=4000), TOKENIZER)
    anchor: Anchor | None = None
    ids: set[tuple[int, ...]] = set()
    typed = "x = 1\ny = 2\nfor z in x:\n    print(z)\n"
    for end in range(len(typed) + 1):
        context = context_of(LINES + typed[:end])
        prompt, anchor = builder.build(context, TokenBudget(), 10, anchor=anchor)
        ids.add(prompt.anchor_ids)
        assert (
            TOKENIZER.decode(prompt.ids) + prompt.healed
            == context.prefix[anchor.start - context.prefix_start :]
        )
    assert len(ids) == 1


def test_an_anchor_moves_when_too_much_was_typed_behind_it() -> None:
    builder = PromptBuilder(description(context_length=4000), TOKENIZER)
    _, first = builder.build(context_of(LINES), TokenBudget(), 10)
    more = LINES + "".join(f"more_{number:03} = {number}\n" for number in range(20))
    _, second = builder.build(context_of(more), TokenBudget(), 10, anchor=first)
    assert first.end == len(LINES) - 1
    assert second.end == len(more) - 1


def test_a_new_anchor_leaves_room_for_what_is_typed() -> None:
    builder = PromptBuilder(description(context_length=4000), TOKENIZER)
    prompt, anchor = builder.build(context_of(LINES), TokenBudget(prefix=400), 10)
    assert len(prompt.anchor_ids) <= 400 - 96
    assert anchor.text.startswith("line_")
    assert LINES[anchor.start - 1] == "\n"


def test_an_edit_above_makes_a_new_anchor() -> None:
    builder = PromptBuilder(description(context_length=4000), TOKENIZER)
    _, first = builder.build(context_of(LINES + "x"), TokenBudget(), 10)
    edited = LINES.replace("line_199", "LINE_199") + "x"
    _, second = builder.build(context_of(edited), TokenBudget(), 10, anchor=first)
    assert second != first
    assert second.text.endswith("LINE_199 = 199")


def test_only_the_latest_documents_are_remembered() -> None:
    anchors = Anchors(limit=2)
    for uri in ("a", "b", "a", "c"):
        anchors.keep(uri, Anchor(0, uri))
    assert [anchors.get(uri) for uri in "abc"] == [Anchor(0, "a"), None, Anchor(0, "c")]


def ids(count: int, first: int = 0) -> tuple[int, ...]:
    return tuple(range(first, first + count))


def test_short_anchors_are_not_kept() -> None:
    cache = PrefixCache(lambda: True, 1000)
    assert cache.split(Prompt(ids(15), ids(3))) == ((), ids(15) + ids(3), 0)
    assert cache.split(Prompt(ids(16), ids(3))) == (ids(16), ids(3), 0)
    assert cache.split(Prompt(ids(16), ids(2))) == (ids(16), ids(2), 16)
    assert cache.kept_tokens == 16


def test_what_is_passed_behind_the_anchor_is_never_empty() -> None:
    assert PrefixCache(lambda: True, 1000).split(Prompt(ids(20), ())) == (ids(19), (19,), 0)


def test_the_ledger_counts_each_anchor_once_and_drops_all_at_its_limit() -> None:
    dropped: list[int] = []

    def drop_all() -> bool:
        dropped.append(cache.kept_tokens)
        return True

    cache = PrefixCache(drop_all, 100)
    for first in (0, 0, 1, 0):
        cache.split(Prompt(ids(40, first), (9,)))
    assert (cache.kept_tokens, cache.dropped) == (80, 0)
    cache.split(Prompt(ids(40, 2), (9,)))
    assert (cache.kept_tokens, cache.dropped, dropped) == (40, 1, [80])


def test_an_anchor_that_cannot_be_kept_is_read_anew() -> None:
    assert PrefixCache(lambda: True, 30).split(Prompt(ids(40), (9,))) == ((), (*ids(40), 9), 0)
    cache = PrefixCache(lambda: False, 50)
    cache.split(Prompt(ids(40), (9,)))
    assert cache.split(Prompt(ids(40, 1), (9,))) == ((), (*ids(40, 1), 9), 0)
    assert cache.kept_tokens == 40
