from pathlib import Path

from codex_lsp.reasons import RejectionReason

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"


def test_every_reason_is_on_the_page_on_troubles() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    named = [name for row in rows for name in row.split("|")[1].split("`")[1::2]]
    assert sorted(named) == sorted(reason.value for reason in RejectionReason)
