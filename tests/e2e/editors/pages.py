"""The configurations of ``docs/editors``, which the tests run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).parents[3] / "docs" / "editors"


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
