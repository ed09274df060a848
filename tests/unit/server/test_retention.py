"""Accepted text on its way through later edits."""

from __future__ import annotations

import pytest
from lsprotocol import types

from codex_lsp_server.documents import OpenDocument
from codex_lsp_server.retention import Followed, Spot

Edit = tuple[int, int, int, int, str]
ACCEPTED = "total = sum(values)"
TEXT = f"import os\n{ACCEPTED}\nprint(total)\n"


def apply(document: OpenDocument, followed: Followed, *edits: Edit | str) -> None:
    """Make each edit as a notification of its own: a range and its new text, or a whole text."""
    for edit in edits:
        change: types.TextDocumentContentChangeEvent
        if isinstance(edit, str):
            change = types.TextDocumentContentChangeWholeDocument(edit)
        else:
            line, character, last, end, text = edit
            span = types.Range(types.Position(line, character), types.Position(last, end))
            change = types.TextDocumentContentChangePartial(range=span, text=text)
        document.apply_changes([change], document.version + 1)
        followed.changed([change])


@pytest.mark.parametrize(
    ("edits", "kept"),
    [
        ((), True),
        (((1, 0, 1, 19, ""),), False),
        # Typed in front of it, behind it, on lines above, on a line below.
        (((1, 0, 1, 0, "    "), (1, 23, 1, 23, " + 1"), (0, 0, 0, 0, "a\nb\n")), True),
        (((2, 0, 2, 12, "x" * 50),), True),
        # A name in it changed; most of it rewritten.
        (((1, 12, 1, 18, "numbers"),), True),
        (((1, 0, 1, 19, "return None"),), False),
        # Made longer in its middle by more than it is long.
        (((1, 12, 1, 12, "x" * 40),), False),
        # The line above and its beginning went.
        (((0, 0, 1, 8, ""),), True),
        (((0, 0, 1, 15, ""),), False),
        # Its end went with the line below.
        (((1, 5, 2, 5, ""),), False),
        # Indented by a formatter, and its blanks changed.
        (((1, 5, 1, 8, "   =    "),), True),
        # Deleted and undone: where it was, something else stands in front of it.
        (((1, 0, 2, 0, ""), (1, 0, 1, 0, "x\n")), False),
        # The whole document sent anew, with it and without it.
        ((f"# new\n\n{TEXT}",), True),
        (("import os\nprint(1)\n",), False),
        (("x",), False),
    ],
)
def test_edits(edits: tuple[Edit | str, ...], kept: bool) -> None:
    document = OpenDocument("file:///a.py", TEXT, version=1)
    followed = Followed(document, ACCEPTED, Spot(1, 0))
    apply(document, followed, *edits)
    assert followed.kept() is kept


def test_several_lines_are_followed() -> None:
    text = "if x:\n    a = 1\n    b = 2"
    document = OpenDocument("file:///a.py", f"{text}\nc = 3\n", version=1)
    followed = Followed(document, text, Spot(0, 0))
    apply(document, followed, (0, 0, 0, 0, "\n\n"), (4, 8, 4, 9, "3"))
    assert followed.kept()
    apply(document, followed, (2, 0, 4, 9, "pass"))
    assert not followed.kept()


def test_characters_count_in_the_clients_units() -> None:
    text = "s = '😀😀😀😀'"
    document = OpenDocument("file:///a.py", f"{text}zzzzzzzzzzzzzzzzzzzzzz", version=1)
    followed = Followed(document, text, Spot(0, 0))
    # Behind it: 14 units are 10 characters.
    apply(document, followed, (0, 14, 0, 36, ""))
    assert followed.kept()
    apply(document, followed, (0, 5, 0, 13, ""))
    assert document.source == "s = ''"
    assert followed.kept()


def test_a_client_that_tells_first_and_changes_the_document_later() -> None:
    document = OpenDocument("file:///a.py", "import os\n\nprint(total)\n", version=1)
    followed = Followed(document, ACCEPTED, Spot(1, 0))
    apply(document, followed, (1, 0, 1, 0, ACCEPTED))
    assert followed.kept()
    apply(document, followed, (1, 0, 1, 19, ""))
    assert not followed.kept()


def test_what_is_accepted_in_parts_grows() -> None:
    document = OpenDocument("file:///a.py", "total", version=1)
    followed = Followed(document, "total", Spot(0, 0))
    change = (0, 5, 0, 5, " = sum(values)")
    apply(document, followed, change)
    followed.extend(ACCEPTED)
    assert followed.kept()
    apply(document, followed, (0, 5, 0, 19, ""))
    assert not followed.kept()
