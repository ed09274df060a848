"""What the traces say of requests, with a written model behind a real worker."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from codex_lsp.types import Recalled
from codex_lsp_server.settings import Settings
from tests.unit.fake_engine import FakeEngine
from tests.unit.server.asking import URI, Gate, Session, rows, until


def traces(session: Session, last: int = 1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = session.completing.explain({"last": last})["traces"]
    return found


def without_times(trace: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in trace.items() if key not in ("at", "ms")}


def sampled(text: str, **more: Any) -> dict[str, Any]:
    return {
        "text": text,
        "rank": None,
        "meanLogprob": -1.0,
        "confidence": None,
        "tokens": len(text),
        "agreement": 1,
        "source": "sampled",
        "trimmedBy": [],
        "findings": [],
        "rejected": None,
        "rejectedBy": "",
        "detail": "",
    } | more


async def test_a_request_that_the_model_answered() -> None:
    session = Session(FakeEngine(rows("abc)\n", "abd)\n")), "f(¦)\n")
    assert await session.texts() == ["abc", "abd"]
    (trace,) = traces(session)
    confidences = [item["confidence"] for item in trace["candidates"]]
    assert confidences == sorted(confidences, reverse=True)
    assert without_times(trace) == {
        "id": 1,
        "uri": URI,
        "version": 1,
        "position": {"line": 0, "character": 2},
        "language": "python",
        "trigger": "automatic",
        "decision": "line",
        "outcome": "shown",
        "sentence": "The model was asked; the best candidate is shown.",
        "work": {"read": 2, "kept": 0, "decoded": 10, "scored": 0},
        "cached": False,
        "candidates": [
            sampled("abc", rank=0, confidence=confidences[0], trimmedBy=["same_line"]),
            sampled(
                "abd",
                rank=1,
                confidence=confidences[1],
                meanLogprob=-2.0,
                trimmedBy=["same_line"],
            ),
        ],
    }
    assert trace["ms"]["prefill"] == 1.0 and trace["ms"]["decode"] == 2.0
    assert trace["at"].endswith("+00:00")
    await session.close()


async def test_a_candidate_that_a_filter_rejected() -> None:
    session = Session(FakeEngine([("\n", -1.0), ("\n", -1.0)]), "x =¦\n")
    assert await session.texts() == []
    (trace,) = traces(session)
    assert trace["outcome"] == "empty"
    (candidate,) = trace["candidates"]
    assert candidate["rejected"] == "empty"
    assert candidate["rejectedBy"] != ""
    assert candidate["agreement"] == 2
    assert candidate["rank"] is None
    await session.close()


async def test_an_answer_from_the_cache_took_no_work() -> None:
    session = Session(FakeEngine(rows("abc\n", "abd\n")), "x =¦")
    await session.texts()
    session.type("ab")
    assert await session.texts() == ["c", "d"]
    newest, oldest = traces(session, 9)
    assert (newest["id"], oldest["id"]) == (2, 1)
    assert newest["cached"] and newest["outcome"] == "shown" and newest["decision"] == "line"
    assert newest["work"] == {"read": 0, "kept": 0, "decoded": 0, "scored": 0}
    assert [item["text"] for item in newest["candidates"]] == ["c", "d"]
    assert newest["sentence"].startswith("What was typed agrees")
    await session.close()


async def test_the_sibling_keeps_its_rank() -> None:
    session = Session(FakeEngine(rows("abc\n", "xyz\n")), "x =¦")
    await session.texts()
    session.type("x")
    assert await session.texts() == ["yz"]
    (trace,) = traces(session)
    assert [(item["text"], item["rank"]) for item in trace["candidates"]] == [("yz", 1)]
    assert trace["sentence"].startswith("What was typed has left")
    await session.close()


async def test_one_that_was_refused_never_reached_the_model() -> None:
    off = Settings(samples=2, enable=False)
    session = Session(FakeEngine(), "x =¦", off)
    await session.texts()
    (trace,) = traces(session)
    assert (trace["decision"], trace["outcome"], trace["cached"]) == ("none", "disabled", False)
    assert trace["sentence"] == "Completions are switched off."
    await session.close()


async def test_a_recalled_line_answers_without_the_model() -> None:
    line = Recalled("abc", 0.9)
    session = Session(FakeEngine(), "x =¦\n", recall=lambda request: (line,))
    assert await session.texts() == ["abc"]
    (trace,) = traces(session)
    assert trace["work"]["decoded"] == 0 and not trace["cached"]
    (candidate,) = trace["candidates"]
    assert (candidate["source"], candidate["meanLogprob"]) == ("recalled", None)
    assert candidate["confidence"] == 0.9
    await session.close()


async def test_a_request_that_a_newer_one_replaced() -> None:
    gate = Gate()
    engine = FakeEngine(rows("abc\n", "abd\n"), rows("new\n", "old\n"), on_step=gate)
    session = Session(engine, "x =¦")
    first = await session.asking()
    await gate.reached(1)
    session.replace(0, 1, "y")
    second = await session.asking()
    await first
    session.open(gate)
    await second
    newest, oldest = traces(session, 2)
    assert (oldest["outcome"], newest["outcome"]) == ("superseded", "shown")
    assert oldest["sentence"] == "A newer request came."
    assert oldest["decision"] == "line"
    await session.close()


async def test_a_request_that_was_called_off() -> None:
    gate = Gate()
    session = Session(FakeEngine(rows("abc\n", "abd\n"), on_step=gate), "x =¦")
    asked = await session.asking()
    await gate.reached(1)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    session.open(gate)
    await until(lambda: traces(session)[0]["work"]["decoded"] > 0)
    (trace,) = traces(session)
    assert (trace["outcome"], trace["decision"]) == ("cancelled", "line")
    assert trace["sentence"] == "The editor called the request off."
    await session.close()


async def test_what_a_block_grew_to_is_known_in_the_end() -> None:
    engine = FakeEngine(rows("\n    ab\n    cd\nx", "\n    xy\n"))
    session = Session(engine, "if x:¦")
    session.completing.streaming = True
    assert await session.texts() == ["\n    ab", "\n    xy"]
    whole = "\n    ab\n    cd"
    await until(lambda: bool(traces(session)[0]["candidates"][0]["text"] == whole))
    (trace,) = traces(session)
    assert trace["decision"] == "block"
    await session.close()


async def test_the_ring_is_bounded_and_can_be_asked_by_document() -> None:
    session = Session(FakeEngine(), "x =¦", Settings(enable=False))
    for _ in range(205):
        await session.ask()
    assert [len(traces(session, last)) for last in (0, 1, 1000, -1)] == [0, 1, 200, 0]
    assert traces(session, 1000)[-1]["id"] == 6
    assert session.completing.explain({"uri": "file:///b.py"}) == {"traces": []}
    assert len(session.completing.explain({"uri": URI, "last": 2})["traces"]) == 2
    for odd in (None, [], {"last": "x"}, {"last": True}, {"uri": 3}):
        assert len(session.completing.explain(odd)["traces"]) == 1
    await session.close()
