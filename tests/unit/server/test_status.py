"""What the status line is told, and how often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from codex_lsp.types import Rejection, RejectionReason
from codex_lsp_server.status import LOADING, Status, wants_status

READY = {"kind": "Normal", "busy": False, "message": "small"}


class Told:
    """A status, and what it has told."""

    def __init__(self) -> None:
        self.notes: list[dict[str, Any]] = []
        self.status = Status(lambda method, params: self.notes.append(params))
        self.status.enabled = True

    async def settled(self) -> list[dict[str, Any]]:
        """Let what is scheduled happen."""
        for _ in range(5):
            await asyncio.sleep(0)
        return self.notes


async def ready_at_once() -> str | Rejection:
    return "small"


async def test_a_model_that_loads_is_shown_and_then_named() -> None:
    told, model = Told(), asyncio.Event()

    async def ready() -> str | Rejection:
        await model.wait()
        return "small"

    told.status.follow(ready)
    assert await told.settled() == [{"kind": "Normal", "busy": True, "message": LOADING}]
    model.set()
    assert (await told.settled())[1:] == [READY]


async def test_a_model_that_is_ready_shows_no_loading() -> None:
    told = Told()
    told.status.follow(ready_at_once)
    assert await told.settled() == [READY]
    told.status.follow(ready_at_once)
    assert await told.settled() == [READY]


async def test_a_model_that_is_not_there_is_an_error() -> None:
    told = Told()

    async def ready() -> str | Rejection:
        return Rejection(RejectionReason.NO_MODEL, "There is none.")

    told.status.follow(ready)
    assert await told.settled() == [{"kind": "Error", "busy": False, "message": "There is none."}]


async def test_a_request_under_way_is_busy_and_one_answered_at_once_is_not() -> None:
    told = Told()
    told.status.follow(ready_at_once)
    await told.settled()
    with told.status.working():
        told.status.answered(None)
    assert await told.settled() == [READY]
    with told.status.working():
        assert (await told.settled())[-1] == {**READY, "busy": True}
    assert (await told.settled())[-1] == READY
    assert len(told.notes) == 3


async def test_a_failure_is_shown_until_a_request_goes_well() -> None:
    told = Told()
    told.status.answered(Rejection(RejectionReason.ENGINE_FAILED, "Out of memory."))
    assert await told.settled() == [{"kind": "Error", "busy": False, "message": "Out of memory."}]
    told.status.answered(Rejection(RejectionReason.EMPTY))
    assert len(await told.settled()) == 1
    told.status.answered(None)
    assert (await told.settled())[-1]["kind"] == "Normal"


async def test_what_is_switched_off_is_inactive_until_it_is_not() -> None:
    told = Told()
    why = "Completions are switched off in markdown documents."
    told.status.answered(Rejection(RejectionReason.DISABLED, why))
    assert await told.settled() == [{"kind": "Inactive", "busy": False, "message": why}]
    told.status.off("")
    assert (await told.settled())[-1] == {"kind": "Normal", "busy": False, "message": ""}


async def test_nobody_is_told_who_did_not_ask() -> None:
    told = Told()
    told.status.enabled = False
    told.status.off("Off.")
    assert await told.settled() == []


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (None, False),
        ({}, False),
        ({"statusNotification": True}, True),
        ({"statusNotification": "yes"}, False),
        ({"editorInfo": {"name": "ed", "version": "1"}}, True),
    ],
)
def test_who_wants_to_be_told(options: object, wanted: bool) -> None:
    assert wants_status(options) is wanted
