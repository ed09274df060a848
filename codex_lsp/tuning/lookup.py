"""The choice for this machine, from what was measured before. Cheap: nothing is run."""

from __future__ import annotations

from codex_lsp.model_dir import ModelDir
from codex_lsp.options import EngineOptions
from codex_lsp.tuning import store
from codex_lsp.tuning.machine import this_machine
from codex_lsp.tuning.policy import DEFAULT_TARGET_MS, Tuning, choose, room_tokens


def find_tuning(
    model: ModelDir, options: EngineOptions | None = None, target_ms: float = DEFAULT_TARGET_MS
) -> Tuning | None:
    """Return the sizes for this machine; None if it was not measured, or that is switched off.

    :param options: how the model is going to be run
    """
    measured = store.usable(model, this_machine(options))
    if measured is None:
        return None
    return choose(measured, target_ms, room_tokens(model.description))
