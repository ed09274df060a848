"""Gets the default model in a process of its own, which takes half a gigabyte while it converts.

``python -m codex_lsp.cli.pulling`` is that process; the server reads its progress.
"""

from __future__ import annotations

import contextlib

from codex_lsp.cli.loading import default_model
from codex_lsp.errors import CodexLspError, PullError
from codex_lsp.model_dir import ModelDir
from codex_lsp.process import framing
from codex_lsp.process.start import start_module
from codex_lsp.process.streams import take_standard_streams
from codex_lsp_models.progress import Progress, ProgressEvent


def pull_default(progress: Progress) -> ModelDir:
    """Install the default model and return it.

    :raises CodexLspError: as :func:`codex_lsp_models.pull.pull`
    :raises PullError: the process has ended before it was done
    """
    with start_module("codex_lsp.cli.pulling") as process:
        assert process.stdout is not None
        while (report := framing.read(process.stdout)) is not None:
            if isinstance(report, ModelDir):
                return report
            if isinstance(report, CodexLspError):
                raise report
            progress(report)
    raise PullError(
        "Getting the model was broken off; run `codex-lsp models pull` in a terminal to see why."
    )


def main() -> None:
    """Report progress on standard output, then the model or the error."""
    from codex_lsp_models.pull import pull

    _, write_fd = take_standard_streams()
    # A broken pipe: the server has left. What was begun has been cleaned up by then.
    with contextlib.suppress(BrokenPipeError), open(write_fd, "wb", buffering=0) as writer:

        def report(message: ProgressEvent | ModelDir | CodexLspError) -> None:
            writer.write(framing.encode(message))

        try:
            report(pull(default_model(), progress=report))
        except CodexLspError as error:
            report(error)


if __name__ == "__main__":
    main()
