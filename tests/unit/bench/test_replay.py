"""The typist types exactly the text, accepts what comes next, and records what it saw."""

from __future__ import annotations

import pytest

from codex_lsp.bench import replay
from codex_lsp.bench.corpus import Text
from codex_lsp.bench.events import Answer, Counters, Key
from codex_lsp.bench.metrics import summarize
from codex_lsp.bench.replay import Piece, Typist, alternate, pieces
from codex_lsp.bench.rhythm import Rhythm
from codex_lsp.bench.service import Growth
from tests.unit.bench.fake_service import FakeService

TEXT = Text("a.py", "python", "import os\nfor name in os.listdir():\n    print(name)\n")
PIECE = Piece(TEXT, 10, len(TEXT.content) - 1)
FAST = Typist("fast")


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "SETTLE_S", 0.0)


def test_without_suggestions_every_key_is_pressed() -> None:
    service = FakeService(lambda before: None)
    found = replay.replay(service, "v", PIECE, FAST)
    assert service.before + service.after == TEXT.content
    keys = [event for event in found.events if isinstance(event, Key)]
    # The newline and four blanks are one key.
    assert len(keys) == PIECE.end - PIECE.start - 4
    assert [key.key for key in keys] == list(range(len(keys)))
    assert not any(key.kept or key.accepted for key in keys)
    assert service.log[0] == "open python" and service.log[-1] == "close"
    assert isinstance(found.events[0], Counters) and isinstance(found.events[-1], Counters)


def test_what_stands_behind_the_piece_stays_there_from_the_start() -> None:
    service = FakeService(lambda before: None)
    replay.replay(service, "v", Piece(TEXT, 10, 20), FAST)
    assert service.before + service.after == TEXT.content
    assert service.after == TEXT.content[20:]


def test_a_right_suggestion_is_accepted_whole() -> None:
    service = FakeService(lambda before: "listdir():" if before.endswith("os.") else None)
    found = replay.replay(service, "v", PIECE, FAST)
    assert service.before + service.after == TEXT.content
    (accepted,) = [event for event in found.events if isinstance(event, Key) and event.accepted]
    assert (accepted.chars, accepted.strokes, accepted.kept) == (10, 10, False)
    assert [item.text for item in service.accepted_items] == ["listdir():"]
    assert summarize("v", [found]).saved_keys == 9


def test_a_typist_who_accepts_nothing_presses_every_key() -> None:
    service = FakeService(lambda before: "listdir():" if before.endswith("os.") else None)
    found = replay.replay(service, "v", PIECE, Typist("fast", accepts=False))
    keys = [event for event in found.events if isinstance(event, Key)]
    assert len(keys) == PIECE.end - PIECE.start - 4
    assert not any(key.accepted for key in keys)
    assert sum(key.kept for key in keys) == len("listdir()")
    assert service.accepted_items == []


def test_a_first_line_is_accepted_alone_and_the_rest_stays_on_screen() -> None:
    offer = "listdir():\n    pass"
    service = FakeService(lambda before: offer if before.endswith("os.") else None)
    found = replay.replay(service, "v", PIECE, FAST)
    keys = [event for event in found.events if isinstance(event, Key)]
    (index,) = [key.key for key in keys if key.accepted]
    assert keys[index].chars == len("listdir():")
    # The newline, the indentation and the p of `pass` were typed through; `print` then left it.
    assert [key.kept for key in keys[index:]][:4] == [True, True, True, False]
    # Its command runs when the whole is accepted only.
    assert service.accepted_items == []


def test_a_suggestion_stays_on_screen_though_the_next_answer_is_empty() -> None:
    service = FakeService(lambda before: "or nomen" if before.endswith("\nf") else None)
    found = replay.replay(service, "v", PIECE, FAST)
    keys = [event for event in found.events if isinstance(event, Key)]
    assert [key.kept for key in keys[:6]] == [False, True, True, True, True, False]
    assert summarize("v", [found]).within[50] == 5 / len(keys)


def test_a_suggestion_grows_on_screen() -> None:
    service = FakeService(lambda before: "or na" if before.endswith("\nf") else None)
    service.grow = lambda: (
        Growth(0.0, "s", 2, "or name in os.listdir():") if service.version == 2 else None
    )
    found = replay.replay(service, "v", Piece(TEXT, 10, TEXT.content.index("\n    ")), FAST)
    keys = [event for event in found.events if isinstance(event, Key)]
    # The answer alone is what is seen at the next key: growth came behind it.
    assert [key.chars for key in keys][:2] == [1, len("or na")]


@pytest.mark.parametrize("cancels", [True, False])
def test_an_outdated_request_is_called_off_only_by_an_editor_that_does_so(cancels: bool) -> None:
    service = FakeService(lambda before: None if before.endswith(" os") else ...)
    hasty = Typist("real", cancels, rhythm=Rhythm(words_per_minute=1e9))
    found = replay.replay(service, "v", Piece(TEXT, 6, 9), hasty)
    expected = ["insert  ", "ask 1", "insert o", "cancel 1", "ask 2", "insert s", "cancel 2"]
    assert service.log[1:-2] == [
        entry for entry in expected if cancels or not entry.startswith("cancel")
    ]
    assert service.log[-2] == "ask 3"
    assert summarize("v", [found]).late == 2


def test_pieces_are_spread_over_all_texts() -> None:
    other = Text("b.py", "python", TEXT.content * 20)
    found = pieces([TEXT, other], 300)
    assert [piece.text.name for piece in found] == ["a.py", "b.py", "a.py", "b.py"]
    assert found[1].start < found[3].start
    for piece in found:
        content = piece.text.content
        assert content[piece.start] not in " \t\n"
        assert content[piece.end : piece.end + 1] in ("\n", "")


def test_services_take_turns() -> None:
    service = FakeService(lambda before: None)
    order = [
        recording.segment.variant
        for recording in alternate({"a": service, "b": service}, [PIECE, PIECE], FAST)
    ]
    assert order == ["a", "b", "b", "a"]


def test_the_recording_names_what_was_typed() -> None:
    found = replay.replay(FakeService(lambda before: None), "v", PIECE, FAST)
    assert (found.segment.variant, found.segment.file, found.segment.pace) == ("v", "a.py", "fast")
    assert (found.segment.start, found.segment.chars) == (10, PIECE.end - 10)
    assert all(not event.error for event in found.events if isinstance(event, Answer))


def test_warming_up_waits_for_the_answer() -> None:
    service = FakeService(lambda before: "x")
    replay.warm_up(service)
    assert service.log == ["open python", "ask 1", "close"]
