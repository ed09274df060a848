"""What the cache answers: nothing that a candidate for the same text would not have come to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_lsp.cache import (
    PREFIX_CHARS,
    SUFFIX_CHARS,
    CompletionCache,
    Place,
    Typed,
    remainders,
    typed_into,
    typed_since,
)
from codex_lsp.types import Alternative, Completion, CompletionRequest, Document, Source

URI = "file:///a.py"


def request(
    marked: str, uri: str = URI, version: int = 1, preceding: str = ""
) -> CompletionRequest:
    """Make a request at the mark."""
    before, _, after = marked.partition("¦")
    document = Document(before + after, "python", uri, version, preceding)
    return CompletionRequest(document, len(before))


def completion(*texts: str, replaces: int = 0) -> Completion:
    alternatives = tuple(
        Alternative(text, -1.0 - rank, 3, rank, replaces=replaces, end_logprob=-0.1)
        for rank, text in enumerate(texts)
    )
    return Completion(texts[0], 0, 0, -1.0, 3, alternatives)


def cache_of(marked: str, *texts: str, replaces: int = 0) -> CompletionCache[str]:
    cache: CompletionCache[str] = CompletionCache()
    cache.put(Place.of(request(marked)), completion(*texts, replaces=replaces), "made")
    return cache


def found(cache: CompletionCache[str], marked: str) -> list[tuple[int, str, int]]:
    """Return the rank, the text and the replaced characters of what the cache answers."""
    hit = cache.find(request(marked, version=7))
    return (
        [] if hit is None else [(item.rank, item.text, item.replaces) for item in hit.alternatives]
    )


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("x = ¦\n", [(0, "abc", 0), (1, "xyz", 0)]),
        ("x = a¦\n", [(0, "bc", 0)]),
        ("x = ab¦\n", [(0, "c", 0)]),
        ("x = x¦\n", [(1, "yz", 0)]),
        ("x = abc¦\n", []),
        ("x = q¦\n", []),
        ("y = a¦\n", []),
        ("x = a¦ # more\n", []),
        ("x = ¦abc\n", []),
    ],
)
def test_what_was_typed_is_taken_off(marked: str, expected: list[tuple[int, str, int]]) -> None:
    assert found(cache_of("x = ¦\n", "abc", "xyz"), marked) == expected


@pytest.mark.parametrize(
    ("made_for", "text", "replaces", "marked", "expected"),
    [
        # The editor closes what the user opens: the answer takes the closer's place.
        ("x = ¦\n", "foo(bar)", 0, "x = foo(¦)\n", [(0, "bar)", 1)]),
        ("x = ¦\n", 'd["key"]', 0, 'x = d["¦"]\n', [(0, 'key"]', 2)]),
        ("x = foo(¦)\n", "a[0]) + 1", 1, "x = foo(a[¦])\n", [(0, "0]) + 1", 2)]),
        # The first line of several closes some of them, and the others stay.
        ("¦\n", 'print("hello",', 0, 'print("¦")\n', [(0, 'hello",', 1)]),
        ("x = ¦\n", 'foo({"a": 1},', 0, "x = foo({¦})\n", [(0, '"a": 1},', 1)]),
        ("x = ¦\n", "foo(a[0] + b[1]", 0, "x = foo(a[¦])\n", [(0, "0] + b[1]", 1)]),
        ("x = f(¦)\n", "a[0], b)", 1, "x = f(a[¦])\n", [(0, "0], b)", 2)]),
        ("x = f(¦);\n", "a[0", 1, "x = f(a[¦]);\n", []),
        # A candidate that does not close it leaves it there.
        ("x = ¦\n", "foo(bar", 0, "x = foo(¦)\n", [(0, "bar", 0)]),
        # Only the closer is left, which stands there already.
        ("x = ¦\n", "foo()", 0, "x = foo(¦)\n", []),
        # Nothing that was opened by what was typed.
        ("x = ¦\n", "foo)", 0, "x = foo¦)\n", []),
        # The user types over a closer that was to be replaced.
        ("x = foo(¦)\n", "bar) + 1", 1, "x = foo(bar)¦\n", [(0, " + 1", 0)]),
        ("x = foo(¦)\n", "bar) + 1", 1, "x = foo(bar¦)\n", [(0, ") + 1", 1)]),
        # A candidate that left the closer where it was says nothing of what comes behind it.
        ("x = foo(¦)\n", "bar) + 1", 0, "x = foo(bar)¦\n", []),
    ],
)
def test_brackets_that_the_editor_closes(
    made_for: str, text: str, replaces: int, marked: str, expected: list[tuple[int, str, int]]
) -> None:
    assert found(cache_of(made_for, text, replaces=replaces), marked) == expected


def test_the_others_go_on_from_what_was_cut_where_they_go_apart() -> None:
    first, *others = completion("arg)", "arg) + a", "arg) + b").alternatives
    cut = replace(first, end_logprob=None)
    typed = Typed("arg)")
    assert [item.text for item in remainders([cut, *others], typed)] == [" + a", " + b"]
    assert remainders([first, *others], typed) == ()
    recalled = replace(cut, source=Source.RECALLED)
    assert remainders([recalled, *others], typed) == ()


def test_the_completion_made_nearest_to_the_cursor_answers() -> None:
    cache = cache_of("x = ¦\n", "abcd")
    cache.put(Place.of(request("x = ab¦\n")), completion("cX"), "later")
    assert found(cache, "x = ab¦\n") == [(0, "cX", 0)]
    assert found(cache, "x = abc¦\n") == [(0, "X", 0)]
    assert found(cache, "x = a¦\n") == [(0, "bcd", 0)]


def test_a_newer_completion_takes_the_place_of_an_older_one() -> None:
    cache = cache_of("x = ¦\n", "old")
    cache.put(Place.of(request("x = ¦\n")), completion("new"), "newer")
    hit = cache.find(request("x = ¦\n"))
    assert hit is not None
    assert (hit.note, hit.alternatives[0].text, len(cache)) == ("newer", "new", 1)


def test_other_documents_and_other_cells_above_are_other_places() -> None:
    cache = cache_of("x = ¦\n", "abc")
    assert cache.find(request("x = ¦\n", uri="file:///b.py")) is None
    assert cache.find(request("x = ¦\n", preceding="y = 1\n")) is None


def test_text_out_of_sight_makes_no_difference() -> None:
    above, below = "z" * PREFIX_CHARS, "\n" + "b" * SUFFIX_CHARS
    cache = cache_of(f"{above}¦{below}", "abc")
    assert found(cache, f"more{above}a¦{below}more") == [(0, "bc", 0)]
    assert found(cache, f"{above[1:]}Za¦{below}") == []
    assert found(cache, f"{above}a¦{below[:-2]}Z") == []


def test_the_least_recently_used_goes_first() -> None:
    cache: CompletionCache[str] = CompletionCache(limit=2)
    for name in ("a", "b"):
        cache.put(Place.of(request(f"{name} = ¦")), completion("1"), name)
    assert found(cache, "a = ¦") == [(0, "1", 0)]
    cache.put(Place.of(request("c = ¦")), completion("1"), "c")
    assert [len(found(cache, f"{name} = ¦")) for name in "abc"] == [1, 0, 1]


def test_a_closed_document_is_forgotten() -> None:
    cache = cache_of("x = ¦\n", "abc")
    cache.put(Place.of(request("x = ¦\n", uri="file:///b.py")), completion("abc"), "other")
    cache.drop(URI)
    assert found(cache, "x = ¦\n") == []
    assert cache.find(request("x = ¦\n", uri="file:///b.py")) is not None
    cache.clear()
    assert len(cache) == 0


@pytest.mark.parametrize(
    ("now", "typed"),
    [
        ("x = \n", ""),
        ("x = ab\n", "ab"),
        ("x = foo()\n", "foo("),
        ("x =\n", None),
        ("# more\nx = \n", None),
        ("x = ab # more\n", "ab # more"),
    ],
)
def test_what_was_typed_by_what_the_document_has_become(now: str, typed: str | None) -> None:
    assert typed_into(request("x = ¦\n"), now) == typed


SOURCE = st.text(alphabet="ab()[]\"' \n", max_size=12)


@given(SOURCE, SOURCE, st.lists(SOURCE.filter(bool), min_size=1, max_size=4), SOURCE)
def test_an_answer_is_the_rest_of_a_candidate_for_this_very_text(
    before: str, after: str, texts: list[str], typed: str
) -> None:
    cache = cache_of(f"{before}¦{after}", *texts)
    hit = cache.find(request(f"{before}{typed}¦{after}"))
    rests = [text[len(typed) :] for text in texts if text.startswith(typed)]
    # Where the best that agrees has been typed to its end, no longer one goes on from there.
    expected = [rest for rest in rests if rest.strip()] if rests and rests[0].strip() else []
    left = [] if hit is None else [item.text for item in hit.alternatives]
    assert left == expected


@given(
    SOURCE,
    SOURCE,
    st.lists(SOURCE.filter(bool), min_size=1, max_size=4),
    st.integers(0, 12),
    st.text(alphabet=")]\"'", max_size=3),
    st.integers(0, 2),
)
def test_accepting_an_answer_comes_to_what_accepting_the_candidate_would_have(
    before: str, after: str, texts: list[str], keys: int, closers: str, overtyped: int
) -> None:
    """Brackets that the editor added and that no candidate closes stay where they are."""
    cache = cache_of(f"{before}¦{after}", *texts, replaces=overtyped)
    now_before, now_after = before + texts[0][:keys], closers + after[overtyped:]
    hit = cache.find(request(f"{now_before}¦{now_after}"))
    if hit is None:
        return
    for item in hit.alternatives:
        accepted = now_before + item.text + now_after[item.replaces :]
        kept = hit.typed.closers[item.replaces :]
        assert accepted == before + texts[item.rank] + kept + after[overtyped:]


@given(SOURCE, SOURCE, SOURCE, st.integers(0, 3))
def test_typing_a_candidate_key_by_key_leaves_its_rest_each_time(
    before: str, after: str, text: str, replaces: int
) -> None:
    base = request(f"{before}¦{after}")
    alternatives = completion("a" + text, replaces=replaces).alternatives
    for end in range(len(text) + 2):
        now = request(f"{before}{('a' + text)[:end]}¦{after}")
        typed = typed_since(Place.of(base), now, end)
        assert typed == Typed(("a" + text)[:end])
        rest = ("a" + text)[end:]
        left = [(item.text, item.replaces) for item in remainders(alternatives, typed)]
        assert left == ([(rest, replaces)] if rest.strip() else [])
