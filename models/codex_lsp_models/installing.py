"""Puts a finished model into the models folder: whole, or not at all."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

from codex_lsp import model_dir
from codex_lsp.errors import DamagedFileError, InvalidModelError, ModelNotFoundError, PullError
from codex_lsp.model_dir import ModelDir
from codex_lsp_models import store
from codex_lsp_models.progress import Phase, Progress, ProgressEvent

Work = Callable[[Path], Path]
"""Makes a model inside of the given scratch directory; returns the finished model's directory."""


def install(
    name: str,
    home: Path | None,
    work: Work,
    present: Callable[[ModelDir], bool],
    *,
    space: int,
    force: bool,
    progress: Progress,
) -> ModelDir:
    """Put the model that ``work`` makes into ``home`` as ``name``, under the lock of that name.

    :param home: the models folder; None for the user's
    :param present: told the installed model unless ``force``; True keeps it, False replaces it
    :param space: free bytes needed at most
    :raises PullError: the disk is full, or something else stands in the model's place
    """
    store.check_name(name)
    home = (model_dir.models_home() if home is None else home.expanduser()).absolute()
    target = home / name
    with store.terminated_as_exit(), store.locked(home, name, progress):
        store.recover(home, name)
        if not force and (model := _installed(target, progress)) is not None and present(model):
            return model
        store.see_that_replaceable(target)
        store.require_space(home, space)
        try:
            with store.partial_directory(home, name) as scratch:
                store.install(work(scratch), target)
        except OSError as error:
            raise _write_error(error, home) from error
        return model_dir.load(target)


def _installed(target: Path, progress: Progress) -> ModelDir | None:
    try:
        return model_dir.load(target)
    except ModelNotFoundError:
        return None
    except (DamagedFileError, InvalidModelError) as error:
        progress(ProgressEvent(Phase.CHECK, f"Replacing a damaged model: {error}"))
        return None


def _write_error(error: OSError, home: Path) -> PullError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PullError(
            f"The disk of {home} is full, and nothing was installed; free some space, or choose "
            "another folder with CODEX_LSP_HOME."
        )
    if isinstance(error, PermissionError):
        return PullError(
            f"The model could not be written to {home} ({error}); see that the folder is yours and "
            "that no editor is using the model."
        )
    return PullError(f"The model could not be written to {home} ({error}); nothing was installed.")
