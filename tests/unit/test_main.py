import errno
import os
import sys
from typing import NoReturn

import pytest

from codex_lsp import cli


class Command:
    """Stands for the whole command line: it fails."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def __call__(self) -> NoReturn:
        raise self._error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/some/page.md"),
            "codex-lsp: /some/page.md cannot be read or written (Permission denied); see that it "
            "is there and yours, or name another place.\n",
        ),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            "codex-lsp: What was asked for cannot be written (No space left on device); free some "
            "space.\n",
        ),
    ],
)
def test_a_file_that_fails_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError, said: str
) -> None:
    monkeypatch.setattr(cli, "build_app", lambda: Command(error))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == said


def test_other_failures_of_the_system_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    monkeypatch.setattr(cli, "build_app", lambda: Command(error))
    with pytest.raises(ConnectionRefusedError):
        cli.main()


def test_a_closed_standard_output_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def print_something() -> None:
        sys.stdout.write("something\n")
        sys.stdout.close()

    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(cli, "build_app", lambda: print_something)
    cli.main()
