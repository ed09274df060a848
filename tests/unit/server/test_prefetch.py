"""What is made while nobody asks, and that whoever asks comes first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from codex_lsp.types import Alternative, CompletionRequest, Document
from codex_lsp_server.prefetch import after_accepting, after_enter
from codex_lsp_server.settings import Settings
from tests.unit.fake_engine import FakeEngine
from tests.unit.server.asking import Gate, Session, argument, rows, texts, until

PREFETCHING = Settings(profile="eager", samples=2, prefetch=True)
LONG = "".join(f"value_{number} = {number}\n" for number in range(20))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any time without a key is a pause."""
    monkeypatch.setattr("codex_lsp_server.prefetch.PREFETCH_PAUSE_S", 0.0)
    monkeypatch.setattr("codex_lsp_server.prefetch.WARM_PAUSE_S", 0.0)


def ended(session: Session, prompts: int) -> Callable[[], bool]:
    """Say whether that many jobs have ended."""
    return lambda: len(session.engine.prompts) == prompts and session.worker.idle


def request(marked: str) -> CompletionRequest:
    before, _, after = marked.partition("¦")
    return CompletionRequest(Document(before + after, "python", "file:///a.py", 3), len(before))


def marked(made: CompletionRequest | None) -> str | None:
    if made is None:
        return None
    return made.document.text[: made.offset] + "¦" + made.document.text[made.offset :]


def test_the_request_after_accepting_is_for_the_document_with_the_item_in_it() -> None:
    item = Alternative("bar) + 1", -1.0, 3, 0, replaces=1)
    assert marked(after_accepting(request("x = foo(¦)\ny"), item)) == "x = foo(bar) + 1¦\ny"


@pytest.mark.parametrize(
    ("here", "below"),
    [
        ("x = 1¦\ny", "x = 1\n¦\ny"),
        ("    x = 1¦", "    x = 1\n    ¦"),
        ("\tx = 1¦\r\ny", "\tx = 1\r\n\t¦\r\ny"),
        ("def f():\n    if x:¦\n", "def f():\n    if x:\n        ¦\n"),
        ("x = 1¦ # more", None),
        ("    ¦\n", None),
    ],
)
def test_the_request_on_the_line_below_is_indented_as_editors_do_it(
    here: str, below: str | None
) -> None:
    assert marked(after_enter(request(here))) == below


async def test_what_follows_an_accepted_item_is_there_before_it_is_asked_for() -> None:
    session = Session(FakeEngine(rows("f(\n", "g(\n"), rows("a)\n", "b)\n")), "x =¦", PREFETCHING)
    assert await session.texts() == ["f(", "g("]
    await until(ended(session, 2))
    session.type("f(")
    answer = await session.ask()
    assert (texts(answer), argument(answer)["origin"]) == (["a)", "b)"], "prefetch")
    session.type("a")
    assert argument(await session.ask())["origin"] == "cache"
    assert len(session.engine.prompts) == 2
    await session.close()


async def test_where_the_line_is_finished_the_one_below_is_prepared() -> None:
    engine = FakeEngine(rows("ab\n", "cd\n"), rows("\n", "\n"), rows("y = 1\n", "z = 1\n"))
    session = Session(engine, "x =¦", PREFETCHING)
    assert await session.texts() == ["ab", "cd"]
    await until(ended(session, 3))
    assert [engine.tokenizer.decode(prompt.ids) for prompt in engine.prompts] == [
        "x =",
        "x =ab",
        "x =ab\n",
    ]
    session.type("ab\n")
    answer = await session.ask()
    assert (texts(answer), argument(answer)["origin"]) == (["y = 1", "z = 1"], "prefetch")
    await session.close()


async def test_below_a_finished_statement_the_model_is_asked_for_the_next_line_only() -> None:
    engine = FakeEngine(rows(" f(a)\n", " g(a)\n"), rows("y = 1\n", "z = 1\n"))
    session = Session(engine, "x =¦", PREFETCHING)
    assert await session.texts() == [" f(a)", " g(a)"]
    await until(ended(session, 2))
    assert engine.tokenizer.decode(engine.prompts[1].ids) == "x = f(a)\n"
    await session.close()


async def test_it_is_done_once_for_each_item_that_is_shown() -> None:
    engine = FakeEngine(rows("abc\n", "axy\n"), rows("\n", "\n"), rows("\n", "\n"))
    session = Session(engine, "x =¦", PREFETCHING)
    await session.texts()
    await until(ended(session, 3))
    session.type("a")
    assert await session.texts() == ["bc", "xy"]
    await until(lambda: session.completing._ahead._timer is None)
    assert len(engine.prompts) == 3
    await session.close()


async def running_prefetch(engine: FakeEngine, gates: list[Gate]) -> tuple[Session, Gate]:
    """Have the first answer given, and what follows it held at its second step."""
    gates.append(Gate())
    gates[0].open()
    session = Session(engine, "x =¦", PREFETCHING)
    await session.ask()
    gates.append(Gate())
    await gates[1].reached(1)
    return session, gates[1]


async def test_a_prefetch_that_runs_is_taken_over_by_the_request_for_its_state() -> None:
    gates: list[Gate] = []
    engine = FakeEngine(
        rows("f(\n", "g(\n"), rows("a)\n", "b)\n"), on_step=lambda step: gates[-1](step)
    )
    session, gate = await running_prefetch(engine, gates)
    session.type("f(")
    session.completing.accepted("1", 0)
    newer = await session.asking()
    session.open(gate)
    answer = await newer
    assert (texts(answer), argument(answer)["origin"]) == (["a)", "b)"], "prefetch")
    assert len(engine.prompts) == 2
    await session.close()


async def test_a_prefetch_that_is_taken_over_late_hears_what_was_typed_behind_the_item() -> None:
    gates: list[Gate] = []
    engine = FakeEngine(
        rows("f(\n", "g(\n"), rows("abc)\n", "bcd)\n"), on_step=lambda step: gates[-1](step)
    )
    session, gate = await running_prefetch(engine, gates)
    session.type("f(")
    session.type("b")
    newer = await session.asking()
    session.open(gate)
    assert texts(await newer) == ["cd)"]
    # The other row was given up at its next token.
    assert engine.fed == [2, 5]
    await session.close()


async def test_a_request_for_anything_else_calls_a_prefetch_off() -> None:
    gates: list[Gate] = []
    engine = FakeEngine(
        rows("f(\n", "g(\n"),
        rows("a)\n", "b)\n"),
        rows("q\n", "r\n"),
        on_step=lambda step: gates[-1](step),
    )
    session, gate = await running_prefetch(engine, gates)
    session.type("=")
    newer = await session.asking()
    session.open(gate)
    assert texts(await newer) == ["q", "r"]
    await session.close()


async def test_accepting_begins_the_next_completion_before_the_client_asks() -> None:
    # Nothing is prepared for the second item before it is accepted.
    engine = FakeEngine(rows("f(\n", "g(\n"), rows("a)\n", "b)\n"), rows("c)\n", "d)\n"))
    session = Session(engine, "x =¦", PREFETCHING)
    answer = await session.ask()
    await until(ended(session, 2))
    session.type("g(")
    session.completing.accepted(argument(answer)["id"], 1)
    await until(ended(session, 3))
    answer = await session.ask()
    assert (texts(answer), argument(answer)["origin"]) == (["c)", "d)"], "prefetch")
    await session.close()


async def test_nothing_is_prepared_where_it_is_switched_off() -> None:
    session = Session(FakeEngine(rows("f(\n", "g(\n")), "x =¦")
    answer = await session.ask()
    session.completing.accepted(argument(answer)["id"], 0)
    await until(lambda: session.completing._ahead._timer is None)
    assert len(session.engine.prompts) == 1
    await session.close()


async def test_a_document_that_is_opened_is_read_ahead() -> None:
    engine = FakeEngine(rows("z")[:1], rows("1\n", "2\n"))
    session = Session(engine, LONG + "¦")
    session.completing.turned_to(session.document, session.settings, "")
    await until(ended(session, 1))
    session.type("last =")
    assert await session.texts() == ["1", "2"]
    assert engine.prompts[0].anchor_ids == engine.prompts[1].anchor_ids
    await session.close()


async def test_a_document_is_read_ahead_when_the_anchor_has_fallen_behind() -> None:
    engine = FakeEngine(rows("1\n", "2\n"), rows("z")[:1])
    session = Session(engine, LONG + "last =¦")
    assert await session.texts() == ["1", "2"]
    more = "".join(f"other_{number} = {number}\n" for number in range(8))
    await until(lambda: session.worker.idle)
    session.type(more)
    session.completing._ahead.rested(CompletionRequest(session.document.snapshot(), session.cursor))
    await until(ended(session, 2))
    assert engine.tokenizer.decode(engine.prompts[1].anchor_ids).endswith("other_7 = 7")
    await session.close()
