"""Finds how a model is prompted from the tokens of its vocabulary, never from its name.

A token that a vocabulary has may still be one that the model was never trained on. That cannot be
seen from here; who knows better edits ``codex-lsp.toml``.
"""

from __future__ import annotations

from collections.abc import Collection

from codex_lsp.model_dir import FimOrder, FimTokens, PromptFormat

FIM_SENTINELS: tuple[FimTokens, ...] = (
    FimTokens("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),  # Qwen coder, CodeGemma
    FimTokens("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),  # StarCoder, Granite
    FimTokens("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),  # SantaCoder
    FimTokens("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # DeepSeek coder
    FimTokens("▁<PRE>", "▁<SUF>", "▁<MID>"),  # CodeLlama, from a SentencePiece vocabulary
    FimTokens("<PRE>", "<SUF>", "<MID>"),
    FimTokens("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>", "SPM"),  # Seed coder
)
"""The sentinel triples in use, each in the order its model cards give."""

END_TOKENS: tuple[str, ...] = (
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|EOT|>",
    "<EOT>",
    "▁<EOT>",
    "</s>",
    "<eos>",
    "<｜end▁of▁sentence｜>",
    "[end▁of▁sentence]",
    "<|im_start|>",
    "<|fim_pad|>",
    "<|file_sep|>",
    "<|file_separator|>",
    "<file_sep>",
    "<filename>",
    "<repo_name>",
    "<|repo_name|>",
    "<reponame>",
)
"""Control tokens that end a document, or begin something else and so end it too."""

FILE_SEPARATORS: tuple[str, ...] = ("<|file_sep|>", "<|file_separator|>", "<file_sep>")
REPO_NAMES: tuple[str, ...] = ("<|repo_name|>", "<repo_name>")


def detect(
    vocabulary: Collection[str],
    *,
    bos: str = "",
    end: Collection[str] = (),
    order: FimOrder | None = None,
) -> PromptFormat:
    """Describe the prompts of a model with these tokens.

    :param vocabulary: every token string of the tokenizer
    :param bos: the token its tokenizer puts before every text; empty for none
    :param end: what the model itself calls its end tokens
    :param order: overrides the usual order of the sentinels found
    """
    fim = next(
        (
            tokens
            for tokens in FIM_SENTINELS
            if tokens.prefix in vocabulary
            and tokens.suffix in vocabulary
            and tokens.middle in vocabulary
        ),
        None,
    )
    sentinels: tuple[str, ...] = ()
    separator = repo_name = ""
    if fim is not None:
        sentinels = (fim.prefix, fim.suffix, fim.middle)
        fim = FimTokens(*sentinels, order=order or fim.order)
        # Only a model made for code is taken to know what stands between files.
        separator = next((token for token in FILE_SEPARATORS if token in vocabulary), "")
        repo_name = next((token for token in REPO_NAMES if token in vocabulary), "")
    known = [token for token in END_TOKENS if token in vocabulary]
    return PromptFormat(
        bos=bos,
        stop=tuple(dict.fromkeys([*end, *known, *sentinels])),
        fim=fim,
        file_separator=separator,
        repo_name=repo_name if separator else "",
    )
