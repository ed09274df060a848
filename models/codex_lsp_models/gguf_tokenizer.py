"""The tokenizer of a GGUF file as a ``tokenizer.json``, from its own vocabulary and merges.

Covered: byte-level BPE (``tokenizer.ggml.model = gpt2``) with the pre-tokenizers named in
:data:`_PRE_TOKENIZERS`. Everything else is refused by name rather than split wrongly: another
pre-tokenizer gives other token ids, which the model has never seen.
"""

from __future__ import annotations

from collections.abc import Callable

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from codex_lsp.errors import ConversionError
from codex_lsp_models.gguf_llama import GgufFile

# gguf.TokenType: CONTROL stands for structure and never for text; USER_DEFINED is text that is
# always one token.
_CONTROL = 3
_USER_DEFINED = 4


def _byte_level() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


def _single_digits() -> pre_tokenizers.PreTokenizer:
    """Digits one by one, then GPT-2's pattern."""
    return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), _byte_level()])


_PRE_TOKENIZERS: dict[str, Callable[[], pre_tokenizers.PreTokenizer]] = {
    "gpt-2": _byte_level,
    "smollm": _single_digits,
}


def build_tokenizer(gguf: GgufFile) -> Tokenizer:
    """Build the tokenizer that ``gguf`` describes.

    :raises ConversionError: its kind is not one of those this module covers, or it is damaged
    """
    kind = gguf.required("tokenizer.ggml.model")
    pre = str(gguf.value("tokenizer.ggml.pre", "gpt-2"))
    if kind != "gpt2" or pre not in _PRE_TOKENIZERS:
        raise ConversionError(
            f"{gguf.path.name} has a tokenizer of kind {kind!r} with pre-tokenizer {pre!r}; only "
            f"gpt2 with {', '.join(sorted(_PRE_TOKENIZERS))} can be rebuilt."
        )
    tokens = gguf.texts("tokenizer.ggml.tokens")
    pairs = (merge.partition(" ") for merge in gguf.texts("tokenizer.ggml.merges"))
    merges = [(first, second) for first, _, second in pairs]
    vocabulary = {token: token_id for token_id, token in enumerate(tokens)}
    if len(vocabulary) != len(tokens):
        raise ConversionError(f"{gguf.path.name} lists a token twice.")
    try:
        tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=False))
    except Exception as error:  # the library raises bare Exception
        raise ConversionError(f"{gguf.path.name} has a vocabulary of no use: {error}.") from error
    tokenizer.pre_tokenizer = _PRE_TOKENIZERS[pre]()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in control_tokens(gguf)]
    )
    tokenizer.add_tokens(
        [AddedToken(token, normalized=False) for token in _of_type(gguf, _USER_DEFINED)]
    )
    return tokenizer


def control_tokens(gguf: GgufFile) -> list[str]:
    """List the tokens that stand for structure, such as the end of a document."""
    return _of_type(gguf, _CONTROL)


def _of_type(gguf: GgufFile, wanted: int) -> list[str]:
    tokens = gguf.texts("tokenizer.ggml.tokens")
    types = gguf.required("tokenizer.ggml.token_type")
    count = len(types) if isinstance(types, list) else "no"
    if count != len(tokens):
        raise ConversionError(f"{gguf.path.name} has {len(tokens)} tokens and {count} types.")
    return [token for token, kind in zip(tokens, types, strict=True) if kind == wanted]
