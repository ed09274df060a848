from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from tiny_model import Tiny, TinySpec, sha256, write_gguf

from codex_lsp import model_dir
from codex_lsp.errors import ConversionError, ModelNotFoundError, PullError, UsageError
from codex_lsp.model_dir import FimTokens
from codex_lsp_models import hf
from codex_lsp_models.catalogue import Entry, entries, entry
from codex_lsp_models.convert import convert
from codex_lsp_models.manifest import DEFAULT, known_models


def test_a_gguf_file_of_ones_own_becomes_a_model(tiny: Tiny, home: Path) -> None:
    model = convert(str(tiny.gguf), "my-model", home=home, quantization="float32")
    model_dir.verify(model)
    description = model.description
    assert description.name == "my-model"
    assert description.licence == "apache-2.0"
    assert description.description == "Tiny"
    assert description.quantization == "float32"
    assert description.prompt.stop == ("<|endoftext|>", "<|im_end|>")
    assert description.prompt.bos == ""
    assert description.source == {
        "kind": "gguf",
        "file": "tiny.gguf",
        "sha256": sha256(tiny.gguf),
    }


def test_sentinels_and_start_token_come_from_the_file(tmp_path: Path, home: Path) -> None:
    spec = TinySpec(
        special=("<s>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
        metadata={"tokenizer.ggml.add_bos_token": True},
    )
    path = write_gguf(tmp_path / "fim.gguf", spec)
    prompt = convert(str(path), "fim", home=home).description.prompt
    assert prompt.fim == FimTokens("<fim_prefix>", "<fim_suffix>", "<fim_middle>")
    assert prompt.bos == "<s>"
    assert prompt.stop == ("<s>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>")
    spm = convert(str(path), "fim", home=home, force=True, fim_order="SPM").description
    assert spm.prompt.fim is not None
    assert spm.prompt.fim.order == "SPM"


def test_a_name_that_is_taken_asks_for_force(tiny: Tiny, home: Path) -> None:
    convert(str(tiny.gguf), "mine", home=home)
    with pytest.raises(UsageError) as caught:
        convert(str(tiny.gguf), "mine", home=home)
    assert str(caught.value) == (
        "A model named 'mine' is already installed; choose another name, or pass --force to "
        "replace it."
    )
    assert convert(str(tiny.gguf), "mine", home=home, force=True).description.name == "mine"


@pytest.mark.parametrize("name", [DEFAULT, DEFAULT.upper()])
def test_the_name_of_a_known_model_is_not_given_away(tiny: Tiny, home: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"^'{name}' is the name of a known model"):
        convert(str(tiny.gguf), name, home=home)


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", "a b", "x" * 101, "ends."])
def test_a_name_that_is_no_directory_name_is_refused(tiny: Tiny, home: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a model"):
        convert(str(tiny.gguf), name, home=home)
    assert not home.exists()


def test_a_source_of_no_kind_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        convert("nothing", "mine", home=home)
    assert str(caught.value) == (
        "'nothing' is neither a file, a folder, nor a repository of the form owner/name."
    )
    text = tmp_path / "text.gguf"
    text.write_text("not a model")
    with pytest.raises(UsageError, match="is not a GGUF file; give one, or a Hugging Face folder"):
        convert(str(text), "mine", home=home)
    with pytest.raises(UsageError, match=r"is no Hugging Face model: it has no config\.json\.$"):
        convert(str(tmp_path), "mine", home=home)


@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_a_missing_extra_is_named(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> Any:
        if name == missing:
            raise ImportError(f"No module named {name!r}")
        return real(name, package) if name != "transformers" else object()

    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(hf.importlib, "import_module", without)
    with pytest.raises(ConversionError) as caught:
        convert(str(tmp_path), "mine", home=home)
    assert str(caught.value) == (
        "Converting Hugging Face weights needs torch and transformers; install them with "
        "`pip install 'codex-lsp[convert]'`."
    )
    assert [path.name for path in home.iterdir()] == [".mine.lock"]


@pytest.mark.parametrize("error", [Exception, TypeError, ZeroDivisionError])
def test_what_the_libraries_say_of_a_damaged_model_is_one_sentence(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    asked: list[Any] = []

    class Transformers:
        class AutoTokenizer:
            @staticmethod
            def from_pretrained(folder: str, **options: Any) -> Any:
                asked.append(options.get("trust_remote_code"))
                raise error("the header\nis too small")

    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(hf, "_need", lambda name: Transformers)
    with pytest.raises(ConversionError) as caught:
        convert(str(tmp_path), "mine", home=home)
    assert str(caught.value) == f"{tmp_path} cannot be converted: the header is too small"
    assert asked == [False]
    assert [path.name for path in home.iterdir()] == [".mine.lock"]


class Hub:
    """huggingface_hub with a download that fails in a given way."""

    class errors:  # noqa: N801 - the name of the module it stands for
        class GatedRepoError(Exception): ...

        class RepositoryNotFoundError(Exception): ...

        class RevisionNotFoundError(Exception): ...

    def __init__(self, error: Exception) -> None:
        self._error = error

    def snapshot_download(self, repository: str, **options: Any) -> str:
        raise self._error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            Hub.errors.GatedRepoError(),
            "some/model is gated: accept its terms on its page, then run `hf auth login`.",
        ),
        (
            Hub.errors.RepositoryNotFoundError(),
            "The hub has no some/model at revision main for you; check its spelling, or run "
            "`hf auth login` if it is private.",
        ),
        (
            ConnectionError(),
            "some/model could not be downloaded from the hub (ConnectionError); check the network, "
            "or download it elsewhere and give the path of the folder.",
        ),
    ],
)
def test_a_hub_that_fails_is_explained(
    home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    monkeypatch.setattr(hf, "_need", lambda name: Hub(error))
    with pytest.raises(PullError) as caught:
        convert("some/model", "mine", home=home)
    assert str(caught.value) == message
    assert [path.name for path in home.iterdir()] == [".mine.lock"]


def test_the_list_has_known_models_and_ones_own(tiny: Tiny, home: Path) -> None:
    known = [Entry(manifest.name, manifest) for manifest in known_models()]
    assert known[0].name == DEFAULT
    assert entries(home) == known
    model = convert(str(tiny.gguf), "mine", home=home)
    size = sum(file.stat().st_size for file in model.path.iterdir())
    mine = Entry("mine", None, model.path, model.description, size)
    assert entries(home) == [*known, mine]
    assert entry("mine", home) == mine
    assert entry(DEFAULT, home).path is None
    with pytest.raises(ModelNotFoundError, match="No model named 'other' is known"):
        entry("other", home)


def test_the_list_says_what_is_damaged(tiny: Tiny, home: Path) -> None:
    model = convert(str(tiny.gguf), "mine", home=home)
    (model.path / "model.bin").unlink()
    found = entry("mine", home)
    assert found.installed is None
    assert found.problem == f"{model.path / 'model.bin'} is missing; pull the model mine again."
