"""The default model from the package index, as a new user gets it."""

from __future__ import annotations

from pathlib import Path

from codex_lsp import model_dir
from codex_lsp_models.manifest import DEFAULT, load_manifest
from codex_lsp_models.progress import Phase, ProgressEvent
from codex_lsp_models.pull import pull


def test_the_default_model_can_be_pulled(tmp_path: Path) -> None:
    events: list[ProgressEvent] = []
    model = pull(home=tmp_path, progress=events.append)

    model_dir.verify(model)
    assert model == model_dir.find(DEFAULT, tmp_path)
    assert model.description.context_length == 8192
    assert model.description.quantization == "int8"
    assert model.description.adapter_sha256 == load_manifest(DEFAULT).adapter_sha256
    assert sum(file.stat().st_size for file in model.path.iterdir()) < 140_000_000
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [f".{DEFAULT}.lock", DEFAULT]
    assert list(dict.fromkeys(event.phase for event in events)) == [
        Phase.DOWNLOAD,
        Phase.CHECK,
        Phase.EXTRACT,
        Phase.CONVERT,
        Phase.VERIFY,
        Phase.WRITE,
    ]
