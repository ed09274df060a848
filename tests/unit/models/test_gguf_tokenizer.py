from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import SPECIAL, Tiny, TinySpec, train_tokenizer, write_gguf
from tokenizers import Tokenizer

from codex_lsp.errors import ConversionError
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.gguf_tokenizer import build_tokenizer, control_tokens


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("gpt2") / "gpt2.gguf"
    return build_tokenizer(GgufFile(write_gguf(path, TinySpec(pre_tokenizer="gpt-2"))))


@given(text=st.text())
def test_it_is_the_tokenizer_the_file_was_made_from(tokenizer: Tokenizer, text: str) -> None:
    trained = train_tokenizer()
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert ids == trained.encode(text, add_special_tokens=False).ids
    assert tokenizer.decode(ids, skip_special_tokens=False) == text


def test_control_tokens_are_special(tiny: Tiny) -> None:
    assert control_tokens(GgufFile(tiny.gguf)) == list(SPECIAL)
    tokenizer = build_tokenizer(GgufFile(tiny.gguf))
    assert tokenizer.encode("a<|im_end|>b").tokens == ["a", "<|im_end|>", "b"]
    assert tokenizer.decode(tokenizer.encode("a<|im_end|>b").ids) == "ab"


def test_a_control_token_in_text_can_be_encoded_as_text(tiny: Tiny) -> None:
    tokenizer = Tokenizer.from_str(build_tokenizer(GgufFile(tiny.gguf)).to_str())
    # The switch is not stored in tokenizer.json: who reads one has to set it.
    tokenizer.encode_special_tokens = True
    encoding = tokenizer.encode("a<|im_end|>b", add_special_tokens=False)
    assert not set(encoding.ids) & {0, 1}
    assert tokenizer.decode(encoding.ids, skip_special_tokens=False) == "a<|im_end|>b"
    assert tokenizer.token_to_id("<|im_end|>") == 1


def test_smollm_splits_digits_one_by_one(tiny: Tiny) -> None:
    tokenizer = build_tokenizer(GgufFile(tiny.gguf))
    assert tokenizer.encode("x12 345").tokens == ["x", "1", "2", "Ġ", "3", "4", "5"]


def test_user_defined_tokens_are_one_token_always(tmp_path: Path) -> None:
    user = int(gguf.TokenType.USER_DEFINED)
    path = write_gguf(tmp_path / "user.gguf", TinySpec(types={"<|im_end|>": user}))
    tokenizer = build_tokenizer(GgufFile(path))
    tokenizer.encode_special_tokens = True
    assert tokenizer.encode("a<|im_end|>").tokens == ["a", "<|im_end|>"]
    assert tokenizer.decode([1], skip_special_tokens=True) == "<|im_end|>"


@pytest.mark.parametrize(
    "spec", [TinySpec(pre_tokenizer="llama-bpe"), TinySpec(tokenizer_model="llama")]
)
def test_a_tokenizer_that_cannot_be_rebuilt_is_named(tmp_path: Path, spec: TinySpec) -> None:
    path = write_gguf(tmp_path / "odd.gguf", spec)
    with pytest.raises(ConversionError) as caught:
        build_tokenizer(GgufFile(path))
    assert str(caught.value) == (
        f"odd.gguf has a tokenizer of kind {spec.tokenizer_model!r} with pre-tokenizer "
        f"{spec.pre_tokenizer!r}; only gpt2 with gpt-2, smollm can be rebuilt."
    )


def test_merges_of_other_tokens_are_said_to_be_of_no_use(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "odd.gguf"
    path.write_bytes(tiny.gguf.read_bytes().replace(b"r e", b"r \x7f"))
    with pytest.raises(ConversionError, match=r"^odd\.gguf has a vocabulary of no use: "):
        build_tokenizer(GgufFile(path))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"tokenizer.ggml.pre": [1, 2]}, r"pre-tokenizer '\[1, 2\]'; only gpt2"),
        ({"tokenizer.ggml.merges": 3}, "has a 'tokenizer.ggml.merges' that is no list of texts"),
        ({"tokenizer.ggml.merges": [3]}, "has a 'tokenizer.ggml.merges' that is no list of texts"),
        ({"tokenizer.ggml.token_type": 3}, r"has \d+ tokens and no types"),
    ],
)
def test_a_damaged_tokenizer_is_named(
    tmp_path: Path, metadata: dict[str, Any], message: str
) -> None:
    path = write_gguf(tmp_path / "odd.gguf", TinySpec(metadata=metadata))
    with pytest.raises(ConversionError, match=message):
        build_tokenizer(GgufFile(path))
