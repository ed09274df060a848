from __future__ import annotations

import pytest

from codex_lsp.model_dir import FimTokens, PromptFormat
from codex_lsp_models.prompt_format import FIM_SENTINELS, detect


@pytest.mark.parametrize("tokens", FIM_SENTINELS, ids=lambda tokens: tokens.prefix)
def test_every_known_triple_is_found(tokens: FimTokens) -> None:
    found = detect({"def", tokens.prefix, tokens.suffix, tokens.middle})
    assert found.fim == tokens
    assert found.stop == (tokens.prefix, tokens.suffix, tokens.middle)


def test_two_of_three_sentinels_are_none() -> None:
    assert detect({"<fim_prefix>", "<fim_suffix>"}) == PromptFormat()


def test_the_models_own_end_tokens_come_first_and_once() -> None:
    found = detect({"</s>", "<|endoftext|>", "<|im_end|>"}, end=["<|im_end|>", "<|my_end|>"])
    assert found.stop == ("<|im_end|>", "<|my_end|>", "<|endoftext|>", "</s>")


def test_separators_are_used_only_by_a_model_that_knows_sentinels() -> None:
    separators = {"<file_sep>", "<repo_name>"}
    assert detect(separators).file_separator == ""
    found = detect(separators | {"<fim_prefix>", "<fim_suffix>", "<fim_middle>"}, bos="<s>")
    assert (found.file_separator, found.repo_name, found.bos) == (
        "<file_sep>",
        "<repo_name>",
        "<s>",
    )


def test_the_order_can_be_overridden() -> None:
    tokens = {"<fim_prefix>", "<fim_suffix>", "<fim_middle>"}
    found = detect(tokens, order="SPM").fim
    assert found == FimTokens("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "SPM")
