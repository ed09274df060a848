"""What licence a wheel has, by its own metadata, and which licences a model may be trained on."""

from __future__ import annotations

import re
from email.message import Message

PERMISSIVE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC-BY-4.0",
        "ISC",
        "MIT",
    }
)
"""Licences that ask for no more than a notice. ``BSD`` is one whose clauses nobody counted."""

# The free text of the field License, which came before SPDX expressions, lower case.
_NAMES = {
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "bsd": "BSD",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "isc license": "ISC",
    "mit": "MIT",
    "mit license": "MIT",
}
_CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
}


def permissive_licence(metadata: Message) -> str | None:
    """Return the permissive licence that a package's core metadata grants; None if it grants none.

    The SPDX expression counts before the free text, and that before the classifiers. Of an ``OR``
    one permissive side is enough, of an ``AND`` every side must be. What is not understood is
    not permissive.
    """
    if expression := metadata.get("License-Expression"):
        return expression if _expression_is_permissive(expression) else None
    text = " ".join((metadata.get("License") or "").split()).lower()
    if text in _NAMES:
        return _NAMES[text]
    classifiers = [
        line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")
    ]
    found = [_CLASSIFIERS.get(line) for line in classifiers]
    if not found or None in found:
        return None
    return " OR ".join(sorted({name for name in found if name}))


def _expression_is_permissive(expression: str) -> bool:
    if "(" in expression:
        # Parentheses change what OR divides; every licence must do then.
        return all(
            name in PERMISSIVE
            for name in re.findall(r"[^\s()]+", expression)
            if name not in ("AND", "OR")
        )
    return any(
        all(name.strip() in PERMISSIVE for name in re.split(r"\sAND\s", alternative))
        for alternative in re.split(r"\sOR\s", expression)
    )
