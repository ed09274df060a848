from __future__ import annotations

import pytest

from tests.unit.fake_engine import byte_tokenizer


@pytest.mark.parametrize("behind", ["", "x = '", "x = '\N{REPLACEMENT CHARACTER}", "é"])
def test_a_row_begins_with_its_own_text(behind: str) -> None:
    tokenizer = byte_tokenizer()
    decoder = tokenizer.decoder(tokenizer.encode(behind))
    assert [decoder.step(token) for token in tokenizer.encode("bä")] == ["b", "", "ä"]


def test_a_row_may_begin_behind_half_a_character() -> None:
    tokenizer = byte_tokenizer()
    decoder = tokenizer.decoder(tokenizer.encode("é")[:1])
    assert [decoder.step(token) for token in tokenizer.encode("ab")] == ["a", "b"]
