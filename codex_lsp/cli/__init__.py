"""The command line, and the composition root: only here may all three packages be imported.

Every command imports what it needs when it runs, so that ``--help`` and the language server start
without waiting for the others' libraries.
"""

from __future__ import annotations

import os
import sys

from codex_lsp.cli.app import build_app
from codex_lsp.errors import CodexLspError, UsageError, about_a_file

EXIT_FAILURE = 1
EXIT_USAGE = 2


def main() -> None:
    """Run the command line; what a user can cause becomes one sentence on stderr."""
    # A stream that was closed before the start is None; libraries write to it all the same.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")
    try:
        build_app()()
    except UsageError as error:
        _fail(error, EXIT_USAGE)
    except CodexLspError as error:
        _fail(error, EXIT_FAILURE)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Who read our output has gone (`… | head`); there is nobody left to tell.
        sys.stderr.close()
        sys.exit(EXIT_FAILURE)
    except OSError as error:
        sentence = about_a_file(error)
        if sentence is None:
            raise
        _fail(CodexLspError(sentence), EXIT_FAILURE)


def _fail(error: CodexLspError, code: int) -> None:
    sys.stderr.write(f"codex-lsp: {error}\n")
    sys.exit(code)
