"""What is answered from what is known already, with a written model and a real worker thread."""

from __future__ import annotations

import pytest

from codex_lsp.errors import EngineError
from codex_lsp.types import CompletionRequest, Recalled, Rejection, RejectionReason
from codex_lsp_server.settings import Settings
from tests.unit.fake_engine import FakeEngine
from tests.unit.server.asking import URI, Session, argument, rows, texts


async def test_typing_on_is_answered_with_what_is_left() -> None:
    session = Session(FakeEngine(rows("abc\n", "abd\n")), "x =¦")
    assert await session.texts() == ["abc", "abd"]
    session.type("ab")
    assert await session.texts() == ["c", "d"]
    await session.close()


async def test_typing_away_brings_up_the_sibling_that_still_agrees() -> None:
    session = Session(FakeEngine(rows("abc\n", "xyz\n")), "x =¦")
    assert await session.texts() == ["abc", "xyz"]
    session.type("x")
    assert await session.texts() == ["yz"]
    await session.close()


async def test_typing_what_nobody_said_asks_the_model_again() -> None:
    engine = FakeEngine(rows("abc\n", "xyz\n"), rows("new\n", "old\n"))
    session = Session(engine, "x =¦")
    await session.texts()
    session.type("q")
    assert await session.texts() == ["new", "old"]
    assert len(engine.prompts) == 2
    await session.close()


async def test_typing_all_of_it_asks_the_model_again() -> None:
    session = Session(FakeEngine(rows("ab\n", "xy\n"), rows(" + c\n", "\n")), "x =¦")
    await session.texts()
    session.type("ab")
    assert await session.texts() == [" + c"]
    await session.close()


async def test_asking_by_hand_asks_the_model_again() -> None:
    session = Session(FakeEngine(rows("ab\n", "xy\n"), rows("cd\n", "zw\n")), "x =¦")
    assert await session.texts() == ["ab", "xy"]
    assert await session.texts(invoked=True) == ["cd", "zw"]
    await session.close()


async def test_another_change_asks_the_model_again() -> None:
    session = Session(FakeEngine(rows("ab\n", "xy\n"), rows("cd\n", "zw\n")), "x =¦")
    await session.texts()
    session.replace(0, 0, "y")
    session.cursor += 1
    assert await session.texts() == ["cd", "zw"]
    await session.close()


async def test_a_document_that_was_closed_is_forgotten() -> None:
    session = Session(FakeEngine(rows("ab\n", "xy\n"), rows("cd\n", "zw\n")), "x =¦")
    await session.texts()
    session.completing.forget(URI)
    assert await session.texts() == ["cd", "zw"]
    await session.close()


async def test_an_engine_that_fails_is_a_reason_and_no_error() -> None:
    def fail(step: int) -> None:
        raise EngineError("The model failed.")

    session = Session(FakeEngine(rows("ab\n", "xy\n"), on_step=fail), "x =¦")
    answer = await session.ask()
    assert answer.rejection == Rejection(RejectionReason.ENGINE_FAILED, "The model failed.")
    assert session.errors == ["codex-lsp: The model failed."]
    await session.close()


@pytest.mark.parametrize(
    ("settings", "detail"),
    [
        (Settings(enable=False), "Completions are switched off."),
        (
            Settings(disabled_languages=("python",)),
            "Completions are switched off in python documents.",
        ),
    ],
)
async def test_where_completions_are_switched_off(settings: Settings, detail: str) -> None:
    session = Session(FakeEngine(), "x =¦", settings)
    answer = await session.ask()
    assert answer.rejection == Rejection(RejectionReason.DISABLED, detail)
    await session.close()


async def test_taking_back_what_was_typed_is_answered_again() -> None:
    session = Session(FakeEngine(rows("abc\n", "xyz\n")), "x =¦")
    await session.texts()
    session.type("ab")
    assert await session.texts() == ["c"]
    session.delete(1)
    assert await session.texts() == ["bc"]
    session.delete(1)
    session.type("x")
    assert await session.texts() == ["yz"]
    session.delete(1)
    assert await session.texts() == ["abc", "xyz"]
    await session.close()


async def test_going_back_to_an_earlier_line_is_answered_again() -> None:
    engine = FakeEngine(rows("abc\n", "xyz\n"), rows("new\n", "old\n"))
    session = Session(engine, "x =¦\ny =")
    await session.texts()
    session.cursor = len("x =\ny =")
    assert await session.texts() == ["new", "old"]
    session.cursor = len("x =")
    assert await session.texts() == ["abc", "xyz"]
    assert len(engine.prompts) == 2
    await session.close()


async def test_an_auto_closed_bracket_is_part_of_the_answer() -> None:
    session = Session(FakeEngine(rows("f(a)\n", "xyz\n")), "x =¦\n")
    await session.texts()
    session.type("f(", behind=")")
    answer = await session.ask()
    assert texts(answer) == ["a)"]
    span = answer.items[0].range
    assert span is not None
    assert (span.start.character, span.end.character) == (5, 6)
    session.type("a")
    session.type(")", over=1)
    assert session.document.source == "x =f(a)\n"
    await session.close()


async def test_settings_that_change_are_asked_for_anew() -> None:
    session = Session(FakeEngine(rows("ab\n", "xy\n"), [("cd\n", -1.0)]), "x =¦")
    assert await session.texts() == ["ab", "xy"]
    session.settings = Settings(profile="eager", samples=1, prefetch=False)
    assert await session.texts() == ["cd"]
    await session.close()


async def test_each_item_says_how_it_came_about() -> None:
    session = Session(FakeEngine(rows("abc\n", "axy\n")), "x =¦")
    origins = [argument(await session.ask())["origin"]]
    for key in "ax":
        session.type(key)
        origins.append(argument(await session.ask())["origin"])
    assert origins == ["model", "cache", "sibling"]
    await session.close()


async def test_lines_seen_elsewhere_are_handed_to_the_model_with_the_request() -> None:
    asked: list[CompletionRequest] = []

    def recall(request: CompletionRequest) -> tuple[Recalled, ...]:
        asked.append(request)
        return ()

    session = Session(FakeEngine(rows("abc\n", "xyz\n")), "x =¦", recall=recall)
    await session.texts()
    session.type("a")
    await session.texts()
    assert [(item.document.text, item.offset) for item in asked] == [("x =", 3)]
    await session.close()


async def test_the_counters_tell_what_was_answered_and_what_it_took() -> None:
    session = Session(FakeEngine(rows("abc\n", "axy\n"), rows("\n", "\n")), "x =¦")
    await session.ask()
    for key in "axq":
        session.type(key)
        await session.ask()
    counts = session.counts()
    assert counts["requests"] == 4
    assert counts["answers"] == {"model": 1, "cache": 1, "sibling": 1}
    assert counts["rejections"] == {"empty": 1}
    # Rows of 4 bytes, then of one; the prompts have 3 and 6.
    assert counts["work"] == {
        "promptTokens": 9,
        "readTokens": 9,
        "decodedTokens": 10,
        "scoredTokens": 0,
        "shownTokens": 3,
    }
    assert counts["cache"] == {"entries": 1, "keptStateMb": 0.0, "dropped": 0}
    assert [item["origin"] for item in counts["recent"]] == ["model", "cache", "sibling"]
    assert [item["engineMs"] for item in counts["recent"][1:]] == [0.0, 0.0]
    assert URI not in str(counts)
    await session.close()
