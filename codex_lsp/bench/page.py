"""Puts tables into a page of Markdown, at the places that name them.

A place is what stands between ``<!-- bench NAME -->`` and ``<!-- end -->``, each on its own line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACE = re.compile(r"(<!-- bench ([a-z0-9-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def places(page: str) -> set[str]:
    """Return the names of the places of ``page``."""
    return {found.group(2) for found in _PLACE.finditer(page)}


def fill(page: str, tables: Mapping[str, str]) -> str:
    """Return ``page`` with each place filled that there is a table for; others stay as they are.

    :param tables: Markdown by the places' names
    """

    def put(place: re.Match[str]) -> str:
        head, name, tail = place.groups()
        return f"{head}{tables[name]}{tail}" if name in tables else place.group()

    return _PLACE.sub(put, page)
