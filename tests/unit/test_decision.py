"""What is to be completed: nothing and why, the rest of the line, or a block."""

from __future__ import annotations

import pytest

from codex_lsp.context.decision import Cursor, decide
from codex_lsp.types import Rejection, RejectionReason, Shape, Trigger

NONE = RejectionReason
LICENCE = "/*\n * Copyright (c) 2024 A. Person\n * Per"
HASH = "b179c9523d0e6a0f98a330c7"


def decided(
    marked: str, language: str, trigger: Trigger = Trigger.AUTOMATIC, max_lines: int = 12
) -> Shape | RejectionReason:
    prefix, _, suffix = marked.partition("¦")
    found = decide(Cursor(prefix, suffix, language), trigger, max_lines)
    return found.reason if isinstance(found, Rejection) else found


@pytest.mark.parametrize(
    ("language", "marked", "expected"),
    [
        ("python", "pri¦nt(x)", NONE.MID_WORD),
        ("python", "x = ¦", Shape.LINE),
        ("python", "print(¦)", Shape.LINE),
        ("python", "def f(x):¦\n", Shape.BLOCK),
        ("python", "def f(x):\n    ¦\n", Shape.BLOCK),
        ("python", "@cached\n¦\n", Shape.BLOCK),
        ("python", "if x:\n    y()\nelse:¦\n", Shape.BLOCK),
        ("python", "x: ¦", Shape.LINE),
        ("python", "rows = {\n    'a':¦\n}\n", Shape.LINE),
        # A finished statement.
        ("python", "x = load(path)¦\n", NONE.STATEMENT_ENDS),
        ("python", "x = load(path) ¦\n", Shape.LINE),
        ("python", "if load(path)¦\n", Shape.LINE),
        ("python", "x = call(\n    load(path)¦\n", Shape.LINE),
        ("python", "x = call(load(path)¦\n", Shape.LINE),
        ("python", "x = items[0]¦\n", Shape.LINE),
        ("javascript", "const a = 1;¦\n", NONE.STATEMENT_ENDS),
        ("javascript", "for (let i = 0;¦\n", Shape.LINE),
        ("javascript", "function f() { a();¦\n", Shape.LINE),
        ("javascript", "if (x) {\n  a();\n}¦\n", NONE.STATEMENT_ENDS),
        ("javascript", "app.get('/', () => {\n  a();\n}¦\n", Shape.LINE),
        ("javascript", "const a = {\n  b: 1,\n}¦\n", Shape.LINE),
        ("javascript", "const a = {\n  b: 1,\n};¦\n", NONE.STATEMENT_ENDS),
        ("c", "struct point {\n\tint x;\n}¦\n", Shape.LINE),
        ("c", "int main(void)\n{\n\treturn 0;\n}¦\n", NONE.STATEMENT_ENDS),
        ("json", '{\n  "a": {\n  }¦\n}\n', Shape.LINE),
        ("json", '{\n  "a": {\n  },¦\n}\n', NONE.STATEMENT_ENDS),
        ("sql", "SELECT 1;¦\n", NONE.STATEMENT_ENDS),
        ("shellscript", "if true;¦\n", Shape.LINE),
        ("css", "a {\n  color: red;¦\n}\n", NONE.STATEMENT_ENDS),
        # Comments.
        ("python", "# Read the ¦\n", Shape.LINE),
        ("python", "# ¦\n", Shape.LINE),
        ("python", "# Read the file and parse it.¦\n", NONE.COMMENT),
        ("python", "# e.g.¦\n", Shape.LINE),
        ("c", "/* Read the file. */¦\n", NONE.COMMENT),
        ("java", "/**¦\n", Shape.BLOCK),
        ("java", "/**\n * Read ¦\n", Shape.LINE),
        ("c", LICENCE + "¦", NONE.COMMENT),
        ("c", LICENCE + "mission */\nint x = ¦", Shape.LINE),
        ("python", "# Copyright 2024 A. Person\n# Lice¦\n", NONE.COMMENT),
        ("python", "# Copyright 2024 A. Person\n¦\nimport os\n", Shape.BLOCK),
        # Strings.
        ("python", 'def f():\n    """¦\n', Shape.BLOCK),
        ("python", 'def f():\n    """¦"""\n', Shape.LINE),
        ("python", 'def f():\n    """Return ¦\n', Shape.LINE),
        ("python", 'def f():\n    """Return.\n\n    ¦\n', Shape.BLOCK),
        ("python", "print('a: ¦\n", Shape.LINE),
        ("markdown", "```python¦\n", Shape.BLOCK),
        # Data.
        ("python", f"SHA = '{HASH}¦'\n", NONE.DATA),
        ("toml", f'sha256 = "{HASH}¦"\n', NONE.DATA),
        ("yaml", "secure: fN5b3I7B9Kma75TXOQuU4MTdkzAQ/xILM¦\n", NONE.DATA),
        ("python", "self.handles_http2_connection_reset_42¦\n", Shape.LINE),
        ("javascript", "a=b;" * 251 + "¦", NONE.DATA),
    ],
)
def test_a_key_is_pressed(language: str, marked: str, expected: Shape | RejectionReason) -> None:
    assert decided(marked, language) is expected
    if isinstance(expected, Shape):
        assert decided(marked, language, max_lines=1) is Shape.LINE


@pytest.mark.parametrize(
    ("language", "marked", "expected"),
    [
        ("python", "pri¦nt(x)", NONE.MID_WORD),
        ("python", "x = load(path)¦\n", Shape.BLOCK),
        ("python", "x = load(path)¦)\n", Shape.LINE),
        ("python", "# Read the file and parse it.¦\n", Shape.BLOCK),
        ("c", LICENCE + "¦", Shape.LINE),
        ("python", f"SHA = '{HASH}¦'\n", Shape.LINE),
    ],
)
def test_who_asks_by_hand_is_answered(
    language: str, marked: str, expected: Shape | RejectionReason
) -> None:
    assert decided(marked, language, Trigger.INVOKED) is expected
