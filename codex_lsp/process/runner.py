"""The engine's side of the boundary: does what it is told, one order after the other.

One thread listens, so that a request can be called off, or told what was typed meanwhile, within a
decoding step. The thread that calls :meth:`Runner.run` does the work.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from codex_lsp.completer import Completer
from codex_lsp.context.window import normalise
from codex_lsp.engine.base import Cancellation
from codex_lsp.errors import CodexLspError, EngineError, GenerationCancelled
from codex_lsp.options import EngineOptions
from codex_lsp.process import framing
from codex_lsp.process.messages import (
    Cancel,
    Close,
    Complete,
    Ended,
    EngineFacts,
    Failed,
    Grown,
    KeptStates,
    Load,
    Loaded,
    LoadFailed,
    Order,
    Report,
    Typed,
    Warm,
    Warmed,
)
from codex_lsp.typed import TypedText
from codex_lsp.types import Outcome, Rejection, RejectionReason, Work

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is loaded.

    :ivar close: gives its memory back
    :ivar states: tells what the engine keeps of prompts
    """

    completer: Completer
    close: Callable[[], None]
    device: str = ""
    compute_type: str = ""
    threads: int = 0
    states: Callable[[], KeptStates] = KeptStates


LoadModel = Callable[[Path, EngineOptions], Model]


@dataclass(frozen=True, slots=True)
class _Flags:
    """What the listening thread tells the working one of a request."""

    cancellation: Cancellation = field(default_factory=Cancellation)
    typed: TypedText = field(default_factory=TypedText)


REST_S = 60.0
"""After so long without an order, the user is taken to do something else."""


class Runner:
    """Takes orders from ``reader`` and reports to ``writer``.

    :param load: loads a model
    :param on_orphaned: called from the listening thread when the orders end without a
        :class:`~codex_lsp.process.messages.Close`, or cannot be read: whoever gave them is gone, or
        cannot be understood. If it returns, the runner ends as if it had been told to.
    :param on_rest: called when no order has come for ``rest_s`` seconds, once until the next one
    """

    def __init__(
        self,
        reader: framing.Readable,
        writer: BinaryIO,
        load: LoadModel,
        on_orphaned: Callable[[], None],
        on_rest: Callable[[], object] = lambda: None,
        rest_s: float = REST_S,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._load_model = load
        self._on_orphaned = on_orphaned
        self._on_rest = on_rest
        self._rest_s = rest_s
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._flags: dict[int, _Flags] = {}
        self._model: Model | None = None

    def run(self) -> None:
        """Work until told to close; then the model is given back."""
        threading.Thread(target=self._listen, name="codex-lsp-orders", daemon=True).start()
        while not isinstance(order := self._next(), Close):
            self._report(self._carry_out(order))
        self._unload()

    def _next(self) -> Order:
        try:
            return self._orders.get(timeout=self._rest_s)
        except queue.Empty:
            self._on_rest()
            return self._orders.get()

    def _listen(self) -> None:
        try:
            told_to_close = self._take_orders()
        except Exception as error:  # not an order: who gives them runs another version of this
            logger.error("An order cannot be read (%s).", type(error).__name__)
            told_to_close = False
        if not told_to_close:
            self._on_orphaned()
        for flags in list(self._flags.values()):
            flags.cancellation.cancel()
        self._orders.put(Close())

    def _take_orders(self) -> bool:
        """Take orders until there are no more; say whether the last was to close."""
        while (order := framing.read(self._reader)) is not None:
            if isinstance(order, Close):
                return True
            if isinstance(order, Cancel | Typed):
                self._tell(order)
                continue
            if isinstance(order, Complete | Warm):
                self._flags[order.id] = _Flags()
            self._orders.put(order)
        return False

    def _tell(self, order: Cancel | Typed) -> None:
        flags = self._flags.get(order.id)
        if flags is None:
            return  # it has ended meanwhile
        if isinstance(order, Cancel):
            flags.cancellation.cancel()
        else:
            # Rows have line feeds, whatever ends a line of the document.
            flags.typed.text = normalise(order.text)

    def _carry_out(self, order: Order) -> Report:
        if isinstance(order, Load):
            return self._load(order)
        assert isinstance(order, Complete | Warm)
        flags = self._flags[order.id]
        try:
            if flags.cancellation.cancelled:
                raise GenerationCancelled
            if self._model is None:
                raise EngineError("No model is loaded.")
            if isinstance(order, Warm):
                work = self._warm(self._model, order, flags)
                return Warmed(order.id, work, self._states())
            outcome = self._complete(self._model, order, flags)
            return Ended(order.id, outcome, self._states())
        except GenerationCancelled as cancelled:
            return Ended(order.id, self._called_off(cancelled), self._states())
        except Exception as error:
            return Failed(order.id, _as_told(error))
        finally:
            del self._flags[order.id]

    def _complete(self, model: Model, order: Complete, flags: _Flags) -> Outcome:
        return model.completer.complete(
            order.context,
            order.options,
            flags.cancellation,
            lambda completion: self._report(Grown(order.id, completion)),
            flags.typed,
        )

    def _warm(self, model: Model, order: Warm, flags: _Flags) -> Work:
        return model.completer.warm(order.context, order.options, flags.cancellation)

    def _called_off(self, cancelled: GenerationCancelled) -> Outcome:
        reason = Rejection(RejectionReason.SUPERSEDED, "A newer request came.")
        return Outcome(reason, work=Work(decoded=cancelled.decoded))

    def _states(self) -> KeptStates:
        return KeptStates() if self._model is None else self._model.states()

    def _load(self, order: Load) -> Report:
        self._unload()
        started = time.perf_counter()
        try:
            model = self._load_model(order.path, order.options)
        except Exception as error:
            return LoadFailed(_as_told(error))
        self._model = model
        load_ms = (time.perf_counter() - started) * 1000
        return Loaded(
            EngineFacts(os.getpid(), model.device, model.compute_type, model.threads, load_ms)
        )

    def _unload(self) -> None:
        model, self._model = self._model, None
        if model is not None:
            model.close()

    def _report(self, report: Report) -> None:
        try:
            self._writer.write(framing.encode(report))
            self._writer.flush()
        except OSError:
            self._on_orphaned()


def _as_told(error: Exception) -> CodexLspError:
    """Return what to report of an error. One that was not raised on purpose may quote source."""
    if isinstance(error, CodexLspError):
        return error
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    logger.error("The engine failed: %s at %s.", type(error).__name__, place)
    return EngineError(
        f"The engine failed in a way nobody foresaw ({type(error).__name__}); the log says where."
    )
