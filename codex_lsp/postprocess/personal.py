"""Never suggest the e-mail address of someone whom the document does not name."""

from __future__ import annotations

import re

from codex_lsp.postprocess.base import Draft, cut_before, lines_of
from codex_lsp.types import Context, Rejection, RejectionReason

_REJECTION = Rejection(
    RejectionReason.PERSONAL_DATA, "The model came up with somebody's e-mail address."
)
_ADDRESS = re.compile(
    r"(?<![\w.%+/-])(?P<name>[\w.%+-]{2,})@(?P<domain>(?:[A-Za-z0-9-]+\.)+"
    r"(?:com|org|net|edu|gov|info|io|dev|[a-z]{2}))(?![\w(\[-]|\.\w)"
)
_INVENTED = re.compile(
    r"(?:^|\.)(?:(?:example|domain|test|email|company|yourdomain|localhost)\.[a-z.]+"
    r"|invalid|test|example)$|^users\.noreply\.",
    re.IGNORECASE,
)
"""Domains that stand for any other, most of them by RFC 2606."""
_SERVICES = frozenset({"git", "noreply", "no-reply", "user", "users", "username", "you", "me"})


def trim_personal(draft: Draft, context: Context) -> Draft | Rejection:
    """Cut before the line with an address that does not stand in the document.

    Addresses at domains made for examples pass, and so do logins such as ``git@github.com``.
    """
    for line in lines_of(draft.text, context):
        for found in _ADDRESS.finditer(line.whole):
            own_from = len(line.whole) - (line.end - line.start)
            if found.end() <= own_from:
                continue
            if not _is_known(found, context):
                return cut_before(draft, line.start, _REJECTION)
    return draft


def _is_known(found: re.Match[str], context: Context) -> bool:
    address = found.group()
    if found.group("name").lower() in _SERVICES or _INVENTED.search(found.group("domain")):
        return True
    return address in context.prefix or address in context.suffix
