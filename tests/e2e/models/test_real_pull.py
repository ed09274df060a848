"""The known models from the package index, as a new user gets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from codex_lsp import model_dir
from codex_lsp_models.manifest import known_names, load_manifest
from codex_lsp_models.progress import Phase, ProgressEvent
from codex_lsp_models.pull import pull


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", known_names())
def test_a_known_model_can_be_pulled(name: str, tmp_path: Path) -> None:
    events: list[ProgressEvent] = []
    model = pull(name, home=tmp_path, progress=events.append)

    model_dir.verify(model)
    assert model == model_dir.find(name, tmp_path)
    assert model.description.context_length == 8192
    assert model.description.quantization == "int8"
    assert model.description.prompt == load_manifest(name).prompt
    assert sum(file.stat().st_size for file in model.path.iterdir()) < 140_000_000
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [f".{name}.lock", name]
    assert list(dict.fromkeys(event.phase for event in events)) == [
        Phase.DOWNLOAD,
        Phase.CHECK,
        Phase.EXTRACT,
        Phase.CONVERT,
        Phase.VERIFY,
        Phase.WRITE,
    ]
    # The adapter that comes with codex-lsp is checked like what is downloaded.
    adapter = load_manifest(name).adapter
    checked = {event.message for event in events if event.phase is Phase.CHECK}
    assert len(checked) == (2 if adapter is None else 3)
    if adapter is not None:
        assert f"Checking {adapter.path.name}" in checked
        assert model.description.adapter_sha256 == adapter.sha256
