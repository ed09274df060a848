from __future__ import annotations

from pathlib import Path

import pytest
from tiny_model import Tiny, manifest_of, write_gguf, write_wheel


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A model of two layers with its wheel; tests must not change the files."""
    folder = tmp_path_factory.mktemp("tiny")
    gguf_file = write_gguf(folder / "tiny.gguf")
    wheel = write_wheel(folder, gguf_file)
    return Tiny(gguf_file, wheel, manifest_of(wheel, gguf_file))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "models"
