"""The command line, and the composition root: only here may all three packages be imported.

Every command imports what it needs when it runs, so that ``--help`` and the language server start
without waiting for the others' libraries.
"""

from __future__ import annotations

import sys

from codex_lsp.cli.app import build_app
from codex_lsp.errors import CodexLspError, UsageError

EXIT_FAILURE = 1
EXIT_USAGE = 2


def main() -> None:
    """Run the command line; errors on purpose become one sentence on stderr."""
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


def _fail(error: CodexLspError, code: int) -> None:
    sys.stderr.write(f"codex-lsp: {error}\n")
    sys.exit(code)
