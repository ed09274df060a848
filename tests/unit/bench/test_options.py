from pathlib import Path

import pytest

from codex_lsp.cli import bench_peer
from codex_lsp.cli.bench_engine_runs import check_contexts
from codex_lsp.cli.bench_output import Output
from codex_lsp.errors import UsageError
from codex_lsp.model_dir import ModelDescription, ModelDir

MODEL = ModelDir(Path("nowhere"), ModelDescription("tiny", "MIT", 64, "int8"))


def test_a_folder_to_write_to_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^--out is .*, a directory; name a file\.$"):
        Output(tmp_path, as_json=False)
    assert Output(tmp_path / "new" / "run.jsonl", as_json=False).file is not None


def test_no_more_context_is_measured_than_the_model_reads() -> None:
    check_contexts([16, 64], MODEL)
    with pytest.raises(UsageError) as caught:
        check_contexts([16, 65], MODEL)
    assert str(caught.value) == "--context is 65, but tiny reads no more than 64 tokens."


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (bench_peer.Plan(1, 0, (), 0, 0, 1, True), "--repeats has to be 1 or more."),
        (
            bench_peer.Plan(1, 0, ("sample=4",), 0, 1, 1, True),
            "There is no setting codexLsp.sample.",
        ),
    ],
)
def test_a_comparison_tells_a_mistake_first(plan: bench_peer.Plan, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        bench_peer.run(plan, Output(None, as_json=False))
    assert str(caught.value) == said
