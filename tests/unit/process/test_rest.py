"""The engine's process notices that nobody needs it for a while, or any more."""

from __future__ import annotations

import io
import os
import struct
import threading
from pathlib import Path

from codex_lsp.options import EngineOptions
from codex_lsp.process import framing
from codex_lsp.process.messages import Close, Load, LoadFailed
from codex_lsp.process.runner import Model, Runner


def refuse(path: Path, options: EngineOptions) -> Model:
    raise RuntimeError


def test_a_rest_is_noticed_once_until_there_is_work_again() -> None:
    orders_out, orders_in = os.pipe()
    reports_out, reports_in = os.pipe()
    rests = threading.Semaphore(0)
    with (
        open(orders_out, "rb", buffering=0) as reader,
        open(orders_in, "wb", buffering=0) as orders,
        open(reports_out, "rb", buffering=0) as reports,
        open(reports_in, "wb") as writer,
    ):
        runner = Runner(reader, writer, refuse, lambda: None, rests.release, rest_s=0.0)
        thread = threading.Thread(target=runner.run)
        thread.start()
        for _ in range(2):
            assert rests.acquire(timeout=30)
            orders.write(framing.encode(Load(Path("nowhere"), EngineOptions())))
            assert isinstance(framing.read(reports), LoadFailed)
        assert rests.acquire(timeout=30)
        orders.write(framing.encode(Close()))
        thread.join(30)
        assert not thread.is_alive()
    assert not rests.acquire(blocking=False)


def test_orders_that_cannot_be_read_end_the_process() -> None:
    orders = io.BytesIO(struct.pack(">I", 4) + b"none")
    orphaned: list[None] = []
    runner = Runner(orders, io.BytesIO(), refuse, lambda: orphaned.append(None))
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert orphaned == [None]


def test_no_rest_is_noticed_while_orders_come() -> None:
    orders_out, orders_in = os.pipe()
    reports_out, reports_in = os.pipe()
    rests: list[None] = []
    with (
        open(orders_out, "rb", buffering=0) as reader,
        open(orders_in, "wb", buffering=0) as orders,
        open(reports_out, "rb", buffering=0) as reports,
        open(reports_in, "wb") as writer,
    ):
        runner = Runner(
            reader, writer, refuse, lambda: None, lambda: rests.append(None), rest_s=3600.0
        )
        thread = threading.Thread(target=runner.run)
        thread.start()
        orders.write(framing.encode(Load(Path("nowhere"), EngineOptions())))
        assert isinstance(framing.read(reports), LoadFailed)
        orders.write(framing.encode(Close()))
        thread.join(30)
        assert not thread.is_alive()
    assert rests == []
