"""The recipe's evaluation and its commands, on a model directory of two layers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_model import TinySpec, write_gguf
from typer.testing import CliRunner

from codex_lsp.errors import UsageError
from codex_lsp.model_dir import FimTokens, ModelDir, PromptFormat, load
from codex_lsp_models.build import Facts, write_gguf_model
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.progress import silent
from codex_lsp_recipes import cli
from codex_lsp_recipes.cli import build_app
from codex_lsp_recipes.evaluation import draw_line, evaluate

SPECIAL = ("<|endoftext|>", "<p>", "<s>", "<m>")
TEXT = "def read(path):\n    with open(path) as file:\n        return file.read()\n\n\n" * 3


@pytest.fixture
def model(tmp_path: Path) -> ModelDir:
    gguf = write_gguf(tmp_path / "fim.gguf", TinySpec(special=SPECIAL))
    form = PromptFormat(SPECIAL[0], SPECIAL[:1], FimTokens(*SPECIAL[1:]))
    facts = Facts("fim", "MIT", "", {}, form)
    write_gguf_model(GgufFile(gguf), facts, tmp_path / "fim", "float32", silent)
    return load(tmp_path / "fim")


def test_a_line_is_cut_at_a_blank_and_nothing_is_lost() -> None:
    line = draw_line(TEXT, 4)
    assert line is not None
    head, middle, suffix = line.split.head, line.split.middle, line.split.suffix
    assert head + middle + suffix == TEXT
    assert middle[line.given] == " " and suffix.startswith("\n")
    assert "\n" not in middle[line.given :]
    assert draw_line("x = 1\n", 4) is None


def test_noise_reads_at_chance_and_matches_no_line(model: ModelDir) -> None:
    found = evaluate(model, [TEXT, TEXT])
    assert found.model == "fim" and found.passages == 2
    # A vocabulary of 320 is 5.8 nats a token, and a token is more than a byte.
    assert 1 < found.nats_per_byte < 8
    assert found.line_match == 0 and found.line_match_suffix == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("no", name="torch"), "torch is missing; install it with `pip install"),
        (UsageError("There is no such run."), "error: There is no such run."),
    ],
)
def test_a_failure_is_one_sentence(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "build_app", lambda: fail)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    assert said in capsys.readouterr().err


def test_every_command_says_what_it_is_for() -> None:
    result = CliRunner().invoke(build_app(), ["--help"])
    assert result.exit_code == 0
    for command in ("corpus", "train", "export", "evaluate", "plot"):
        assert command in result.output
        assert CliRunner().invoke(build_app(), [command, "--help"]).exit_code == 0
