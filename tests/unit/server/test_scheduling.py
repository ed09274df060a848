"""Which job lives while the user types on, and who is told what. The model stands at a gate."""

from __future__ import annotations

import asyncio

import pytest

from codex_lsp.types import Rejection, RejectionReason
from codex_lsp_server import streams
from codex_lsp_server.answers import Answer
from codex_lsp_server.scheduling import NEWER
from codex_lsp_server.settings import Settings
from codex_lsp_server.worker import Worker
from tests.unit.fake_engine import FakeEngine
from tests.unit.server.asking import Gate, Session, argument, rows, texts, until

STALE = Answer(rejection=Rejection(RejectionReason.STALE, "The document changed meanwhile."))
BLOCK = "if x:¦"
LINES = ("\n    ab\n    cd\nend", "\n    xy\nend")
"""Two samples of a block; the first goes on for a line."""


def gated(*batches: object) -> tuple[FakeEngine, Gate]:
    gate = Gate()
    return FakeEngine(*batches, on_step=gate), gate  # type: ignore[arg-type]


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_job_that_may_still_agree_is_kept_and_its_answer_trimmed(streaming: bool) -> None:
    engine, gate = gated(rows("abcd\n", "xyzw\n"))
    session = Session(engine, "x =¦")
    session.completing.streaming = streaming
    older = await session.asking()
    await gate.reached(1)
    session.type("ab")
    newer = await session.asking()
    assert await older == Answer(rejection=NEWER)
    session.open(gate)
    answer = await newer
    assert texts(answer) == ["cd"]
    assert argument(answer)["origin"] == "kept"
    assert len(engine.prompts) == 1
    # The row that said something else was given up at its next token.
    assert engine.fed == [5, 2]
    await session.close()


async def test_a_job_that_no_sample_of_agrees_makes_room_for_the_newest_request() -> None:
    engine, gate = gated(rows("abcd\n", "xyzw\n"), rows("q\n", "r\n"))
    session = Session(engine, "x =¦")
    older = await session.asking()
    await gate.reached(1)
    session.type("=")
    newer = await session.asking()
    session.open(gate)
    assert texts(await newer) == ["q", "r"]
    assert await older == Answer(rejection=NEWER)
    assert [engine.tokenizer.decode(prompt.ids) for prompt in engine.prompts] == ["x =", "x =="]
    await session.close()


async def test_a_change_elsewhere_calls_the_job_off_before_anybody_asks() -> None:
    engine, gate = gated(rows("abcd\n", "xyzw\n"), rows("q\n", "r\n"))
    session = Session(engine, "x =¦")
    older = await session.asking()
    await gate.reached(1)
    session.replace(0, 0, "y")
    session.cursor += 1
    session.open(gate)
    assert await older == STALE
    assert engine.fed == [1, 1]
    assert await session.texts() == ["q", "r"]
    await session.close()


async def test_a_request_that_is_called_off_leaves_its_job_to_the_one_that_continues_it() -> None:
    engine, gate = gated(rows("abcd\n", "xyzw\n"))
    session = Session(engine, "x =¦")
    older = await session.asking()
    await gate.reached(1)
    # As VS Code does it: the change, the cancellation, and then the next request.
    session.type("a")
    older.cancel()
    with pytest.raises(asyncio.CancelledError):
        await older
    newer = await session.asking()
    session.open(gate)
    assert texts(await newer) == ["bcd"]
    assert len(engine.prompts) == 1
    assert session.counts()["rejections"] == {"cancelled": 1}
    await session.close()


async def test_a_request_that_is_called_off_in_an_unchanged_document_ends_its_job() -> None:
    engine, gate = gated(rows("abcd\n", "xyzw\n"), rows("q\n", "r\n"))
    session = Session(engine, "x =¦")
    older = await session.asking()
    await gate.reached(1)
    older.cancel()
    with pytest.raises(asyncio.CancelledError):
        await older
    session.open(gate)
    assert await session.texts() == ["q", "r"]
    assert engine.fed == [2, 2]
    await session.close()


async def test_a_job_that_nobody_comes_back_for_is_called_off_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("codex_lsp_server.scheduling.GRACE_S", 0.0)
    engine, gate = gated(rows("abcd\n", "xyzw\n"), rows("q\n", "r\n"))
    session = Session(engine, "x =¦")
    older = await session.asking()
    await gate.reached(1)
    session.type("a")
    older.cancel()
    with pytest.raises(asyncio.CancelledError):
        await older
    await until(lambda: session.completing._slot.run is None)
    session.open(gate)
    assert await session.texts() == ["q", "r"]
    await session.close()


async def test_a_job_whose_request_went_stale_answers_the_next_one() -> None:
    engine, gate = gated(rows("abcd\n", "xyzw\n"))
    session = Session(engine, "x =¦")
    older = await session.asking()
    await gate.reached(1)
    session.type("a")
    session.open(gate)
    assert await older == STALE
    answer = await session.ask()
    assert (texts(answer), argument(answer)["origin"]) == (["bcd"], "kept")
    await session.close()


async def test_asking_by_hand_begins_anew_while_a_job_runs() -> None:
    engine, gate = gated(rows("abcd\n", "xyzw\n"), rows("q\n", "r\n"))
    session = Session(engine, "x =¦")
    older = await session.asking()
    await gate.reached(1)
    session.open(gate)
    assert await session.texts(invoked=True) == ["q", "r"]
    assert await older == Answer(rejection=NEWER)
    await session.close()


async def test_a_request_elsewhere_calls_the_job_off() -> None:
    engine, gate = gated(rows("abcd\n", "xyzw\n"), rows("q\n", "r\n"))
    session = Session(engine, "x =¦\ny =")
    older = await session.asking()
    await gate.reached(1)
    session.cursor = len("x =\ny =")
    newer = await session.asking()
    session.open(gate)
    assert texts(await newer) == ["q", "r"]
    assert await older == Answer(rejection=NEWER)
    await session.close()


async def test_a_closed_document_leaves_nobody_waiting() -> None:
    engine, gate = gated(rows("abcd\n", "xyzw\n"))
    session = Session(engine, "x =¦")
    older = await session.asking()
    await gate.reached(1)
    session.completing.forget(session.document.uri)
    closed = Rejection(RejectionReason.STALE, "The document was closed meanwhile.")
    assert await older == Answer(rejection=closed)
    session.open(gate)
    await session.close()
    assert session.counts()["cache"]["entries"] == 0


async def test_a_client_that_shows_growth_gets_it_from_where_it_has_typed_to() -> None:
    engine, gate = gated(rows(*LINES))
    session = Session(engine, BLOCK)
    session.completing.streaming = True
    first = await session.asking()
    await gate.reached(len("\n    ab\n"))
    answer = await first
    assert texts(answer) == ["\n    ab", "\n    xy"]
    session.type("\n    a")
    moved = await session.ask()
    assert texts(moved) == ["b"]
    assert argument(moved) == {**argument(answer), "origin": "cache"}
    session.open(gate)
    await until(lambda: bool(session.notes) and session.notes[-1]["done"])
    last = session.notes[-1]
    assert (last["version"], last["position"]) == (2, {"line": 1, "character": 5})
    assert last["insertText"] == "b\n    cd"
    assert len(engine.prompts) == 1
    await session.close()


async def test_growth_stops_when_a_sibling_is_promoted() -> None:
    engine, gate = gated(rows(*LINES))
    session = Session(engine, BLOCK)
    session.completing.streaming = True
    first = await session.asking()
    await gate.reached(len("\n    ab\n"))
    assert texts(await first) == ["\n    ab", "\n    xy"]
    session.type("\n    x")
    answer = await session.ask()
    assert (texts(answer), argument(answer)["origin"]) == (["y"], "sibling")
    session.open(gate)
    await until(lambda: bool(session.notes) and session.notes[-1]["done"])
    assert engine.fed[0] == len("\n    ab\n")
    await session.close()


async def test_what_grows_behind_an_accepted_line_is_the_next_completion() -> None:
    engine, gate = gated(rows(*LINES))
    session = Session(engine, BLOCK)
    session.completing.streaming = True
    first = await session.asking()
    await gate.reached(len("\n    ab\n"))
    answer = await first
    session.type("\n    ab")
    session.completing.accepted(argument(answer)["id"], 0)
    # No more of it is shown: what was accepted stands in the document.
    assert [note["done"] for note in session.notes] == [True]
    newer = await session.asking()
    session.open(gate)
    following = await newer
    assert argument(following)["id"] != argument(answer)["id"]
    # It is shown as soon as there is some of it, and may grow.
    assert "\n    cd".startswith(texts(following)[0])
    await until(lambda: session.completing._slot.run is None)
    session.type("\n    c")
    assert await session.texts() == ["d"]
    assert len(engine.prompts) == 1
    await session.close()


async def test_a_client_that_shows_no_growth_gets_whole_answers() -> None:
    engine, gate = gated(rows(*LINES))
    session = Session(engine, BLOCK)
    first = await session.asking()
    await gate.reached(len("\n    ab\n"))
    again = await session.asking()
    session.open(gate)
    assert texts(await again) == ["\n    ab\n    cd", "\n    xy"]
    assert await first == Answer(rejection=NEWER)
    await session.close()


async def test_a_client_that_shows_no_growth_gets_the_line_while_the_user_types_it() -> None:
    engine, gate = gated(rows(*LINES))
    session = Session(engine, BLOCK)
    first = await session.asking()
    await gate.reached(len("\n    ab\n"))
    session.type("\n    a")
    answer = await session.ask()
    assert (texts(answer), argument(answer)["origin"]) == (["b"], "kept")
    assert await first == Answer(rejection=NEWER)
    session.open(gate)
    await session.close()


async def test_a_client_that_shows_no_growth_gets_whole_lines_only() -> None:
    engine, gate = gated(rows(*LINES))
    session = Session(engine, BLOCK)
    first = await session.asking()
    await gate.reached(len("\n    ab\n    c"))
    session.type("\n    a")
    assert await session.texts() == ["b"]
    session.type("b")
    newer = await session.asking()
    session.open(gate)
    assert texts(await newer) == ["\n    cd"]
    assert await first == Answer(rejection=NEWER)
    assert len(engine.prompts) == 1
    await session.close()


@pytest.mark.parametrize(
    ("decoded", "kept"),
    [
        ("\n    ab\n", "\n    ab"),
        ("\n    ab\n    c", "\n    ab"),
        ("\n    ab\n    cd\n    e", "\n    ab\n    cd"),
    ],
)
async def test_cancelling_a_growing_completion_keeps_its_whole_lines(
    decoded: str, kept: str
) -> None:
    engine, gate = gated(rows("\n    ab\n    cd\n    ef\nend", "\n    xy\nend"))
    session = Session(engine, BLOCK)
    session.completing.streaming = True
    first = await session.asking()
    await gate.reached(len(decoded))
    answer = await first
    session.completing.cancel_stream(argument(answer)["id"])
    session.open(gate)
    await until(lambda: bool(session.notes) and session.notes[-1]["done"])
    assert texts(await session.ask()) == [kept, "\n    xy"]
    await session.close()


async def test_when_it_is_late_a_client_is_not_kept_waiting_for_the_rest_of_a_block() -> None:
    engine, gate = gated(rows(*LINES))
    settings = Settings(profile="eager", samples=2, prefetch=False, max_latency_ms=0)
    session = Session(engine, BLOCK, settings)
    asked = await session.asking()
    await gate.reached(len("\n    ab\n    c"))
    # The second line is half there, and is not shown.
    assert texts(await asked)[0] == "\n    ab"
    session.type("\n    a")
    session.open(gate)
    await until(lambda: session.worker.idle)
    assert texts(await session.ask()) == ["b\n    cd"]
    assert len(engine.prompts) == 1
    await session.close()


async def test_who_asks_by_hand_waits_for_the_whole_block() -> None:
    engine, gate = gated(rows(*LINES))
    settings = Settings(profile="eager", samples=2, prefetch=False, max_latency_ms=0)
    session = Session(engine, BLOCK, settings)
    asked = await session.asking(invoked=True)
    await gate.reached(len("\n    ab\n    c"))
    session.open(gate)
    assert texts(await asked)[0] == "\n    ab\n    cd"
    await session.close()


async def test_a_sibling_that_is_shown_is_not_written_over_by_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held: list[tuple[Worker, object]] = []
    holding, take = False, Worker._take

    def hold(worker: Worker, report: object) -> None:
        if holding:
            held.append((worker, report))
        else:
            take(worker, report)  # type: ignore[arg-type]

    monkeypatch.setattr(Worker, "_take", hold)
    monkeypatch.setattr(streams, "FIRST_DELAY_S", 0)
    block = "\n    foo(\n        a,\n        b,\n    )\n"
    engine, gate = gated([(block, -1.0), ("\n    yes()\n", -1.01)])
    session = Session(engine, "def f():¦\n")
    session.completing.streaming = True
    first = await session.asking()
    await gate.reached(0)
    holding = True
    gate.go_on()
    await gate.reached(len("\n    foo(\n") + 1)
    # It is decided, and the news are on their way when the user types what the second says.
    await until(lambda: bool(held))
    session.type("\n    y")
    newer = await session.asking()
    holding = False
    for worker, report in held:
        take(worker, report)  # type: ignore[arg-type]
    assert texts(await newer) == ["es()"]
    session.open(gate)
    await until(lambda: session.worker.idle)
    for _ in range(10):  # whatever would be told is told at one of the loop's next turns
        await asyncio.sleep(0)
    assert session.notes == []
    assert await first == Answer(rejection=NEWER)
    await session.close()


async def test_nothing_goes_on_from_what_was_accepted_to_its_end() -> None:
    engine = FakeEngine(rows("total\n", "total_count\n"), rows("ZZ\n", "ZZ\n"))
    session = Session(engine, "x = 1\ny=¦\n")
    answer = await session.ask(invoked=True)
    assert texts(answer) == ["total", "total_count"]
    session.type("total")
    session.completing.accepted(argument(answer)["id"], 0)
    assert "_count" not in await session.texts()
    await session.close()
