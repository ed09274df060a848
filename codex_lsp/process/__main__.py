"""The program of the engine's process."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import signal
import sys
from pathlib import Path

from codex_lsp import model_dir
from codex_lsp.completer import Completer
from codex_lsp.engine.ct2 import CTranslate2Engine
from codex_lsp.engine.memory import give_back_freed_memory
from codex_lsp.options import EngineOptions
from codex_lsp.process.messages import KeptStates
from codex_lsp.process.runner import Model, Runner
from codex_lsp.process.streams import take_standard_streams

_OOM_SCORE = 300
"""How much likelier than others, out of 1000, Linux picks this process when memory runs out."""


def load_model(path: Path, options: EngineOptions) -> Model:
    """Load the model of a directory.

    :raises ModelError: the directory is damaged or breaks the contract
    :raises EngineError: CTranslate2 cannot load or run the model so
    """
    model = model_dir.load(path)
    engine = CTranslate2Engine(model, options)
    completer = Completer(engine, model.description)
    token_mb = model.description.state_bytes_per_token / 1_000_000

    def states() -> KeptStates:
        ledger = engine.prefix_cache
        return KeptStates(ledger.kept_tokens * token_mb, ledger.dropped)

    return Model(
        completer, engine.close, engine.device, engine.compute_type, engine.threads, states
    )


def offer_as_victim() -> None:
    """Have Linux end this process before the server, or the editor, when memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE), encoding="ascii")


def main() -> None:
    """Serve the process that started this one."""
    read_fd, write_fd = take_standard_streams()
    # Ctrl-C in a terminal, and an editor that ends a group of processes, reach both of us. When to
    # leave is for the server to say: it may have something to tell still.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    offer_as_victim()
    with open(read_fd, "rb", buffering=0) as reader, open(write_fd, "wb") as writer:
        # Not sys.exit: a prompt that is being read cannot be interrupted, and nobody waits for it.
        leave = functools.partial(os._exit, 0)
        Runner(reader, writer, load_model, leave, give_back_freed_memory).run()


if __name__ == "__main__":
    main()
