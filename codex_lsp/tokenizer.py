"""Text to token ids and back, by the ``tokenizer.json`` of a model directory."""

from __future__ import annotations

import bisect
import itertools
from pathlib import Path

import tokenizers
from tokenizers.decoders import DecodeStream

from codex_lsp.errors import InvalidModelError

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What bytes that are no UTF-8 are decoded to."""


class Tokenizer:
    """A model's tokenizer.

    Text from the user never becomes a control token: ``<|im_end|>`` in a source file is encoded as
    the characters it is made of.
    """

    def __init__(self, inner: tokenizers.Tokenizer) -> None:
        self._inner = inner
        self._inner.encode_special_tokens = True
        self._inner.no_truncation()
        self._inner.no_padding()
        self._size = self._inner.get_vocab_size()
        # Made when it is first needed: it takes a moment.
        self._spellings: list[tuple[str, int]] | None = None

    @classmethod
    def from_file(cls, path: Path) -> Tokenizer:
        """Read a ``tokenizer.json``.

        :raises InvalidModelError: it is not one
        """
        try:
            return cls(tokenizers.Tokenizer.from_file(str(path)))
        except Exception as error:  # the library raises bare Exception
            raise InvalidModelError(
                f"{path} is not a tokenizer ({error}); pull the model again."
            ) from error

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the token ids of ``text``."""
        return tuple(self._encode(text).ids)

    def encode_with_ends(self, text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the token ids of ``text`` and where each token ends in it (a character index)."""
        encoding = self._encode(text)
        return tuple(encoding.ids), tuple(end for _, end in encoding.offsets)

    def _encode(self, text: str) -> tokenizers.Encoding:
        # A lone surrogate has no UTF-8 form and the library refuses it; the model has never seen
        # one either.
        clean = text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text
        return self._inner.encode(clean, add_special_tokens=False)

    def token_id(self, token: str) -> int:
        """Return the id of a token given by its string, control tokens included.

        :raises InvalidModelError: the vocabulary has no such token
        """
        token_id = self._inner.token_to_id(token)
        if token_id is None:
            raise InvalidModelError(f"The model's vocabulary has no token {token!r}.")
        return int(token_id)

    def tokens(self, ids: tuple[int, ...]) -> list[str]:
        """Return the strings of token ids, as the vocabulary spells them."""
        return [self._inner.id_to_token(token_id) or "" for token_id in ids]

    def starting_with(self, text: str) -> tuple[int, ...]:
        """Return the ids of the tokens that spell ``text`` or more, on one line.

        Control tokens and tokens that are no whole characters are none of them.
        """
        if self._spellings is None:
            spelt = ((self.decode((token_id,)), token_id) for token_id in range(self._size))
            self._spellings = sorted(
                (spelling, token_id)
                for spelling, token_id in spelt
                if spelling and REPLACEMENT not in spelling and "\n" not in spelling
            )
        first = bisect.bisect_left(self._spellings, (text, -1))
        found: list[int] = []
        for spelling, token_id in itertools.islice(self._spellings, first, None):
            if not spelling.startswith(text):
                break
            found.append(token_id)
        return tuple(found)

    def decode(self, ids: tuple[int, ...]) -> str:
        """Return the text of token ids."""
        return self._inner.decode(list(ids), skip_special_tokens=True)

    def decoder(self, context_ids: tuple[int, ...] = ()) -> RowDecoder:
        """Return a decoder for the tokens that follow ``context_ids``."""
        return RowDecoder(self._inner, context_ids)


class RowDecoder:
    """Decodes one row token by token; a character split over tokens comes with its last one."""

    def __init__(self, inner: tokenizers.Tokenizer, context_ids: tuple[int, ...]) -> None:
        self._inner = inner
        # A few tokens of context are enough: they only tell whether a leading blank is the text's.
        context = list(context_ids[-8:])
        if inner.decode(context).endswith(REPLACEMENT):
            # The stream would take that for half a character, and bring the context with the next.
            context = []
        self._stream = DecodeStream(ids=context, skip_special_tokens=True)

    def step(self, token_id: int) -> str:
        """Return the characters that ``token_id`` completes."""
        return self._stream.step(self._inner, token_id) or ""
