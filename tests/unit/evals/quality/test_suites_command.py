from pathlib import Path

import pytest

from codex_lsp.cli.eval_quality_runs import Engines, run_suites
from codex_lsp.errors import UsageError


def test_no_holes_at_all_are_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="^--each is 0, but has to be 1 or more"):
        run_suites(0, 0, tmp_path / "run", "now", None, "auto", Engines(None, "cpu", 1))
    assert not (tmp_path / "run").exists()
