"""The model directory's description: written, read back, refused."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from codex_lsp.confidence_weights import (
    ConfidenceWeights,
    RecalledWeights,
    SampledWeights,
    weights_table,
)
from codex_lsp.errors import DamagedFileError, InvalidModelError, ModelNotFoundError
from codex_lsp.model_dir import (
    DESCRIPTION_FILE,
    FileDigest,
    FimTokens,
    ModelDescription,
    PromptFormat,
    SamplingDefaults,
    data_home,
    digest_file,
    dump,
    find,
    installed,
    load,
    models_home,
    parse,
    verify,
)

FULL = ModelDescription(
    name="tiny",
    licence="Apache-2.0",
    context_length=128,
    quantization="int8",
    source={"kind": "pypi", "package": "tiny"},
    prompt=PromptFormat(
        "<s>", ("</s>", "<x>"), FimTokens("<p>", "<s>", "<m>", "SPM"), "<f>", "<r>"
    ),
    sampling=SamplingDefaults(0.2, 10, 0.9),
    description="a model",
    confidence=ConfidenceWeights(SampledWeights(1.5, 2.0, 0.25), RecalledWeights(-0.5, 1.0, 0.0)),
)


def write(folder: Path, content: bytes = b"weights") -> ModelDescription:
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(content)
    facts = replace(FULL, files={"model.bin": digest_file(folder / "model.bin")})
    (folder / DESCRIPTION_FILE).write_text(dump(facts), encoding="utf-8")
    return facts


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    facts = write(tmp_path / "tiny")
    assert load(tmp_path / "tiny").description == facts
    assert facts.kind == "fim"
    assert parse(dump(replace(FULL, prompt=PromptFormat())), "x").kind == "prefix"
    assert parse(dump(replace(FULL, confidence=None)), "x").confidence is None


def test_the_weights_of_the_confidence_are_printed_as_they_are_read() -> None:
    text = weights_table({"sampled": SampledWeights(1.23456, 2.0, 0.25)})
    assert text == (
        "[confidence.sampled]\nconstant = 1.235\nmean_logprob = 2.0\nended_logprob = 0.25\n"
    )
    assert text.replace("1.235", "1.5") in dump(FULL)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("format = 1", "format = 2"), "has format 2; this version reads format 1"),
        (("[model]", "[model"), "is not valid TOML"),
        (("context_length = 128", "context_length = 'x'"), "is incomplete or wrong"),
        (('licence = "Apache-2.0"', ""), "is incomplete or wrong: KeyError('licence')"),
        (('kind = "fim"', 'kind = "prefix"'), "does not fit its fim table"),
        (("constant = 1.5", "constant = inf"), "are not finite, or one but the first is negative"),
        (("mean_logprob = 2.0", "mean_logprob = -2.0"), "one but the first is negative"),
        (("ended_logprob = 0.25", "mean = 0.25"), "is incomplete or wrong: TypeError"),
        (("[confidence.recalled]", "[confidence.other]"), "is incomplete or wrong: KeyError"),
        (('order = "SPM"', 'order = "MPS"'), "prompt.fim.order is 'MPS'"),
        (("context_length = 128", "context_length = inf"), "OverflowError"),
        (("context_length = 128", "context_length = 0"), "have to be 1 or more"),
        (("per_token = 1000000", "per_token = 0"), "have to be 1 or more"),
        (
            ('stop = [\n    "</s>",\n    "<x>",\n]', 'stop = "</s>"'),
            "prompt.stop is '</s>', which is no list of tokens",
        ),
        (("temperature = 0.2", "temperature = 20"), "temperature is 20, but has to be between"),
        (("top_k = 10", "top_k = 'ten'"), "is incomplete or wrong: TypeError"),
    ],
)
def test_a_wrong_description_is_refused(change: tuple[str, str], said: str) -> None:
    text = dump(FULL)
    assert change[0] in text
    with pytest.raises(InvalidModelError) as caught:
        parse(text.replace(*change), "codex-lsp.toml")
    assert said in str(caught.value)


def test_damage_is_noticed_and_named(tmp_path: Path) -> None:
    write(tmp_path / "tiny")
    weights = tmp_path / "tiny" / "model.bin"
    weights.write_bytes(b"weighty")
    model = load(tmp_path / "tiny")
    with pytest.raises(DamagedFileError, match=r"model\.bin is damaged"):
        verify(model)
    weights.write_bytes(b"short")
    with pytest.raises(DamagedFileError, match="has 5 bytes instead of 7"):
        load(tmp_path / "tiny")
    weights.unlink()
    with pytest.raises(DamagedFileError, match="is missing"):
        load(tmp_path / "tiny")


def test_models_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    write(tmp_path / "tiny")
    assert find("tiny", tmp_path).path == tmp_path / "tiny"
    assert find(str(tmp_path / "tiny"), tmp_path / "elsewhere").path == tmp_path / "tiny"
    with pytest.raises(ModelNotFoundError, match="'other' is not installed"):
        find("other", tmp_path)
    with pytest.raises(ModelNotFoundError, match=r"^There is no directory \./other; give the path"):
        find("./other", tmp_path)
    with pytest.raises(ModelNotFoundError, match="There is no model at"):
        load(tmp_path)


def test_installed_lists_only_model_directories(tmp_path: Path) -> None:
    write(tmp_path / "tiny")
    (tmp_path / "empty").mkdir()
    assert installed(tmp_path) == [tmp_path / "tiny"]
    assert installed(tmp_path / "missing") == []


def test_the_digest_tells_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    seen: list[int] = []
    digest = digest_file(tmp_path / "file", seen.append)
    assert seen == [3]
    assert digest == FileDigest(
        3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_the_home_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CODEX_LSP_HOME", os.fspath(tmp_path))
    assert data_home() == tmp_path
    assert models_home() == tmp_path / "models"
    monkeypatch.setenv("CODEX_LSP_HOME", "~")
    assert data_home() == Path.home()
    # As a shell has it: the home of somebody who is not there is a name as any other.
    monkeypatch.setenv("CODEX_LSP_HOME", "~nobody-of-that-name/x")
    assert data_home() == Path("~nobody-of-that-name/x")
