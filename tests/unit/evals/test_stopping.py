import pytest

from codex_lsp.evals.problems import Hole
from codex_lsp.evals.stopping import PAPER_STOPS, FirstOf, finished, stop_rule


@pytest.mark.parametrize("stop", PAPER_STOPS)
def test_a_body_ends_before_the_papers_stop_sequences(stop: str) -> None:
    rule = stop_rule(Hole.BODY)
    assert rule("    return 1" + stop[:-1]) is None
    assert rule("    return 1" + stop) == len("    return 1")


def test_the_first_of_several_counts() -> None:
    assert FirstOf(("\ndef", "\n#"))("a\n# b\ndef c") == 1


def test_a_stop_at_the_very_beginning_keeps_nothing() -> None:
    assert stop_rule(Hole.BODY)("\nprint(1)") == 0


def test_what_is_indented_does_not_end_a_body() -> None:
    assert stop_rule(Hole.BODY)("    x = 1\n    if x:\n        print(x)\n    # done") is None


def test_a_program_may_define_helpers_but_not_test_itself() -> None:
    rule = stop_rule(Hole.PROGRAM)
    assert rule("def a():\n    pass\ndef b():\n    pass") is None
    assert rule("def a():\n    pass\nassert a()") == len("def a():\n    pass")


def test_a_line_ends_at_its_line_and_gets_its_newline_back() -> None:
    assert stop_rule(Hole.LINE)("    x = 1\n    y") == len("    x = 1")
    assert finished(Hole.LINE, "    x = 1") == "    x = 1\n"
    assert finished(Hole.SPAN, "    x = 1") == "    x = 1"
