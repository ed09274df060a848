"""Which documents the model may see: by name, by the rules around them, and failing closed."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest

from codex_lsp.context.access import Access, name_refusal
from codex_lsp.types import Rejection, RejectionReason


def detail(refused: Rejection | None) -> str:
    assert refused is not None
    assert refused.reason is RejectionReason.SECRET_FILE
    return refused.detail


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("path", "name"),
    [("a/.env", ".env"), ("a/server.pem", "server.pem"), (".ssh/config", ".ssh")],
)
def test_names_of_secrets_are_refused(path: str, name: str) -> None:
    said = detail(name_refusal(PurePath(path)))
    assert said == f"{name} may hold secrets by its name, so it is never read."


@pytest.mark.parametrize("name", ["config.json", "settings.json", "environment.py", ".eslintrc"])
def test_ordinary_names_are_not_refused(tmp_path: Path, name: str) -> None:
    assert Access().refusal(tmp_path / name) is None


def test_ignored_files_are_refused_in_a_project_and_outside(tmp_path: Path) -> None:
    put(tmp_path / ".gitignore", "made/\n*.gen.py\n")
    put(tmp_path / "a/.codexignore", "private.py\n")
    files = {
        "a/b.py": None,
        "made/b.py": "b.py is ignored by .gitignore or .codexignore, so it is never read.",
        "a/b.gen.py": "b.gen.py is ignored by .gitignore or .codexignore, so it is never read.",
        "a/private.py": "private.py is ignored by .gitignore or .codexignore, so it is never read.",
    }
    access = Access()
    for file, expected in files.items():
        refused = access.refusal(tmp_path / file, [tmp_path])
        assert (None if refused is None else detail(refused)) == expected
    # Without a project, the file's own folder counts, and the repository that it is in.
    assert access.refusal(tmp_path / "a/private.py") is not None
    assert access.refusal(tmp_path / "made/b.py") is None
    (tmp_path / ".git").mkdir()
    assert access.refusal(tmp_path / "made/b.py") is not None


def test_what_a_person_opens_may_be_hidden_or_in_a_tools_folder(tmp_path: Path) -> None:
    access = Access()
    for file in (".github/workflows/ci.yml", "node_modules/x/index.js", "venv/x.py"):
        assert access.refusal(tmp_path / file, [tmp_path]) is None


def test_a_changed_rule_holds_at_once(tmp_path: Path) -> None:
    access = Access()
    assert access.refusal(tmp_path / "b.py") is None
    rules = put(tmp_path / ".codexignore", "b.py\n")
    assert access.refusal(tmp_path / "b.py") is not None
    put(rules, "c.py\n# not the same size\n")
    assert access.refusal(tmp_path / "b.py") is None
    rules.unlink()
    assert access.refusal(tmp_path / "c.py") is None


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not UTF-8"),
        (lambda path: path.write_text("!\n"), "has a pattern that is not valid"),
        (lambda path: path.mkdir(), "cannot be read (Is a directory)"),
        (lambda path: path.write_text("#" * 1_000_001), "is too large to be a file of rules"),
        pytest.param(
            lambda path: path.symlink_to("/dev/zero"),
            "is too large to be a file of rules",
            marks=pytest.mark.skipif(
                not os.path.exists("/dev/zero"), reason="this system has no /dev/zero"
            ),
        ),
        pytest.param(
            lambda path: os.mkfifo(path),
            "is a pipe",
            marks=pytest.mark.skipif(
                not hasattr(os, "mkfifo"), reason="this system has no named pipes"
            ),
        ),
    ],
)
def test_rules_that_are_not_understood_refuse_the_folder(
    tmp_path: Path, make: object, why: str
) -> None:
    assert callable(make)
    make(tmp_path / ".gitignore")
    access = Access()
    sentence = (
        f"{tmp_path / '.gitignore'} {why}, so nothing in its folder is read or completed; "
        "mend or remove it."
    )
    assert detail(access.refusal(tmp_path / "a/b.py", [tmp_path])) == sentence
    assert list(access.problems.values()) == [sentence]


def test_rules_that_could_not_be_read_are_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / ".gitignore", "made/\n")
    access = Access()

    def refuse(path: Path) -> str:
        return "cannot be read (Permission denied)"

    with monkeypatch.context() as patch:
        patch.setattr("codex_lsp.context.access.read_rules", refuse)
        assert access.refusal(tmp_path / "b.py", [tmp_path]) is not None
    assert access.refusal(tmp_path / "b.py", [tmp_path]) is None


def test_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    put(tmp_path / ".env")
    put(tmp_path / "made/b.py")
    put(tmp_path / ".gitignore", "made/\n")
    os.symlink(tmp_path / ".env", tmp_path / "notes.txt")
    os.symlink(tmp_path / "made", tmp_path / "linked")
    os.symlink("loop", tmp_path / "loop")
    access = Access()
    assert access.refusal(tmp_path / "notes.txt", [tmp_path]) is not None
    assert access.refusal(tmp_path / "linked/b.py", [tmp_path]) is not None
    assert access.refusal(tmp_path / "loop", [tmp_path]) is None


def test_few_files_of_rules_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex_lsp.context.access.MAX_RULE_FILES", 4)
    put(tmp_path / "a/.gitignore", "b.py\n")
    access = Access()
    for name in "abcde":
        refused = access.refusal(tmp_path / name / "b.py", [tmp_path])
        assert (refused is not None) == (name == "a")
    assert len(access._rules) <= 4
