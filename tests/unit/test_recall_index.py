"""The index of lines answers as one that counts everything anew would."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from codex_lsp.recall.index import PLACES_KEPT, LineIndex, Place
from codex_lsp.recall.lines import SourceLines

TEXTS = ("", "a", "ab", "abc", "b", "ba = 1", "\U0010ffff", "return x")


def source(texts: list[str]) -> SourceLines:
    return SourceLines(tuple(texts), bytes(len(text) for text in texts))


EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("extend"), st.integers(0, 3), st.lists(st.sampled_from(TEXTS))),
        st.tuples(st.just("shrink"), st.integers(0, 3), st.integers(1, 6)),
    ),
    max_size=20,
)


@settings(max_examples=300, deadline=None)
@given(EDITS)
def test_answers_are_those_of_a_count_of_all_files(
    edits: list[tuple[str, int, list[str]] | tuple[str, int, int]],
) -> None:
    index = LineIndex()
    files: dict[int, list[str]] = {}
    for edit, number, what in edits:
        if edit == "extend":
            assert isinstance(what, list)
            index.extend(number, source(what))
            files[number] = files.get(number, []) + what
        elif number in files:
            assert isinstance(what, int)
            left = files[number][:-what]
            assert index.shrink(number, what) is bool(left)
            files[number] = left
            if not left:
                del files[number]
    counts = Counter(text for texts in files.values() for text in texts if text)
    for text in TEXTS[1:]:
        assert index.count(text) == counts[text]
        known = [
            Place(text, ([""] + texts)[row], (["", ""] + texts)[row], len(text))
            for texts in files.values()
            for row in range(len(texts))
            if texts[row] == text
        ]
        places = list(index.places(text))
        assert len(places) <= PLACES_KEPT
        assert not Counter(places) - Counter(known)
        followers = Counter(
            texts[row + 1]
            for texts in files.values()
            for row in range(len(texts) - 1)
            if texts[row] == text
        )
        assert not Counter(place.text for place in index.followers(text)) - followers
        assert {index.has_indent(text, len(text)), bool(places)} in ({True}, {False})
    for typed in ("a", "ab", "b", "x", "\U0010ffff"):
        begin = sorted(text for text in counts if text.startswith(typed) and text != typed)
        assert index.beginning(typed, 100) == (len(begin), begin)
        assert index.beginning(typed, 0) == (len(begin), [])


def test_places_are_complete_as_long_as_there_are_few() -> None:
    index = LineIndex()
    index.extend(7, source(["if x:", "return 1", "if x:", "return 2"]))
    index.extend(3, source(["if x:", "return 1"]))
    assert list(index.followers("if x:")) == [
        Place("return 1", "if x:", "", 8),
        Place("return 2", "if x:", "return 1", 8),
        Place("return 1", "if x:", "", 8),
    ]
    index.shrink(7, 100)
    assert list(index.followers("if x:")) == [Place("return 1", "if x:", "", 8)]
    assert [place.previous for place in index.places("return 1")] == ["if x:"]


def test_the_places_that_were_put_in_last_are_kept() -> None:
    index = LineIndex()
    for number in range(PLACES_KEPT + 5):
        index.extend(number, source(["x", f"y{number}"]))
    kept = [place.text for place in index.followers("x")]
    assert kept == [f"y{number}" for number in range(5, PLACES_KEPT + 5)]
    assert index.count("x") == PLACES_KEPT + 5
