"""A bare engine serves as a plain client would use it: the latest request wins."""

from __future__ import annotations

import threading

import pytest

from codex_lsp.bench.engine_service import EngineService
from codex_lsp.bench.service import CANCELLED, Growth, Item, Reply
from codex_lsp.completer import Completer
from codex_lsp.errors import BenchError, EngineError
from codex_lsp.options import CompleterOptions
from codex_lsp.sampling import SamplingParams
from tests.unit.fake_engine import END, FakeEngine, description

ONE_ROW = CompleterOptions(sampling=SamplingParams(n=1), profile="eager")
WAIT_S = 10.0


def serve(engine: FakeEngine) -> EngineService:
    return EngineService(Completer(engine, description()), ONE_ROW)


def test_a_line_is_answered() -> None:
    service = serve(FakeEngine([("b\n", -0.1)]))
    service.open("a  # x", 1, "python")
    service.insert("=")
    assert service.version == 2
    request = service.ask()
    reply = service.news(WAIT_S)
    assert isinstance(reply, Reply)
    assert (reply.request, reply.error) == (request, "")
    assert [item.text for item in reply.items] == ["b"]
    service.close()


def test_nothing_to_say_is_an_empty_answer() -> None:
    service = serve(FakeEngine([(END, -0.1)]))
    service.open("a = ", 3, "python")
    service.ask()
    reply = service.news(WAIT_S)
    assert isinstance(reply, Reply) and reply.items == ()
    service.close()


def test_a_block_grows_behind_its_answer() -> None:
    service = serve(FakeEngine([("\n    b\n    c\nd", -0.1)]))
    service.open("if a:", 5, "python")
    service.ask()
    news = [service.news(WAIT_S)]
    while not (isinstance(news[-1], Growth) and news[-1].text.endswith("c")):
        news.append(service.news(WAIT_S))
    first = news[0]
    assert isinstance(first, Reply)
    assert first.items == (Item("\n    b", stream="1"),)
    assert {item.version for item in news if isinstance(item, Growth)} == {1}
    service.close()


def test_a_newer_request_stops_the_one_before() -> None:
    reached, go_on = threading.Event(), threading.Event()

    def on_step(step: int) -> None:
        reached.set()
        go_on.wait(WAIT_S)

    service = serve(FakeEngine([("abc\n", -0.1)], [("d\n", -0.1)], on_step=on_step))
    service.open("x", 1, "python")
    first = service.ask()
    assert reached.wait(WAIT_S)
    second = service.ask()
    go_on.set()
    replies = [service.news(WAIT_S), service.news(WAIT_S)]
    assert isinstance(replies[0], Reply) and isinstance(replies[1], Reply)
    assert (replies[0].request, replies[0].error) == (first, CANCELLED)
    assert (replies[1].request, [item.text for item in replies[1].items]) == (second, ["d"])
    service.close()


def test_a_failing_engine_ends_the_measurement() -> None:
    def fail(step: int) -> None:
        raise EngineError("It is broken.")

    service = serve(FakeEngine([("a\n", -0.1)], on_step=fail))
    service.open("x", 1, "python")
    service.ask()
    with pytest.raises(BenchError, match="It is broken"):
        service.news(WAIT_S)
    service.close()
