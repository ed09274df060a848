"""Every error this project raises on purpose.

::

    CodexLspError                 one sentence for the user: what is wrong and how to mend it
    ├── UsageError                what the user asked for cannot be (no such file, bad position)
    ├── ModelError                something about a model
    │   ├── ModelNotFoundError    no such model is installed
    │   ├── InvalidModelError     the directory is there, but does not hold to the contract
    │   ├── DamagedFileError      a file's bytes are not what they should be
    │   ├── ConversionError       the source cannot be converted faithfully
    │   └── PullError             the source could not be fetched or written
    ├── EngineError               the model could not be run
    │   └── EngineCrashedError    the process that ran it has ended
    ├── StatisticsError           the statistics cannot be kept or read
    │   └── StatisticsBusyError   not now: other servers hold them
    ├── DownloadError             a package that something is measured on cannot be downloaded
    ├── SandboxError              untrusted programs cannot be run safely here
    └── BenchError                what was to be measured could not be

A cancelled generation is no error to the user; :class:`GenerationCancelled` stands apart.
"""

from __future__ import annotations

import errno


class CodexLspError(Exception):
    """An error whose text is one sentence fit for the user."""


class UsageError(CodexLspError):
    """The request itself is at fault: a file that is not there, a position outside of it."""


class ModelError(CodexLspError):
    """Something about a model."""


class ModelNotFoundError(ModelError):
    """No model of that name is installed."""


class InvalidModelError(ModelError):
    """A model directory breaks the contract of :mod:`codex_lsp.model_dir`."""


class DamagedFileError(ModelError):
    """A file's bytes are not what they should be."""


class ConversionError(ModelError):
    """The source's weights cannot be converted faithfully."""


class PullError(ModelError):
    """A model could not be fetched or written."""


class EngineError(CodexLspError):
    """The model could not be loaded or run."""


class EngineCrashedError(EngineError):
    """The engine's process has ended without being told to."""


class StatisticsError(CodexLspError):
    """The statistics cannot be kept or read. Nothing else depends on them."""


class StatisticsBusyError(StatisticsError):
    """Other servers hold the statistics for longer than one waits; try again later."""


class DownloadError(CodexLspError):
    """An archive of a public package cannot be had from its registry."""


class SandboxError(CodexLspError):
    """Untrusted programs cannot be run safely on this machine."""


class BenchError(CodexLspError):
    """What was to be measured failed, or could not be had."""


class GenerationCancelled(Exception):  # noqa: N818 - it is a signal, not an error
    """A generation was stopped because nobody waits for it any more.

    :ivar decoded: how many tokens had been sampled by then
    """

    def __init__(self, decoded: int = 0) -> None:
        super().__init__()
        self.decoded = decoded


def about_a_file(error: OSError) -> str | None:
    """Say what is wrong with a file or a disk, in a sentence; None for what is about neither."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        place = error.filename or "What was asked for"
        return f"{place} cannot be written ({error.strerror}); free some space."
    if error.filename is None:
        return None
    return (
        f"{error.filename} cannot be read or written ({error.strerror}); see that it is there and "
        "yours, or name another place."
    )
