"""Jobs, and what becomes of them when the process dies; a thread plays the process."""

from __future__ import annotations

import asyncio
import signal
import threading
from pathlib import Path

import pytest

from codex_lsp.completer import Completer
from codex_lsp.errors import EngineCrashedError, EngineError, InvalidModelError
from codex_lsp.options import CompleterOptions, EngineOptions
from codex_lsp.process.messages import Load
from codex_lsp.process.runner import Model
from codex_lsp.sampling import SamplingParams
from codex_lsp.types import (
    Completion,
    CompletionRequest,
    Document,
    Outcome,
    Rejection,
    RejectionReason,
)
from codex_lsp_server import worker as worker_module
from codex_lsp_server.engine_child import EngineChild
from codex_lsp_server.worker import NOT_RUNNING, Job, Worker
from tests.unit.engine_thread import Engines, ThreadProcess
from tests.unit.fake_engine import FakeEngine, description

NOWHERE = Path("nowhere")
OPTIONS = CompleterOptions(sampling=SamplingParams(n=1), profile="eager")
SUPERSEDED = Rejection(RejectionReason.SUPERSEDED, "A newer request came.")
KILLED = "The engine's process was ended by signal 9 (SIGKILL), which happens when memory runs out"


def request(text: str = "x =") -> CompletionRequest:
    return CompletionRequest(Document(text, "python", "file:///a.py"), len(text))


class Gate:
    """Holds an engine at one of its decoding steps."""

    def __init__(self, step: int = 0) -> None:
        self._step = step
        self.reached = threading.Event()
        self.open = threading.Event()

    def __call__(self, step: int) -> None:
        if step == self._step:
            self.reached.set()
            assert self.open.wait(30)

    async def wait(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, 30)


async def heard(engines: Engines, count: int) -> None:
    """Wait until the process has heard that many orders, that to load among them."""
    assert await asyncio.to_thread(engines.processes[-1].orders.heard, count)


async def loaded(engines: Engines) -> Worker:
    worker = Worker(engines.start)
    await worker.load(NOWHERE, EngineOptions())
    return worker


async def texts(job: Job) -> list[str]:
    result = (await job.done).result
    assert isinstance(result, Completion)
    return [item.text for item in result.alternatives]


async def test_a_job_tells_the_first_line_then_the_whole() -> None:
    worker = await loaded(Engines(FakeEngine([("\n    a\n    b\nc", -1.0)])))
    job = worker.start(request("def f():"), OPTIONS)
    assert not worker.idle
    first = await job.first
    assert isinstance(first, Completion)
    assert (first.text, first.complete) == ("\n    a", False)
    assert await texts(job) == ["\n    a\n    b"]
    assert job.latest == (await job.done).result
    assert worker.idle
    await worker.close()


async def test_a_newer_job_calls_the_running_one_off() -> None:
    gate = Gate()
    engines = Engines(FakeEngine([("old\n", -1.0)], [("new\n", -1.0)], on_step=gate))
    worker = await loaded(engines)
    older = worker.start(request(), OPTIONS)
    await gate.wait()
    newer = worker.start(request(), OPTIONS)
    await heard(engines, 4)
    gate.open.set()
    assert (await older.done).result == SUPERSEDED
    assert await older.first == SUPERSEDED
    assert await texts(newer) == ["new"]
    await worker.close()


async def test_a_job_called_off_before_it_began_never_begins() -> None:
    gate = Gate()
    engine = FakeEngine([("a\n", -1.0)], [("c\n", -1.0)], on_step=gate)
    engines = Engines(engine)
    worker = await loaded(engines)
    jobs = [worker.start(request(), OPTIONS)]
    await gate.wait()
    jobs += [worker.start(request(), OPTIONS), worker.start(request(), OPTIONS)]
    await heard(engines, 6)
    gate.open.set()
    assert [(await job.done).result for job in jobs[:2]] == [SUPERSEDED, SUPERSEDED]
    assert await texts(jobs[2]) == ["c"]
    assert len(engine.prompts) == 2
    await worker.close()


async def test_what_is_typed_meanwhile_reaches_the_rows() -> None:
    gate = Gate(1)
    engines = Engines(FakeEngine([("abcd\n", -1.0)], on_step=gate))
    worker = await loaded(engines)
    job = worker.start(request(), OPTIONS)
    await gate.wait()
    job.typed("x")
    await heard(engines, 3)
    gate.open.set()
    assert (await job.done).result == Rejection(
        RejectionReason.SUPERSEDED,
        "Something else was typed than what the samples say.",
        by="mismatch",
    )
    await worker.close()


async def test_a_line_ending_of_the_document_typed_meanwhile_is_a_line_feed_to_the_rows() -> None:
    gate = Gate(1)
    engines = Engines(FakeEngine([("\n    a\nb", -1.0)], on_step=gate))
    worker = await loaded(engines)
    job = worker.start(request("x = 1\r\ndef f():"), OPTIONS)
    await gate.wait()
    job.typed("\r\n    ")
    await heard(engines, 3)
    gate.open.set()
    assert await texts(job) == ["\r\n    a"]
    await worker.close()


async def test_a_place_where_nothing_is_completed_does_not_reach_the_process() -> None:
    engine = FakeEngine()
    worker = await loaded(Engines(engine))
    document = Document("word", "python")
    outcome = await worker.start(CompletionRequest(document, 2), OPTIONS).done
    assert isinstance(outcome.result, Rejection)
    assert outcome.result.reason is RejectionReason.MID_WORD
    assert engine.prompts == []
    await worker.close()


async def test_warming_is_dropped_while_a_job_runs_and_makes_way_for_one() -> None:
    gate = Gate()
    engine = FakeEngine([("a", -1.0)], [("b\n", -1.0)], on_step=gate)
    engines = Engines(engine)
    worker = await loaded(engines)
    below = request("y = 1\nx =")
    worker.warm(below, OPTIONS)
    assert not worker.idle
    await gate.wait()
    worker.warm(below, OPTIONS)
    job = worker.start(request(), OPTIONS)
    worker.warm(below, OPTIONS)
    await heard(engines, 4)
    gate.open.set()
    assert await texts(job) == ["b"]
    assert worker.idle
    assert len(engine.prompts) == 2
    await worker.close()


async def test_an_error_of_the_engine_keeps_its_type_and_the_next_job_works() -> None:
    def fail(step: int) -> None:
        if len(engine.prompts) == 1:
            raise EngineError("The model failed.")

    engine = FakeEngine([("a\n", -1.0)], [("b\n", -1.0)], on_step=fail)
    worker = await loaded(Engines(engine))
    with pytest.raises(EngineError, match="^The model failed.$"):
        await worker.start(request(), OPTIONS).done
    assert await texts(worker.start(request(), OPTIONS)) == ["b"]
    await worker.close()


async def test_an_error_that_nobody_foresaw_does_not_say_what_it_was_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(step: int) -> None:
        raise KeyError("secret source")

    worker = await loaded(Engines(FakeEngine([("a\n", -1.0)], on_step=fail)))
    with pytest.raises(EngineError, match="KeyError"):
        await worker.start(request(), OPTIONS).first
    assert "secret" not in caplog.text
    assert "test_worker.py" in caplog.text
    await worker.close()


async def test_a_process_that_dies_at_work_is_a_reason_and_told_once() -> None:
    gate = Gate()
    engines = Engines(FakeEngine([("a\n", -1.0)], on_step=gate), FakeEngine([("b\n", -1.0)]))
    worker = await loaded(engines)
    told: list[str] = []
    worker.on_crash = told.append
    job = worker.start(request(), OPTIONS)
    await gate.wait()
    engines.processes[0].die(signal.SIGKILL)
    gate.open.set()
    assert (await job.done).result == Rejection(RejectionReason.ENGINE_FAILED, f"{KILLED}.")
    assert told == [KILLED]
    assert worker.idle
    assert not worker.running
    gone = await worker.start(request(), OPTIONS).done
    assert gone.result == Rejection(RejectionReason.ENGINE_FAILED, NOT_RUNNING)
    await worker.load(NOWHERE, EngineOptions())
    assert await texts(worker.start(request(), OPTIONS)) == ["b"]
    await worker.close()
    assert told == [KILLED]


async def test_a_process_that_answers_no_cancellation_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "CANCEL_LIMIT_S", 0.0)
    gate = Gate()
    worker = await loaded(Engines(FakeEngine([("a\n", -1.0)], on_step=gate)))
    job = worker.start(request(), OPTIONS)
    await gate.wait()
    job.cancel()
    outcome = await job.done
    gate.open.set()
    assert outcome == Outcome(
        Rejection(
            RejectionReason.ENGINE_FAILED,
            "The engine's process did not answer for 0 seconds and was ended.",
        )
    )
    await worker.close()


def child_that(load: object) -> tuple[ThreadProcess, EngineChild]:
    process = ThreadProcess(load)  # type: ignore[arg-type]
    return process, EngineChild(process)


async def test_a_model_that_cannot_be_loaded_is_an_error_and_another_can_be() -> None:
    def load(path: Path, options: EngineOptions) -> Model:
        if path == NOWHERE:
            raise InvalidModelError("It is damaged.")
        engine = FakeEngine()
        return Model(Completer(engine, description()), engine.close, "cpu", "int8", 2)

    worker = Worker(lambda: child_that(load)[1])
    with pytest.raises(InvalidModelError, match="^It is damaged.$"):
        await worker.load(NOWHERE, EngineOptions())
    facts = await worker.load(Path("somewhere"), EngineOptions())
    assert (facts.device, facts.compute_type, facts.threads) == ("cpu", "int8", 2)
    await worker.close()


async def test_a_process_that_dies_while_it_loads_is_an_error() -> None:
    def load(path: Path, options: EngineOptions) -> Model:
        process.die(signal.SIGSEGV)
        raise InvalidModelError("nobody hears this")

    process, child = child_that(load)
    worker = Worker(lambda: child)
    with pytest.raises(EngineCrashedError, match=r"signal 11 \(SIGSEGV\)$"):
        await worker.load(NOWHERE, EngineOptions())
    assert not worker.running
    await worker.close()


async def test_a_process_started_early_is_the_first_one_used() -> None:
    engines = Engines(FakeEngine([("a\n", -1.0)]))
    early = engines.start()
    worker = Worker(engines.start, early)
    await worker.load(NOWHERE, EngineOptions())
    assert await texts(worker.start(request(), OPTIONS)) == ["a"]
    await worker.close()
    assert engines.processes[0].ended.is_set()


async def test_a_process_started_early_and_never_used_is_closed() -> None:
    engines = Engines(FakeEngine())
    worker = Worker(engines.start, engines.start())
    await worker.close()
    assert engines.processes[0].ended.is_set()


async def test_the_model_is_given_back_before_a_process_leaves() -> None:
    order: list[str] = []

    def load(path: Path, options: EngineOptions) -> Model:
        engine = FakeEngine()
        return Model(Completer(engine, description()), lambda: order.append(path.name))

    process, child = child_that(load)
    worker = Worker(lambda: child)
    await worker.load(Path("first"), EngineOptions())
    await worker.load(Path("second"), EngineOptions())
    assert order == ["first"]
    await worker.close()
    assert (order, process.code) == (["first", "second"], 0)
    child.send(Load(NOWHERE, EngineOptions()))  # nobody is there, and nothing happens
