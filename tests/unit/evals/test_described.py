from __future__ import annotations

import pytest

from codex_lsp.evals.described import Described, describe
from codex_lsp.evals.problems import Hole, Problem


def problem(prompt: str, solution: str = "    return 1\n", suffix: str = "") -> Problem:
    return Problem("Own/0", Hole.BODY, prompt, suffix, "f", "", "", solution)


@pytest.mark.parametrize(
    ("prompt", "docstring", "rest"),
    [
        ('def f():\n    """One.\n\n    Two.\n    """\n', "One.\n\nTwo.", "def f():\n"),
        ("def f():\n    'One.'\n", "One.", "def f():\n"),
        ('def f(): """One."""\n', "One.", "def f(): "),
        ('def f():\n    import math\n    """One. """\n', "One.", "def f():\n    import math\n"),
        (
            'def g():\n    """No."""\n    return 2\n\n\ndef f():\n    """Yes, é."""\n',
            "Yes, é.",
            'def g():\n    """No."""\n    return 2\n\n\ndef f():\n',
        ),
    ],
)
def test_the_docstring_of_the_function_asked_for_is_taken_out(
    prompt: str, docstring: str, rest: str
) -> None:
    solution = "" if prompt.startswith("def f(): ") else "    return 1\n"
    assert describe(problem(prompt, solution)) == Described(docstring, rest)


def test_a_hole_behind_it_does_not_matter() -> None:
    made = problem('def f(a):\n    """One."""\n    b = a\n', "    b += 1\n", "    return b\n")
    found = describe(made)
    assert found == Described("One.", "def f(a):\n    b = a\n")
    assert found.code(made, "    b += 2\n") == "def f(a):\n    b = a\n    b += 2\n    return b\n"


def test_a_program_is_described_by_its_prompt() -> None:
    made = Problem("MBPP/1", Hole.PROGRAM, '"""\nMake one.\n"""\n', "", "", "", "", "x = 1\n")
    assert describe(made) == Described("Make one.", "")


@pytest.mark.parametrize(
    "made",
    [
        problem("def f():\n"),
        problem("def g():\n    '''No.'''\n"),
        problem("def f(:\n"),
        problem("def f():\n    1\n"),
        problem('def f():\n    " "\n'),
        # The hole is in the docstring itself.
        problem('def f():\n    """One', '."""\n', "    return 1\n"),
    ],
)
def test_without_a_docstring_there_is_none(made: Problem) -> None:
    assert describe(made) is None
