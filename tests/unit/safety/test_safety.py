"""What is found in candidates, by bandit and by the patterns, and what is not."""

from __future__ import annotations

import math
import threading
from collections import Counter
from pathlib import Path

import pytest

from codex_lsp.options import SafetyMode
from codex_lsp.safety.bandit_checks import Bandit
from codex_lsp.safety.check import Safety, unchecked
from codex_lsp.safety.masking import code_only, without_comments
from codex_lsp.safety.statement import python_statement
from codex_lsp.safety.weaknesses import Weakness, sentence
from codex_lsp.types import Context, Shape
from tests.unit.safety.cases import (
    OTHERS,
    PYTHON_BY_BANDIT,
    PYTHON_BY_PATTERNS,
    PYTHON_WITH_FALLBACK,
    SCRIPTS,
    Pair,
)


class NeverLoaded(Bandit):
    """A bandit that is still being loaded."""

    def begin_loading(self) -> None:
        """Do nothing."""


def context(marked: str, language: str = "python") -> Context:
    prefix, suffix = marked.split("¦")
    return Context(prefix, suffix, language, Shape.LINE)


def patient(bandit: Bandit) -> Safety:
    """Give bandit all the time that it takes: what is found must not depend on the machine."""
    return Safety(bandit, budget_ms=math.inf)


def check(safety: Safety, pair: Pair) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = safety.for_request(context(pair.document, pair.language))
    return found(pair.insecure, 0), found(pair.secure, 0)


def name(pair: Pair) -> str:
    return f"{pair.language}-{pair.insecure}"


@pytest.mark.parametrize(
    "pair", [*PYTHON_BY_PATTERNS, *PYTHON_WITH_FALLBACK, *SCRIPTS, *OTHERS], ids=name
)
def test_patterns_tell_the_insecure_from_the_secure(pair: Pair) -> None:
    assert check(Safety(NeverLoaded()), pair) == ((pair.weakness.value,), ())


@pytest.mark.parametrize("pair", [*PYTHON_BY_PATTERNS, *PYTHON_BY_BANDIT], ids=name)
def test_bandit_tells_the_insecure_from_the_secure(pair: Pair, bandit: Bandit) -> None:
    assert check(patient(bandit), pair) == ((pair.weakness.value,), ())


def test_every_weakness_has_a_sentence() -> None:
    assert all(sentence(weakness.value).endswith(".") for weakness in Weakness)
    with pytest.raises(ValueError, match="'nothing' is not a valid Weakness"):
        sentence("nothing")


@pytest.mark.parametrize("fallback", [False, True])
def test_what_stands_there_already_is_not_the_candidates(fallback: bool, bandit: Bandit) -> None:
    safety = patient(NeverLoaded() if fallback else bandit)
    found = safety.for_request(context("a = eval(x)\nb = [eval(y),\n     ¦]\nc = eval(z)\n"))
    assert found("len(y)", 0) == ()
    assert found("eval(y)", 0) == ("eval",)


def test_a_weakness_may_begin_left_of_the_cursor_and_end_right_of_it(bandit: Bandit) -> None:
    found = patient(bandit).for_request(context("subprocess.run(\n    cmd,\n    shell=¦\n)\n"))
    assert found("True", 0) == ("shell_command",)
    assert found("False", 0) == ()


def test_text_that_is_replaced_does_not_count(bandit: Bandit) -> None:
    found = patient(bandit).for_request(context("run(¦)"))
    assert found("eval(x))", 1) == ("eval",)
    assert found("x)", 1) == ()


@pytest.mark.parametrize(
    ("document", "text", "expected"),
    [
        ("def f(x):¦", "\n    return eval(x)", ("eval",)),
        ("class A:\n    def f(self):\n        ¦", "x = 1\n        exec(x)", ("eval",)),
        ("if x:\n    y\nelif ¦", "eval(x):", ("eval",)),
        ("try:\n    y\nexcept ¦", "E:\n    os.system(x)", ("shell_command",)),
        ("match x:\n    case ¦", "1:\n        eval(x)", ("eval",)),
        ("¦", "@decorated(eval(x))", ("eval",)),
        ("async def f():\n    ¦", "await g(eval(x))", ("eval",)),
        ("def f():\n    ¦", "return {'a': [eval(x)", ("eval",)),
        ("x = f(')', # )\n    ¦", "eval(x)", ("eval",)),
    ],
)
def test_code_that_is_not_whole_is_made_to_parse(
    document: str, text: str, expected: tuple[str, ...], bandit: Bandit
) -> None:
    # The patterns would find these, too: bandit alone is asked.
    place = context(document)
    code = python_statement(place, text, 0)
    assert code is not None
    found = bandit.check(code)
    assert found is not None
    assert tuple(weakness.value for weakness in found) == expected


def test_names_are_what_the_file_imports_them_as(bandit: Bandit) -> None:
    found = patient(bandit).for_request(context("import safeyaml as yaml\n¦"))
    assert found("yaml.load(x)", 0) == ()
    assert found("y.load(x)", 0) == ()


def test_what_does_not_parse_is_left_to_the_patterns(bandit: Bandit) -> None:
    found = patient(bandit).for_request(context("x ==== ¦"))
    assert bandit.check("x ==== eval(y)") is None
    assert found("eval(y)", 0) == ("eval",)


def test_several_weaknesses_are_sorted(bandit: Bandit) -> None:
    found = patient(bandit).for_request(context("¦"))
    assert found("f(eval(x), verify=False, password='root')", 0) == (
        "eval",
        "hard_coded_password",
        "unverified_tls",
    )


@pytest.mark.parametrize("language", ["rust", "markdown", ""])
def test_languages_without_rules_are_not_checked(language: str) -> None:
    assert Safety().for_request(context("¦", language)) is unchecked


def test_nothing_is_checked_when_it_is_off() -> None:
    assert Safety().for_request(context("¦"), "off") is unchecked
    assert unchecked("eval(x)", 0) == ()


def test_the_same_text_is_checked_once(bandit: Bandit) -> None:
    asked: list[str] = []

    class Counting(Bandit):
        def begin_loading(self) -> None:
            """Do nothing."""

        def check(self, code: str) -> Counter[Weakness] | None:
            asked.append(code)
            return bandit.check(code)

    found = patient(Counting()).for_request(context("x = ¦"))
    assert [found("key(x)", 0), found("key(x)", 0)] == [(), ()]
    assert len(asked) == 1


def test_loading_goes_on_beside_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    bandit = Bandit()
    monkeypatch.setattr(bandit, "load", lambda: loads.append(threading.current_thread().name))
    for _ in range(2):
        bandit.begin_loading()
    for thread in threading.enumerate():
        if thread.name == "codex-lsp-bandit":
            thread.join()
    assert loads == ["codex-lsp-bandit"]
    assert bandit.check("eval(x)") is None


@pytest.mark.parametrize(
    ("language", "text", "blanked"),
    [
        ("python", "a # 'b'\n'''c\n# d'''", "a      \n'''c\n# d'''"),
        ("javascript", "a // b\n`c // d` /* e\nf */ g", "a     \n`c // d`     \n     g"),
        ("php", "#[A] # b\n'# c'", "#[A]    \n'# c'"),
        ("ruby", '"#{a}" # b', '"#{a}"    '),
    ],
)
def test_comments_are_painted_over(language: str, text: str, blanked: str) -> None:
    assert without_comments(text, language) == blanked


def test_strings_are_painted_over_as_well() -> None:
    text = 'a = \'b\\\'c\' # d\n"""e\nf"""'
    assert code_only(text, "python") == "a = '    '    \n\"   \n   \""


def test_a_quote_that_makes_code_of_a_string_adds_nothing(bandit: Bandit) -> None:
    document = 'def f():\n    """Say.\n    ¦\n    eval(x)\n    """\n'
    assert patient(bandit).for_request(context(document))('"""', 0) == ()


@pytest.mark.parametrize(
    ("language", "mode", "begun"),
    [("python", "rank", 1), ("python", "reject", 1), ("python", "off", 0), ("go", "rank", 0)],
)
def test_only_what_will_be_needed_is_loaded(language: str, mode: SafetyMode, begun: int) -> None:
    class Counting(Bandit):
        count = 0

        def begin_loading(self) -> None:
            self.count += 1

    one = Counting()
    Safety(one).prepare(language, mode)
    assert one.count == begun
    Safety(one).for_request(context("¦", language), mode)
    assert one.count == 2 * begun


def test_every_weakness_is_on_the_page() -> None:
    page = (Path(__file__).parents[3] / "docs" / "safety.md").read_text(encoding="utf-8")
    assert [weakness for weakness in Weakness if f"`{weakness.value}`" not in page] == []


def test_when_the_time_is_over_the_patterns_stand_in(bandit: Bandit) -> None:
    place = context("subprocess.run(¦")
    assert patient(bandit).for_request(place)('"ls", shell=True)', 0) == ()
    late = Safety(bandit, budget_ms=0.0).for_request(place)
    assert late('"ls", shell=True)', 0) == ("shell_command",)


def test_a_candidate_with_no_word_of_any_rule_is_not_looked_at(bandit: Bandit) -> None:
    class Never(Bandit):
        def begin_loading(self) -> None:
            """Do nothing."""

        def check(self, code: str) -> Counter[Weakness] | None:
            raise AssertionError(code)

    found = Safety(Never()).for_request(context("total = 0\nfor item in items:\n    ¦"))
    assert found("total += item.price * item.count", 0) == ()
    begun = patient(bandit).for_request(context("run(\n  subprocess.run,\n  a,\n  shell=¦\n)"))
    assert begun("True", 0) == ("shell_command",)
