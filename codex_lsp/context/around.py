"""The lines around the cursor, as they are and as a candidate would make them."""

from __future__ import annotations

from codex_lsp.types import Context

MAX_LINES_BEFORE = 40
MAX_LINES_AFTER = 20
MAX_CHARS = 4000
"""What is looked at of each side: what that takes is bounded."""


def lines_around(context: Context, text: str | None = None, replaces: int = 0) -> str:
    """Return the lines around the cursor with ``text`` put in; without, as they are.

    :param replaces: how many characters right of the cursor the text replaces
    """
    before = "\n".join(context.prefix.split("\n")[-MAX_LINES_BEFORE:])[-MAX_CHARS:]
    after = context.suffix if text is None else text + context.suffix[replaces:]
    extra = 0 if text is None else text.count("\n")
    return before + "\n".join(after.split("\n")[: MAX_LINES_AFTER + extra])[:MAX_CHARS]
