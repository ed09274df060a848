"""Where samples end."""

from __future__ import annotations

import pytest

from codex_lsp.sampling import SamplingParams, end_of_first_line, end_of_line


@pytest.mark.parametrize(
    ("text", "keep"), [("", None), ("ab", None), ("ab\n", 2), ("\nab", 0), ("a\n\nb", 1)]
)
def test_end_of_line(text: str, keep: int | None) -> None:
    assert end_of_line(text) == keep


@pytest.mark.parametrize(
    ("text", "keep"),
    [("", None), ("\n  ", None), ("\n  ab", None), ("\n  ab\n", 5), (" {\n", 2), ("\n\na\nb", 3)],
)
def test_end_of_first_line(text: str, keep: int | None) -> None:
    assert end_of_first_line(text) == keep


@pytest.mark.parametrize(
    ("name", "value"),
    [("n", 0), ("n", 201), ("temperature", -0.1), ("top_p", 0.0), ("top_k", -1), ("max_tokens", 0)],
)
def test_what_no_engine_can_do_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        SamplingParams(**{name: value})
